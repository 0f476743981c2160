/** Threads run the built worker script, so these tests use the built engine. */
import { describe, expect, it } from 'vitest';
import type { FeatureColumn } from '../../../src/data/dataset.js';
import { defaultParameters } from '../../../src/training/parameters.js';
import type { FitOptions } from '../../../src/training/trainer.js';
import { mixedDataset } from '../../arbitraries/datasets.js';

const engine = new URL('../../../dist/training/cart/engine.js', import.meta.url);
const { createCartTrainer }: typeof import('../../../src/training/cart/engine.js') = await import(engine.href);

/** Large enough for several rounds of shared work. */
const table = mixedDataset(40_000, 8);
const rows = Uint32Array.from(table.labels.keys());

function growTable(options: FitOptions, workerScript?: URL, parameters = {}, threadsFrom = 0) {
  // A turn as often as there can be one: how fast the machine is makes no difference.
  const trainer = createCartTrainer({ threadsFrom, turnMs: 0, ...(workerScript && { workerScript }) });
  return trainer.fit(table, rows, { ...defaultParameters, ...parameters }, null, options);
}

describe('fitting on threads', () => {
  it.each([
    { name: 'a whole tree', parameters: {} },
    { name: 'a shallow tree', parameters: { maxDepth: 5 } },
    { name: 'a tree with a leaf limit', parameters: { minSamplesLeaf: 50 } },
    { name: 'entropy', parameters: { criterion: 'entropy', maxDepth: 8 } },
    { name: 'a bound on leaves', parameters: { maxLeafNodes: 30 } },
  ])('gives the same tree with 1, 2 and 4 jobs: $name', async ({ parameters }) => {
    const alone = await growTable({ jobs: 1 }, undefined, parameters);
    expect(alone.nodeCount).toBeGreaterThan(20);
    for (const jobs of [2, 4]) expect(await growTable({ jobs }, undefined, parameters)).toEqual(alone);
  });

  it('fails when a thread throws', async () => {
    const script = new URL('data:text/javascript,throw new Error("out of paper")');
    await expect(growTable({ jobs: 2 }, script)).rejects.toThrow('out of paper');
  });

  it('fails when a thread ends early', async () => {
    const script = new URL('data:text/javascript,process.exit(3)');
    await expect(growTable({ jobs: 3 }, script)).rejects.toThrow('a training thread ended early, with exit code 3');
  });

  it('fails when a thread ends while it has work', async () => {
    const script = new URL(
      'data:text/javascript,import { parentPort } from "node:worker_threads"; parentPort.on("message", () => process.exit(0))',
    );
    await expect(growTable({ jobs: 2 }, script)).rejects.toThrow('a training thread ended early, with exit code 0');
  });

  it.each([1, 2])('refuses a tree that has grown too large for its classes, with %i jobs', async (jobs) => {
    const labels = Uint16Array.from({ length: 400 }, (_, row) => row);
    const features: FeatureColumn[] = [{ name: 'x', kind: 'number', values: Float64Array.from(labels) }];
    const classes = Array.from({ length: 65_535 }, (_, c) => `c${c}`);
    const ids = { ...table, features, labels, classes, rowCount: labels.length };
    const some = Uint32Array.from(labels.keys());
    const parameters = { ...defaultParameters, minSamplesSplit: 3 };
    const fit = createCartTrainer({ threadsFrom: 0 }).fit(ids, some, parameters, null, { jobs });
    await expect(fit).rejects.toMatchObject({
      name: 'DataError',
      message:
        'table.csv: expected a tree of at most 16777216 class counts, nodes times classes; found at least 257 nodes of ' +
        '65535 classes; is the target a number or an id?; option maxDepth=7 bounds the depth, option maxLeafNodes=128 bounds the leaves',
      advice: { option: 'maxDepth', value: '7' },
    });
  });

  it('turns an error of the data that a thread meets into one of its own', async () => {
    const script = new URL('data:text/javascript,throw Object.assign(new Error("too many"), { name: "DataError" })');
    await expect(growTable({ jobs: 2 }, script)).rejects.toMatchObject({
      name: 'DataError',
      message: 'table.csv: too many',
    });
  });

  it('lets the threads of one fit wait for the next, as long as they are sound', async () => {
    let started = 0;
    const count = () => started++;
    process.on('worker', count);
    try {
      const once = await growTable({ jobs: 4 });
      const startedOnce = started;
      expect(await growTable({ jobs: 4 }, undefined, { maxDepth: 4 })).toEqual(
        await growTable({ jobs: 1 }, undefined, { maxDepth: 4 }),
      );
      expect(await growTable({ jobs: 4 })).toEqual(once);
      expect(started).toBe(startedOnce);

      const controller = new AbortController();
      const onProgress = () => controller.abort(new Error('enough'));
      await expect(growTable({ jobs: 4, signal: controller.signal, onProgress })).rejects.toThrow('enough');
      expect(await growTable({ jobs: 4 })).toEqual(once);
      expect(started).toBeLessThanOrEqual(startedOnce + 3);
    } finally {
      process.off('worker', count);
    }
  });

  it('fits at the same time on threads of their own', async () => {
    const [a, b, alone] = await Promise.all([growTable({ jobs: 2 }), growTable({ jobs: 2 }), growTable({ jobs: 1 })]);
    expect(a).toEqual(alone);
    expect(b).toEqual(alone);
  });

  it('starts none for small data', async () => {
    const script = new URL('data:text/javascript,throw new Error("was started")');
    expect((await growTable({ jobs: 2 }, script, {}, rows.length * 9)).nodeCount).toBeGreaterThan(1);
  });

  it.each([1, 2])('stops when it is aborted, with %i jobs', async (jobs) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = () => controller.abort(reason);
    await expect(growTable({ jobs, signal: controller.signal, onProgress })).rejects.toBe(reason);
  });

  it('does not begin when it is aborted already', async () => {
    await expect(growTable({ jobs: 2, signal: AbortSignal.abort('no') })).rejects.toBe('no');
  });

  it.each([1, 2])('reports growing shares of the work, with %i jobs', async (jobs) => {
    const shares: number[] = [];
    await growTable({ jobs, onProgress: (share) => shares.push(share) });
    expect(shares.length).toBeGreaterThan(0);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
    for (const share of shares) expect(share).toBeLessThanOrEqual(1);
  });
});
