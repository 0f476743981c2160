/** Threads run the built worker script, so these tests use the built code. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/data/dataset.js';
import { hashRows } from '../../../src/data/row-hash.js';
import { datasetSha256 } from '../../../src/data/sha256.js';
import { sketchOf } from '../../../src/data/sketch.js';
import { tableSha256 } from '../../../src/data/table-hash.js';
import { summarizeFeatures } from '../../../src/model/feature-summary.js';
import { runSteps } from '../../../src/model/steps.js';
import { defaultParameters } from '../../../src/training/parameters.js';
import { numberTable, temporaryFolder } from '../../data/fixture.js';

const dist = new URL('../../../dist/', import.meta.url).href;
const { Helper }: typeof import('../../../src/training/beside/helper.js') = await import(
  `${dist}training/beside/helper.js`
);
const { trainModel }: typeof import('../../../src/evaluation/train-model.js') = await import(
  `${dist}evaluation/train-model.js`
);
const folder = temporaryFolder();

const COLUMNS = 8;
const tableOf = (rowCount: number) =>
  numberTable(
    Array.from({ length: COLUMNS }, (_, column) =>
      Array.from({ length: rowCount }, (_, row) => ((row * (column + 3)) % 1009) / 7),
    ),
    Array.from({ length: rowCount }, (_, row) => (row % 1009 < 400 ? 0 : 1)),
    ['a', 'b'],
  );

/** Its columns in memory that threads share, as `readDataset` has them. */
function shared(table: Dataset): Dataset {
  const features = table.features.map((column) => {
    const values = new Float64Array(new SharedArrayBuffer(column.values.byteLength));
    values.set(column.values);
    return { ...column, values };
  });
  return { ...table, features };
}

const small = tableOf(1000);
const plain = tableOf(1 << 18);
const large = shared(tableOf(1 << 16));
const trained = (table: Dataset) => Uint32Array.from({ length: table.rowCount >> 1 }, (_, at) => 2 * at + 1);

/** A script in the place of the thread's own. */
function script(name: string, code: string): URL {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, `import { answerEach } from '${dist}threads/answer.js';\n${code}`);
  return pathToFileURL(path);
}

const silent = script('silent', 'answerEach(() => null);');
const failing = script('failing', "throw new Error('out of order');");
const ending = script('ending', "answerEach((message) => ('table' in message ? null : process.exit(3)));");
/** Takes some rows to hash, and never does. */
const breaking = script(
  'breaking',
  `answerEach(({ kind, given }) => {
    if (kind !== 'pieces') return kind === undefined ? null : { answer: 'ready' };
    Atomics.add(given.taken, 0, 1);
    throw new Error('out of order');
  });`,
);

describe('what a training does beside growing a tree', () => {
  it.each([
    ['a small table', small, 2],
    ['a large one, on a thread', large, 2],
    ['a large one, on several', shared(plain), 4],
    ['a large one that is no shared memory', plain, 2],
    ['a large one, without a thread', large, 1],
  ])('is the same as on one thread: %s', async (_, table, jobs) => {
    const helper = new Helper(table, jobs);
    const rows = trained(table);
    const shares: number[] = [];
    const hashes = await helper.hashRows({ onProgress: (share) => shares.push(share) });
    const begun = {
      origin: helper.begin('origin', { hashes: { bytes: hashes.bytes, known: hashes.known }, rows }),
      summaries: helper.begin('summaries', { rows }),
      csv: helper.begin('csv', {}),
    };
    const expected = hashRows(table);
    expect(Buffer.compare(hashes.bytes, expected.bytes)).toBe(0);
    const sha256 = tableSha256(table, expected);
    expect(await begun.origin.result()).toEqual({ sha256, sketch: sketchOf(expected, rows) });
    expect(await begun.summaries.result()).toEqual(runSteps(summarizeFeatures(table, rows)));
    expect(await begun.csv.result()).toBe(datasetSha256(table));
    const again = helper.begin('origin', { hashes: { bytes: hashes.bytes, known: expected.order }, rows });
    expect((await again.result()).sha256).toBe(sha256);
    await helper.end();
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeLessThanOrEqual(1);
  });

  it.each([1, 2])('is given up when the caller aborts (%d jobs)', async (jobs) => {
    const helper = new Helper(large, jobs, silent);
    const controller = new AbortController();
    const { signal } = controller;
    const tasks = [helper.hashRows({ signal }), helper.begin('csv', {}).result(signal)];
    controller.abort(new Error('enough'));
    for (const task of await Promise.allSettled(tasks)) expect(task).toMatchObject({ reason: { message: 'enough' } });
    await helper.end();
  });

  it('fails when its thread does', async () => {
    const helper = new Helper(large, 2, failing);
    await expect(helper.begin('csv', {}).result()).rejects.toThrow('out of order');
    await helper.end();
    const other = new Helper(large, 2, ending);
    await expect(other.begin('csv', {}).result()).rejects.toThrow('a helping thread ended early, with exit code 3');
    await other.end();
  });

  it('fails when a thread has taken rows to hash and does not', async () => {
    const helper = new Helper(large, 2, breaking);
    await helper.begin('csv', {}).result();
    await expect(helper.hashRows()).rejects.toThrow('out of order');
    await helper.end();
  });

  it('does not wait for a thread that took no rows', async () => {
    const helper = new Helper(large, 2, silent);
    expect(Buffer.compare((await helper.hashRows()).bytes, hashRows(large).bytes)).toBe(0);
    await helper.end();
  });
});

describe('a model of a large table', () => {
  it('has the same bytes with and without a thread, and from memory that is not shared', async () => {
    const parameters = { ...defaultParameters, maxDepth: 3 };
    const { text } = await trainModel(large, parameters, { jobs: 1 });
    expect((await trainModel({ ...large }, parameters, { jobs: 2 })).text).toBe(text);
    expect((await trainModel(tableOf(large.rowCount), parameters, { jobs: 2 })).text).toBe(text);
    const ofVersion1 = await trainModel(large, parameters, { jobs: 1, rules: 1 });
    expect((await trainModel(large, parameters, { jobs: 2, rules: 1 })).text).toBe(ofVersion1.text);
  });

  it('is given up while a thread is at work', async () => {
    const controller = new AbortController();
    const training = trainModel({ ...large }, defaultParameters, {
      jobs: 2,
      signal: controller.signal,
      onProgress: (_, phase) => phase === 'fitting' && controller.abort(new Error('enough')),
    });
    await expect(training).rejects.toThrow('enough');
  });
});

describe('a thread that is expected to help', () => {
  const run = async (program: string) => {
    const counted = `
      let started = 0;
      process.on('worker', () => started++).on('exit', () => console.log(started));
      const { expectTable } = await import('${dist}training/beside/helper.js');
      ${program}`;
    return (await promisify(execFile)(process.execPath, ['--input-type=module', '-e', counted])).stdout;
  };

  it('starts once, for a large table alone, and keeps no process alive', async () => {
    expect(await run('expectTable(1000, 2); expectTable(1e9, 1);')).toBe('0\n');
    expect(await run('expectTable(1e6, 2); expectTable(1e6, 2);')).toBe('1\n');
  });

  it('is the one that helps', async () => {
    const program = `
      expectTable(1e6, 2);
      const { Helper } = await import('${dist}training/beside/helper.js');
      const values = new Float64Array(new SharedArrayBuffer(8 << 20));
      const table = { classes: ['a'], features: [{ kind: 'number', name: 'x', values }], labels: new Uint16Array(1 << 20), rowCount: 1 << 20, target: 'y' };
      const helper = new Helper(table, 2);
      await helper.begin('summaries', { rows: Uint32Array.of(0) }).result();
      await helper.end();`;
    expect(await run(program)).toBe('1\n');
  });
});
