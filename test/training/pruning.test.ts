import { describe, expect, it } from 'vitest';
import { stratifiedFolds } from '../../src/data/holdout.js';
import { mlCartTrainer } from '../../src/training/ml-cart/engine.js';
import { defaultsOf } from '../../src/training/parameters.js';
import { chooseAlpha, crossValidatePruning, type PruningStep } from '../../src/training/pruning.js';
import { leafShares, majorityClasses } from '../../src/tree/answers.js';
import { predictLeaf } from '../../src/tree/predict.js';
import { prune, pruningPath } from '../../src/tree/prune.js';
import type { Tree } from '../../src/tree/tree.js';
import { everyRow, makeDataset } from '../arbitraries/datasets.js';

/** A table of two features on which every tree overfits: one row in six has another class than its neighbours. */
function noisyTable(rowCount: number) {
  const rows = Array.from({ length: rowCount }, (_, row) => [(row * 37) % rowCount, (row * 11) % 17]);
  const labels = rows.map(([x], row) => (x * 2 < rowCount ? 0 : 1) ^ (row % 6 === 0 ? 1 : 0));
  return makeDataset(
    rows,
    labels.map((label, row) => (row % 9 === 0 ? 2 : label)),
  );
}

const dataset = noisyTable(90);
const parameters = { ...defaultsOf('ml-cart'), minImpurityDecrease: 0 };

/** Grown without weights; what pruning reads of a node, its impurity, is that of the weighted shares. */
async function growFor(rows: Uint32Array, weights: Float64Array | null): Promise<Tree> {
  const tree = await mlCartTrainer.fit(dataset, rows, parameters, null);
  const shares = leafShares(tree, weights);
  const impurity = tree.impurity.map(
    (_, node) => 1 - shares.subarray(node * 3, node * 3 + 3).reduce((sum, share) => sum + share * share, 0),
  );
  return { ...tree, impurity };
}

/** Losses row by row, from trees that were really pruned. */
async function losses(
  alpha: number,
  weights: Float64Array | null,
  rows: Uint32Array,
  folds: number,
): Promise<[number, number]> {
  const found: { loss: number; weight: number }[] = [];
  for (const held of stratifiedFolds(dataset, rows, { seed: 3, folds })) {
    const grown = await growFor(
      rows.filter((row) => !held.includes(row)),
      weights,
    );
    const tree = alpha === Number.POSITIVE_INFINITY ? prune(grown, weights, 1e9) : prune(grown, weights, alpha);
    const classes = majorityClasses(leafShares(tree, weights), tree.classCount);
    for (const row of held) {
      const leaf = predictLeaf(
        tree,
        Float64Array.from(dataset.features, ({ values }) => values[row]),
      );
      const label = dataset.labels[row];
      found.push({ loss: classes[leaf] === label ? 0 : 1, weight: weights?.[label] ?? 1 });
    }
  }
  const total = found.reduce((sum, { weight }) => sum + weight, 0);
  const error = found.reduce((sum, { loss, weight }) => sum + loss * weight, 0) / total;
  const squares = found.reduce((sum, { loss, weight }) => sum + (loss - error) * weight * ((loss - error) * weight), 0);
  return [error, Math.sqrt(squares) / total];
}

describe('cross-validating a pruning path', () => {
  const rows = everyRow(dataset).filter((row) => row % 10 !== 4);
  const rarest = [0, 1, 2]
    .map((label) => rows.filter((row) => dataset.labels[row] === label).length)
    .sort((a, b) => a - b)[0];

  it.each([
    ['without weights', null],
    ['with weights', Float64Array.of(1, 0.5, 4)],
  ])('gives the error and standard error of trees pruned at the geometric midpoints, %s', async (_, weights) => {
    expect(rarest).toBeLessThan(10);
    const grow = (some: Uint32Array): Promise<Tree> => growFor(some, weights);
    const tree = await grow(rows);
    const steps = await crossValidatePruning(tree, dataset, rows, weights, { seed: 3, grow });
    const path = pruningPath(tree, weights);
    expect(steps.length).toBeGreaterThan(3);
    for (const [i, step] of steps.entries()) {
      const next = steps[i + 1]?.alpha ?? Number.POSITIVE_INFINITY;
      const [error, standardError] = await losses(Math.sqrt(step.alpha * next), weights, rows, rarest);
      expect(step.cvError).toBeCloseTo(error, 12);
      expect(step.cvStandardError).toBeCloseTo(standardError, 12);
      const at = step.alpha === 0 ? 0 : path.alphas.lastIndexOf(step.alpha);
      expect(step).toMatchObject({ leaves: path.leaves[at], impurity: path.impurities[at] });
      expect(prune(tree, weights, step.alpha).nodeCount).toBe(2 * step.leaves - 1);
    }
    expect(steps.at(-1)!.leaves).toBe(1);
  });

  it('takes ten folds where every class has ten rows, and two where one has a single row', async () => {
    const count = async (table: ReturnType<typeof noisyTable>): Promise<number> => {
      let fits = 0;
      const leaf: Tree = await mlCartTrainer.fit(table, everyRow(table), { ...parameters, maxDepth: 1 }, null);
      await crossValidatePruning(leaf, table, everyRow(table), null, {
        seed: 0,
        grow: async () => {
          fits++;
          return leaf;
        },
      });
      return fits;
    };
    expect(await count(noisyTable(120))).toBe(10);
    expect(await count(noisyTable(9))).toBe(2);
  });
});

describe('choosing alpha', () => {
  const step = (alpha: number, cvError: number, cvStandardError: number): PruningStep => ({
    alpha,
    cvError,
    cvStandardError,
    leaves: 1,
    impurity: 0,
  });

  it('takes the largest within one standard error of the best, at its geometric midpoint', () => {
    const steps = [
      step(0, 0.2, 0.09),
      step(0.01, 0.1, 0.05),
      step(0.04, 0.15, 0.01),
      step(0.16, 0.16, 0.2),
      step(0.5, 0.6, 0.2),
    ];
    expect(chooseAlpha(steps)).toBe(0.08);
  });

  it('takes the root alone where that is as good', () => {
    expect(chooseAlpha([step(0, 0.5, 0.1), step(0.2, 0.55, 0.1)])).toBe(0.2);
  });

  it('takes 0, no pruning, where every pruned tree is worse', () => {
    expect(chooseAlpha([step(0, 0.1, 0.01), step(0.2, 0.5, 0.1), step(0.3, 0.5, 0.1)])).toBe(0);
  });

  it('takes 0 for a tree of one leaf', () => {
    expect(chooseAlpha([step(0, 0.1, 0.01)])).toBe(0);
  });
});
