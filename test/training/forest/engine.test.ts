/** Threads run the built worker script, so these tests use the built engine. */
import { describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../../src/data/bundled.js';
import type { Dataset } from '../../../src/data/dataset.js';
import { readDataset } from '../../../src/data/read-dataset.js';
import type { HyperParameters } from '../../../src/model/hyper-parameters.js';
import { orderByHash } from '../../../src/training/order-by-hash.js';
import { checkParameters, defaultsOf } from '../../../src/training/parameters.js';
import type { FitOptions } from '../../../src/training/trainer.js';
import type { Ensemble } from '../../../src/tree/ensemble.js';
import { growForestTree, planForest } from '../../../src/tree/grow/forest.js';
import { limitsOf } from '../../../src/tree/grow/limits.js';
import { ensemblePredictor } from '../../../src/tree/predict-ensemble.js';
import type { Tree } from '../../../src/tree/tree.js';
import { finish } from '../../../src/tree/turns.js';
import { mixedDataset } from '../../arbitraries/datasets.js';

const engine = new URL('../../../dist/training/forest/engine.js', import.meta.url);
const { createForestTrainer, maxFeaturesOf }: typeof import('../../../src/training/forest/engine.js') = await import(
  engine.href
);

const iris = await readDataset(bundledIrisPath());

/** The rows in another order. */
function reorder(table: Dataset, order: readonly number[]): Dataset {
  const features = table.features.map((column) => ({
    ...column,
    values: Float64Array.from(order, (row) => column.values[row]),
  }));
  return { ...table, features, labels: Uint16Array.from(order, (row) => table.labels[row]) };
}

type Asked = Partial<HyperParameters> & { readonly weights?: Float64Array };

function grow(table: Dataset, { weights, ...asked }: Asked = {}, options: FitOptions = { jobs: 1 }) {
  const rows = Uint32Array.from({ length: table.rowCount }, (_, row) => row);
  const parameters = { ...defaultsOf('forest'), trees: 7, ...asked };
  return createForestTrainer({ threadsFrom: 0 }).fit(table, rows, parameters, weights ?? null, options);
}

function sharesOf(ensemble: Ensemble, { features, rowCount, classes }: Dataset): Float64Array {
  const rows = Float64Array.from({ length: rowCount * features.length }, (_, cell) => {
    return features[cell % features.length].values[Math.floor(cell / features.length)];
  });
  const shares = new Float64Array(rowCount * classes.length);
  ensemblePredictor(ensemble).answerInto(rows, rowCount, { shares });
  return shares;
}

describe('a forest', () => {
  const table = mixedDataset(2_000, 6);

  it.each<{ name: string; asked: Asked }>([
    { name: 'whole trees', asked: {} },
    { name: 'limits', asked: { maxDepth: 6, minSamplesLeaf: 5, maxFeatures: 4 } },
    { name: 'best-first', asked: { maxLeafNodes: 20, criterion: 'entropy' } },
    { name: 'class weights', asked: { weights: Float64Array.of(1, 0.3, 2), maxDepth: 5 } },
  ])('is the same with any number of threads, in any order of the rows: $name', async ({ asked }) => {
    const alone = await grow(table, asked);
    expect(await grow(table, asked, { jobs: 3 })).toEqual(alone);
    const order = Array.from({ length: table.rowCount }, (_, i) => (i * 7) % table.rowCount);
    expect(await grow(reorder(table, order), asked)).toEqual(alone);
  });

  it('gives each row the mean of the shares of its leaves, walked one by one', async () => {
    const { ensemble } = await grow(table, { trees: 5, maxDepth: 4 });
    const trees = await growPlainly(table, 5, { maxDepth: 4 });
    const shares = sharesOf(ensemble, table);
    for (let row = 0; row < table.rowCount; row += 17) {
      const mean = [0, 1, 2].map((k) => trees.reduce((sum, { tree }) => sum + plainShare(tree, table, row, k), 0) / 5);
      for (const k of [0, 1, 2]) expect(shares[row * 3 + k]).toBeCloseTo(mean[k], 8);
    }
  });

  it('answers to the last bit what the same trees in another order do', async () => {
    const { ensemble } = await grow(table, { trees: 9, minSamplesLeaf: 7 });
    const backwards = reversed(ensemble);
    const shares = sharesOf(ensemble, table);
    expect(sharesOf(backwards, table)).toEqual(shares);
    expect(new Set(shares).size).toBeGreaterThan(500);
  });

  it('is scored on each row by the trees that did not learn from it', async () => {
    const { outOfBag } = await grow(table, { trees: 5, maxDepth: 4 });
    const trees = await growPlainly(table, 5, { maxDepth: 4 });
    const order = await orderByHash(table, Uint32Array.from(table.labels.keys()), {});
    const curve = trees.map((_, last) => {
      let [asked, hits] = [0, 0];
      for (const [place, row] of order.entries()) {
        const sums = [0, 0, 0];
        for (const { bag, tree } of trees.slice(0, last + 1)) {
          if (bag[place] === 0) for (const k of [0, 1, 2]) sums[k] += plainShare(tree, table, row, k);
        }
        if (sums.every((sum) => sum === 0)) continue;
        asked++;
        if (sums.indexOf(Math.max(...sums)) === table.labels[row]) hits++;
      }
      return { asked, accuracy: hits / asked };
    });
    expect(outOfBag.rows).toBe(curve.at(-1)!.asked);
    expect(outOfBag.curve).toEqual(curve.map(({ accuracy }) => accuracy));
    expect(outOfBag.curve[4]! - outOfBag.curve[0]!).toBeGreaterThan(0);
  });

  it('of one tree that learnt from every row has no score', async () => {
    const two = reorder(iris, [0, 100]);
    const found = await Promise.all(
      Array.from({ length: 12 }, (_, seed) => grow({ ...two, rowCount: 2 }, { trees: 1, seed })),
    );
    const whole = found.filter(({ outOfBag }) => outOfBag.rows === 0);
    expect(whole.length).toBeGreaterThan(0);
    for (const { outOfBag } of whole) expect(outOfBag.curve).toEqual([null]);
  });

  it('of iris is right out of its bags about as often as others are', async () => {
    const { outOfBag } = await grow(iris, { trees: 100 });
    // scikit-learn 1.9 over 20 seeds: 0.94 to 0.967.
    expect(outOfBag.curve.at(-1)).toBeGreaterThan(0.93);
  });

  it('ends where it is told to, with the reason', async () => {
    for (const jobs of [1, 2]) {
      const abort = new AbortController();
      const onProgress = (share: number) => share > 0.05 && abort.abort(new Error('enough'));
      const growing = grow(table, { trees: 5_000 }, { jobs, signal: abort.signal, onProgress });
      await expect(growing).rejects.toThrow('enough');
    }
  });

  it('refuses what only one tree has, and one tree refuses what is a forest’s', () => {
    expect(() => checkParameters({ ...defaultsOf('forest'), ccpAlpha: 0.1 })).toThrow(
      'ccpAlpha: expected 0, as the engine forest has no such parameter, found 0.1',
    );
    expect(() => checkParameters({ ...defaultsOf('cart'), trees: 10 })).toThrow(
      'trees: expected 100, as the engine cart has no such parameter, found 10',
    );
    expect(() => maxFeaturesOf({ ...defaultsOf('forest'), maxFeatures: 5 }, iris)).toThrow(
      'maxFeatures: expected at most the number of features, 4, found 5',
    );
    expect(maxFeaturesOf({ ...defaultsOf('forest'), maxFeatures: 4 }, iris)).toBe(4);
  });
});

/** The trees as they are grown, before they are packed. */
async function growPlainly(table: Dataset, count: number, asked: Partial<HyperParameters>) {
  const rows = await orderByHash(table, Uint32Array.from(table.labels.keys()), {});
  const columns = table.features.map((column) => ({
    values: column.values,
    categoryCount: column.kind === 'category' ? column.categories.length : 0,
  }));
  const training = { columns, rows, labels: Array.from(rows, (row) => table.labels[row]), classCount: 3 };
  const limits = limitsOf({ ...defaultsOf('forest'), ...asked });
  const options = {
    seed: 0,
    maxFeatures: 2,
    takesMissing: table.features.map(({ values }) => values.includes(Number.NaN)),
  };
  const plan = finish(planForest(training, { criterion: 'gini', weights: null }, limits, options));
  return Array.from({ length: count }, (_, number) => finish(growForestTree(plan, number)));
}

function plainShare(tree: Tree, table: Dataset, row: number, k: number): number {
  let node = 0;
  while (tree.left[node] >= 0) {
    const value = table.features[tree.feature[node]].values[row];
    const set = tree.categories?.[node];
    const isLeft = Number.isNaN(value)
      ? tree.missingLeft[node] === 1
      : set
        ? set.includes(value)
        : value <= tree.threshold[node];
    node = isLeft ? tree.left[node] : tree.right[node];
  }
  const counts = [...tree.counts.subarray(node * 3, node * 3 + 3)];
  return counts[k] / counts.reduce((sum, count) => sum + count);
}

function reversed({ arithmetic, combine, trees }: Ensemble): Ensemble {
  const order = Array.from({ length: trees.treeCount }, (_, i) => trees.treeCount - 1 - i);
  const nodes = order.flatMap((tree) =>
    Array.from({ length: trees.roots[tree + 1] - trees.roots[tree] }, (_, i) => trees.roots[tree] + i),
  );
  const at = new Map(nodes.map((node, index) => [node, index]));
  const roots = Int32Array.from([...order.map((tree) => at.get(trees.roots[tree])!), nodes.length]);
  const pick = <A extends Int32Array | Float64Array | Uint8Array>(array: A): A =>
    array.map((_, i) => array[nodes[i]]) as A;
  return {
    arithmetic,
    combine,
    trees: {
      ...trees,
      roots,
      feature: pick(trees.feature),
      threshold: pick(trees.threshold),
      right: pick(trees.right).map((right) => (right < 0 ? -1 : at.get(right)!)),
      directions: pick(trees.directions),
      set: trees.set && pick(trees.set),
      value: pick(trees.value),
      cover: trees.cover && pick(trees.cover),
    },
  };
}
