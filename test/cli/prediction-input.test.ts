import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type InputBatch, rowsFromTable } from '../../src/cli/prediction-input.js';
import { rowFromArguments } from '../../src/cli/row-arguments.js';
import type { InputFeature, PredictionSource } from '../../src/client/prediction.js';
import { UnseenTally } from '../../src/data/unseen.js';
import { DataError } from '../../src/ground/errors.js';

function source(features: readonly InputFeature[] | null, named = true): PredictionSource {
  return { features, named, explains: 'path', predict: async () => [], close: () => {} };
}

const numbers = source([
  { name: 'length', kind: 'number' },
  { name: 'width', kind: 'number' },
]);
const mixed = source([
  { name: 'colour', kind: 'category' },
  { name: 'size', kind: 'number' },
]);
const known = source([
  { name: 'colour', kind: 'category', categories: ['blue', 'red', 'color=red'] },
  { name: 'size', kind: 'number' },
]);
const unnamed = source(
  [
    { name: 'x[0]', kind: 'number' },
    { name: 'x[1]', kind: 'number' },
  ],
  false,
);

async function read(text: string, model: PredictionSource): Promise<InputBatch[]> {
  const batches: InputBatch[] = [];
  for await (const batch of rowsFromTable('-', model, { stdin: Readable.from([text]) })) batches.push(batch);
  return batches;
}

describe('a table', () => {
  it('gives categories as they were written, and an empty text where one is missing', async () => {
    const [batch] = await read('size,note,colour\n1,x,blue\n?,y, \n', mixed);
    expect(batch!.rows).toMatchObject({ rowCount: 2, texts: ['blue', '', '', ''] });
    expect([batch!.rows.values[1], batch!.rows.values[3]]).toEqual([1, Number.NaN]);
    expect(batch!.table).toMatchObject({
      columns: ['size', 'note', 'colour'],
      origin: { name: '<stdin>', unit: 'line' },
    });
    expect(batch!.table!.written.map(({ cells }) => cells)).toEqual([
      ['1', 'x', 'blue'],
      ['?', 'y', ' '],
    ]);
  });

  it('is taken by position where the model has no names', async () => {
    const [batch] = await read('a,b\n1,2\n3,\n', unnamed);
    expect(Array.from(batch!.rows.values)).toEqual([1, 2, 3, Number.NaN]);
    const [wide] = await read('a,b,c\n1,2,3\n', source(null, false));
    expect(Array.from(wide!.rows.values)).toEqual([1, 2, 3]);
  });

  it('by position, says of each row that cannot be read why', async () => {
    const [batch] = await read('a,b\n1,2\n3,x\ny,z\n4,5\n', unnamed);
    expect(batch!.bad).toEqual([
      { row: 1, error: new DataError('cell', '<stdin>:3: b: expected a number, found "x"') },
      { row: 2, error: new DataError('cell', '<stdin>:4: a: expected a number, found "y"') },
    ]);
    expect(Array.from(batch!.rows.values.subarray(6))).toEqual([4, 5]);
  });

  it('says which categories the model does not know, where those that it knows are known', async () => {
    const text = 'size,colour\n1,Blue\n2,blue\n3,Blue\n4,green\n5,?\n6,\n';
    const tally = (model: PredictionSource) => new UnseenTally(model.features!);
    const counted = tally(known);
    const options = { stdin: Readable.from([text]) };
    for await (const { rows } of rowsFromTable('-', known, options, counted))
      expect(rows.texts!.filter((_, i) => i % 2 === 0)).toEqual(['Blue', 'blue', 'Blue', 'green', '', '']);
    const categories = [{ category: 'Blue', nearest: 'blue' }, { category: 'green' }];
    expect(counted.columns).toEqual([{ feature: 'colour', rows: 3, categories }]);
    const row = tally(known);
    rowFromArguments(['colour=rd', 'size=1'], known, row);
    expect(row.columns).toEqual([{ feature: 'colour', rows: 1, categories: [{ category: 'rd' }] }]);
    const unknown = tally(mixed);
    rowFromArguments(['Blue', '1'], mixed, unknown);
    expect(unknown.columns).toEqual([]);
  });

  it('reads a word for a missing value as the category that the model has of that name', () => {
    const namibia = source([{ name: 'country', kind: 'category', categories: ['NA', 'ZA'] }]);
    expect(rowFromArguments(['NA'], namibia).rows.texts).toEqual(['NA']);
    expect(rowFromArguments(['?'], namibia).rows.texts).toEqual(['']);
  });

  it.each([
    [
      'columns',
      'a,b,c\n1,2,3\n',
      '<stdin>: expected 2 columns in feature order, as the server names no features, found 3',
    ],
  ] as const)('%s: %j does not fit by position', async (reason, text, message) => {
    await expect(read(text, unnamed)).rejects.toThrow(new DataError(reason, message));
  });

  it('comes in requests that stay below the limit of a message', async () => {
    const text = `length,width\n${'1,2\n'.repeat(5000)}`;
    expect((await read(text, numbers)).map(({ rows }) => rows.rowCount)).toEqual([4096, 904]);
    const names = Array.from({ length: 300 }, (_, i) => `f${i}`);
    const wide = source(names.map((name) => ({ name, kind: 'number' })));
    const rows = `${names.join()}\n${`${names.map(() => '1').join()}\n`.repeat(500)}`;
    const sizes = (await read(rows, wide)).map((batch) => batch.rows.values.byteLength);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
    expect(sizes.length).toBe(2);
  });

  it('comes in smaller requests where paths are asked for', async () => {
    const sizes: number[] = [];
    for (const model of [numbers, source(null, false)]) {
      const stdin = Readable.from([`length,width\n${'1,2\n'.repeat(600)}`]);
      for await (const { rows } of rowsFromTable('-', model, { explain: true, stdin })) sizes.push(rows.rowCount);
    }
    expect(sizes).toEqual([256, 256, 88, 256, 256, 88]);
  });
});
