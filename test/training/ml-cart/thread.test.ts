/** A thread runs the built worker script, so these tests use the built engine. */
import { describe, expect, it } from 'vitest';
import { defaultsOf } from '../../../src/training/parameters.js';
import type { Tree } from '../../../src/tree/tree.js';
import { everyRow, makeDataset } from '../../arbitraries/datasets.js';

const engine = new URL('../../../dist/training/ml-cart/engine.js', import.meta.url);
const { createMlCartTrainer, mlCartTrainer }: typeof import('../../../src/training/ml-cart/engine.js') = await import(
  engine.href
);

const parameters = defaultsOf('ml-cart');
const rows = Array.from({ length: 60 }, (_, row) => [(row * 37) % 60, (row * 11) % 17]);
const dataset = makeDataset(
  rows,
  rows.map(([x, y]) => (x < 30 ? 0 : y < 8 ? 1 : 2)),
);

function grow(workerScript?: URL, signal?: AbortSignal): Promise<Tree> {
  const trainer = createMlCartTrainer({ threadFrom: 0, workerScript });
  return trainer.fit(dataset, everyRow(dataset), parameters, null, { signal });
}

describe('fitting with ml-cart on a thread', () => {
  it('gives the tree that it gives without one', async () => {
    const alone = await mlCartTrainer.fit(dataset, everyRow(dataset), parameters, null);
    expect(alone.nodeCount).toBeGreaterThan(3);
    expect(await grow()).toEqual(alone);
  });

  it('stops a fit in the middle when it is aborted', async () => {
    const stop = new AbortController();
    const endless = new URL('data:text/javascript,for (;;);');
    const fitted = grow(endless, stop.signal);
    setImmediate(() => stop.abort());
    await expect(fitted).rejects.toThrow('This operation was aborted');
  });

  it('fails when the thread throws', async () => {
    const script = new URL('data:text/javascript,throw new Error("out of paper")');
    await expect(grow(script)).rejects.toThrow('out of paper');
  });

  it('fails when the thread ends early', async () => {
    const script = new URL('data:text/javascript,process.exit(3)');
    await expect(grow(script)).rejects.toThrow('the training thread ended early, with exit code 3');
  });
});
