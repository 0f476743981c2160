import { spawnSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepInputs } from '../../src/cli/kept-inputs.js';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { badOption, UsageError } from '../../src/ground/errors.js';
import { IRIS } from '../e2e/cli.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'iris-kept-'));
  writeFileSync(at('data.csv'), readFileSync(bundledIrisPath()));
  writeFileSync(at('model.json'), readFileSync(new URL('../../artifacts/iris.json', import.meta.url)));
  symlinkSync('data.csv', at('link.csv'));
  linkSync(at('data.csv'), at('hard.csv'));
  mkdirSync(at('parts'));
  symlinkSync('../data.csv', at('parts/one.csv'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('an output', () => {
  it.each([
    ['the same path', 'data.csv'],
    ['another way to it', 'parts/../data.csv'],
    ['a link to it', 'link.csv'],
    ['another name of the same file', 'hard.csv'],
  ])('that is an input is refused: %s', async (_, name) => {
    for (const inputs of [{ tables: { 'the data': at('data.csv') } }, { files: { 'the data': at('link.csv') } }]) {
      const path = `${folder}/${name}`;
      await expect(keepInputs(inputs, { option: 'out', path })).rejects.toThrow(
        badOption('out', 'a file that is not read', path, { found: `${path}, the data` }),
      );
    }
  });

  it('that is a URL is refused', async () => {
    await expect(keepInputs({}, { option: 'out', path: 's3://key:secret@bucket/m.json' })).rejects.toThrow(
      badOption('out', 'a file', 's3://bucket/m.json', { found: 'a URL: write a file, and upload it' }),
    );
  });

  it.each(['parts', 'par*/*.csv', 'link.csv'])('that is one of the files of %s is refused', async (input) => {
    const kept = keepInputs({ tables: { 'the data': at(input) } }, { option: 'out', path: at('data.csv') });
    await expect(kept).rejects.toThrow(UsageError);
  });

  it.each([
    ['parts', 'parts/model.csv'],
    ['parts', 'parts/../parts/model.tsv.gz'],
    ['par*/*', 'parts/model.json'],
    ['*.{csv,json}', 'new.json'],
    ['**/*.json', 'there/is/none/model.json'],
  ])('that would be one of the files of %s is refused: %s', async (input, name) => {
    const path = `${folder}/${name}`;
    await expect(keepInputs({ tables: { 'the data': at(input) } }, { option: 'out', path })).rejects.toThrow(
      badOption('out', 'a file that is not read', path, {
        found: `${path}, which would be part of the data, ${at(input)}`,
      }),
    );
  });

  it.each([
    ['parts', 'parts/model.json'],
    ['parts', 'parts/.model.csv'],
    ['parts', 'parts/more/model.csv'],
    ['parts', 'model.csv'],
    ['par*/*.csv', 'parts/model.json'],
    ['par*/*.csv', 'parts/more/model.csv'],
    ['*.csv', 'parts/two.csv'],
  ])('that would be none of the files of %s is taken: %s', async (input, name) => {
    await keepInputs({ tables: { 'the data': at(input) } }, { option: 'out', path: at(name) });
  });

  it.each(['new.csv', 'model.json', 'parts/two.csv', '/dev/null'])('that is none is taken: %s', async (name) => {
    const path = name.startsWith('/') ? name : at(name);
    await keepInputs(
      { files: { 'the model': '/dev/null', other: undefined }, tables: { 'the data': at('data.csv') } },
      { option: 'out', path },
    );
  });
});

/** Runs `iris` with standard input and output redirected to files of the folder, and says what became of those. */
function redirected(args: readonly string[], { from, onto }: { from?: string; onto?: string } = {}) {
  const stdin = from === undefined ? 'ignore' : openSync(at(from), 'r');
  const stdout = onto === undefined ? 'pipe' : openSync(at(onto), 'a');
  const run = spawnSync(process.execPath, [IRIS, ...args], {
    cwd: folder,
    stdio: [stdin, stdout, 'pipe'],
    encoding: 'utf8',
  });
  for (const fd of [stdin, stdout]) if (typeof fd === 'number') closeSync(fd);
  return { code: run.status, says: run.stderr.replace(/^model: .*\n/, '') };
}

const data = readFileSync(bundledIrisPath(), 'utf8');
const iris = ['predict', '--model', 'model.json', '--file'];

describe('iris', () => {
  it.each<[string[], { from?: string; onto?: string }, string]>([
    [
      ['train', '--data', 'data.csv', '--out', './link.csv'],
      {},
      '--out: expected a file that is not read, found ./link.csv, the data (see iris train --help)',
    ],
    [
      ['train', '--data', '-', '--out', 'data.csv'],
      { from: 'data.csv' },
      '--out: expected a file that is not read, found data.csv, the data (see iris train --help)',
    ],
    [
      ['train', '--data', 'data.csv', '--out', 'new.json'],
      { onto: 'hard.csv' },
      'standard output: expected a file that is not read, found the data (see iris train --help)',
    ],
    [
      ['evaluate', '--model', 'model.json', '--data', 'data.csv', '--report', 'data.csv'],
      {},
      '--report: expected a file that is not read, found data.csv, the data (see iris evaluate --help)',
    ],
    [
      ['evaluate', '--model', 'model.json', '--report', 'model.json'],
      {},
      '--report: expected a file that is not read, found model.json, the model (see iris evaluate --help)',
    ],
    [
      ['evaluate', '--baseline', 'model.json', '--report', 'model.json'],
      {},
      '--report: expected a file that is not read, found model.json, the baseline (see iris evaluate --help)',
    ],
    [
      [...iris, 'data.csv'],
      { onto: 'data.csv' },
      'standard output: expected a file that is not read, found the data (see iris predict --help)',
    ],
    [
      [...iris, '-'],
      { from: 'data.csv', onto: 'data.csv' },
      'standard output: expected a file that is not read, found the data (see iris predict --help)',
    ],
    [
      ['verify', 'model.json'],
      { onto: 'model.json' },
      'standard output: expected a file that is not read, found the model (see iris verify --help)',
    ],
    [
      ['inspect', 'model.json'],
      { onto: 'model.json' },
      'standard output: expected a file that is not read, found the model (see iris inspect --help)',
    ],
  ])('%j writes over no input: %j', (args, files, message) => {
    const model = readFileSync(at('model.json'), 'utf8');
    expect(redirected(args, files)).toEqual({ code: 2, says: `error: ${message}\n` });
    expect([readFileSync(at('data.csv'), 'utf8'), readFileSync(at('model.json'), 'utf8')]).toEqual([data, model]);
  });

  it('writes to files that are not read', () => {
    expect(redirected([...iris, 'data.csv'], { onto: 'predicted.txt' }).code).toBe(0);
    expect(redirected(['train', '--data', 'data.csv', '--out', 'model.json'], { onto: 'predicted.txt' }).code).toBe(0);
  });
});
