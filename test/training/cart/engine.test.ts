import { describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../../src/data/bundled.js';
import { readDataset } from '../../../src/data/read-dataset.js';
import { cartTrainer } from '../../../src/training/cart/engine.js';
import type { TrainingParameters } from '../../../src/training/parameters.js';
import { defaultParameters } from '../../../src/training/parameters.js';

const iris = await readDataset(bundledIrisPath());
const all = Uint32Array.from({ length: iris.rowCount }, (_, row) => row);

describe('the engine cart, called by itself', () => {
  it.each([
    ['a depth of 0', { maxDepth: 0 }, all, null, 'maxDepth: expected a whole number of at least 1, found 0'],
    ['no rows', {}, new Uint32Array(0), null, 'rows: expected at least one, found none'],
    ['a row beyond the table', {}, Uint32Array.of(3, 150), null, 'rows: expected indices below 150, found 150'],
    ['a weight too few', {}, all, Float64Array.of(1, 2), 'classWeights: expected 3 weights, found 2'],
  ])('refuses %s', async (_, changes, rows, weights, message) => {
    const parameters: TrainingParameters = { ...defaultParameters, ...changes };
    await expect(cartTrainer.fit(iris, rows, parameters, weights)).rejects.toThrow(
      expect.objectContaining({ name: 'UsageError', message }),
    );
  });

  it('grows a tree of any of the rows, in any order', async () => {
    const few = await cartTrainer.fit(iris, Uint32Array.of(120, 3, 70, 4), defaultParameters, null);
    expect([...few.counts.subarray(0, 3)]).toEqual([2, 1, 1]);
    expect(await cartTrainer.fit(iris, Uint32Array.of(3, 4, 70, 120), defaultParameters, null)).toEqual(few);
  });
});
