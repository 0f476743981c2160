import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LocalModel } from '../../src/cli/local-model.js';
import { recordedBatches } from '../../src/cli/recorded-rows.js';
import type { PredictionSource } from '../../src/client/prediction.js';
import { DataError, InputError, RequestError } from '../../src/ground/errors.js';
import { irisModel, mixedModel } from '../server/models.js';

const folder = mkdtempSync(join(tmpdir(), 'iris-recorded-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'rows.jsonl');

const row = (changes: object = {}) => ({
  time: '2026-01-02T03:04:05.678Z',
  model: 'mixed',
  version: 'abc',
  features: { size: 1, colour: 'red' },
  label: 'a',
  probabilities: { a: 1 },
  ...changes,
});
const of = (features: object) => row({ features });
const text = (...rows: object[]) => rows.map((one) => `${JSON.stringify(one)}\n`).join('');

async function read(content: string, source: PredictionSource = new LocalModel(mixedModel()), recorded?: string) {
  writeFileSync(path, content);
  const warnings: string[] = [];
  const onWarning = (warning: string) => void warnings.push(warning);
  const batches = [];
  for await (const batch of recordedBatches([path], source, { recorded, onWarning })) batches.push(batch);
  return { batches, warnings };
}

describe('recorded rows', () => {
  it('are read in the order of the features of the model that is asked', async () => {
    const colour = (value: unknown) => of({ colour: value, extra: 3, size: 1.5 });
    const { batches, warnings } = await read(text(colour('red'), colour(null), colour({ unknown: true }), colour(7)));
    expect(batches).toHaveLength(1);
    const { bad, records, rows } = batches[0];
    expect([...rows.values]).toEqual([1.5, Number.NaN, 1.5, Number.NaN, 1.5, Number.NaN, 1.5, Number.NaN]);
    expect(rows.texts).toEqual(['', 'red', '', '', '', '\uffff', '', '7']);
    expect(records.map(({ file, line }) => [file, line])).toEqual([1, 2, 3, 4].map((line) => [path, line]));
    expect([bad, warnings]).toEqual([[], []]);
  });

  it('may have numbers where categories were, and the other way round only where they are numbers', async () => {
    const sizes = [
      of({ size: '2.5', colour: 'red' }),
      of({ size: 'large', colour: 'red' }),
      of({ size: { unknown: true }, colour: 'red' }),
    ];
    const { batches } = await read(text(...sizes));
    expect(batches[0].rows.values[0]).toBe(2.5);
    expect(batches[0].bad).toEqual([
      { row: 1, error: new DataError('cell', `${path}:2: size: expected a number, found "large"`) },
      { row: 2, error: new DataError('cell', `${path}:3: size: expected a number, found a category`) },
    ]);
  });

  it('come in requests of a size that servers take', async () => {
    const { batches } = await read(text(...Array.from({ length: 5000 }, () => row())));
    expect(batches.map(({ rows }) => rows.rowCount)).toEqual([4096, 904]);
  });

  it('are of one model, which can be chosen', async () => {
    const both = text(row(), row({ model: 'other', features: { length: 3 } }), row());
    await expect(read(both)).rejects.toThrow(
      new DataError('several', `${path}:2: expected rows of one model, mixed, found one of other`, {
        advice: { option: 'recorded', value: 'mixed', effect: 'replays the rows of one model' },
      }),
    );
    const { batches } = await read(both, undefined, 'mixed');
    expect(batches[0].records.map(({ line }) => line)).toEqual([1, 3]);
    await expect(read(both, undefined, 'none')).rejects.toThrow(
      new DataError('empty', `${path}: expected at least one recorded row of model none, found none`),
    );
  });

  it('leave out a last line without an end, and say so', async () => {
    const { batches, warnings } = await read(`${text(row())}{"time":"20`);
    expect(batches[0].records).toHaveLength(1);
    expect(warnings).toEqual([
      `${path}:2: a line without an end, which is left out: the server wrote it when it was killed, or does now`,
    ]);
  });

  it.each([
    ['no JSON', 'label,size\n', ':1: expected a row that iris serve recorded, found "label,size"'],
    ['another document', '[1]\n', ':1: expected a row that iris serve recorded, found an array of 1'],
    [
      'without a version',
      text(row({ version: undefined })),
      ':1: expected a row with "version" that iris serve recorded, found none',
    ],
    [
      'without features',
      text(row(), row({ features: null })),
      ':2: expected a row with "features" that iris serve recorded, found null',
    ],
    [
      'of other values',
      text(of({ size: [1] })),
      ':1: expected a row with "features" that iris serve recorded, found an object',
    ],
    [
      'of other shares',
      text(row({ probabilities: { a: '1' } })),
      ':1: expected a row with "probabilities" that iris serve recorded, found an object',
    ],
    [
      'without a feature',
      text(of({ size: 1, hue: 'red' })),
      ':1: expected a value of colour, which the model asks for, found hue',
    ],
    [
      'with fewer features',
      text(of({ size: 1 })),
      ':1: expected a value of colour, which the model asks for, found only size',
    ],
    ['without features', text(of({})), ':1: expected a value of size, which the model asks for, found none'],
    ['none', '', ': expected at least one recorded row, found none'],
  ])('are refused where they are %s', async (_, content, message) => {
    const reading = read(content);
    await expect(reading).rejects.toThrow(DataError);
    await expect(reading).rejects.toThrow(path + message);
  });

  it('need a file, and a model that names its features', async () => {
    const onWarning = () => {};
    const missing = recordedBatches([join(folder, 'none')], new LocalModel(irisModel()), { onWarning });
    await expect(missing.next()).rejects.toThrow(
      new InputError(`${join(folder, 'none')}: cannot be read: no such file or directory`),
    );
    const unnamed = {
      features: null,
      named: false,
      explains: 'path' as const,
      predict: async () => [],
      close: () => {},
    };
    await expect(read(text(row()), unnamed)).rejects.toThrow(RequestError);
  });
});
