import { describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import type { Dataset } from '../../src/data/dataset.js';
import { holdOut } from '../../src/data/holdout.js';
import { readDataset } from '../../src/data/read-dataset.js';
import { hashRows } from '../../src/data/row-hash.js';
import { sketchOf } from '../../src/data/sketch.js';
import { tableSha256 } from '../../src/data/table-hash.js';
import { DataError } from '../../src/ground/errors.js';
import type { TrainingParameters } from '../../src/training/parameters.js';
import { defaultParameters, defaultsOf } from '../../src/training/parameters.js';
import { type Training, train } from '../../src/training/train.js';
import { leafShares, majorityClasses } from '../../src/tree/answers.js';
import { predictLeaf } from '../../src/tree/predict.js';
import type { Tree } from '../../src/tree/tree.js';
import { makeDataset } from '../arbitraries/datasets.js';

const iris = await readDataset(bundledIrisPath());

/** With the one tree that was grown. */
async function trainWith(dataset: Dataset, changes: Partial<TrainingParameters>, options = {}) {
  const training = await train(dataset, { ...defaultParameters, ...changes }, options);
  if (training.grown.kind !== 'tree') throw new Error('expected a tree');
  return { ...training, tree: training.grown.tree };
}

type TreeTraining = Training & { readonly tree: Tree };

function mistakes(dataset: Dataset, { tree, classWeights }: TreeTraining, rows: Uint32Array): number {
  const classes = majorityClasses(leafShares(tree, classWeights), tree.classCount);
  const rowOf = (row: number): Float64Array => Float64Array.from(dataset.features, ({ values }) => values[row]);
  return rows.filter((row) => classes[predictLeaf(tree, rowOf(row))] !== dataset.labels[row]).length;
}

describe('training on iris', () => {
  it('fits the rows that are not held out, and records how', async () => {
    const training = await trainWith(iris, {});
    const { cuts, train: rows, holdout } = holdOut(iris, { seed: 0, holdout: 0.2, partition: 'hash-rank/2' });
    expect(training.partition).toEqual({ train: rows, holdout });
    expect([...training.tree.counts.subarray(0, 3)]).toEqual([40, 40, 40]);
    expect(mistakes(iris, training, rows)).toBe(0);
    expect(mistakes(iris, training, holdout)).toBeLessThanOrEqual(4);
    expect(training).toMatchObject({ classWeights: null, pruningPath: null, warnings: iris.warnings });
    expect(training.record).toEqual({
      ...defaultParameters,
      engine: 'cart/1',
      criterion: 'gini',
      maxDepth: null,
      minSamplesSplit: 2,
      minSamplesLeaf: 1,
      maxLeafNodes: null,
      minImpurityDecrease: 0,
      classWeight: null,
      ccpAlpha: 0,
      target: 'species',
      seed: 0,
      holdout: 0.2,
      rows: { train: 120, holdout: 30 },
    });
    expect(training).toMatchObject({
      data: { hash: 'rows/2', sha256: tableSha256(iris, hashRows(iris)) },
      heldOutBy: { rule: 'hash-rank/2', cuts },
      sketch: sketchOf(hashRows(iris), rows),
    });
  });

  it('with ml-cart records the package, its version and its own defaults', async () => {
    const training = await trainWith(iris, defaultsOf('ml-cart'));
    expect(training.record).toMatchObject({ engine: 'ml-cart/2.1.1.1', minSamplesSplit: 3, minImpurityDecrease: 0.01 });
    expect(mistakes(iris, training, training.partition.train)).toBeLessThanOrEqual(4);
  });

  it('records the parameters that were given and the weights of the classes in their order', async () => {
    const classWeight = new Map([
      ['virginica', 3],
      ['setosa', 2],
    ]);
    const changes = {
      criterion: 'entropy',
      maxDepth: 2,
      minSamplesLeaf: 4,
      maxLeafNodes: 3,
      seed: 5,
      holdout: 0,
    } as const;
    const { record, classWeights, partition } = await trainWith(iris, { ...changes, classWeight });
    expect(record).toMatchObject({ ...changes, classWeight: [2, 1, 3], rows: { train: 150, holdout: 0 } });
    expect(classWeights).toEqual(Float64Array.of(2, 1, 3));
    expect(partition.holdout).toHaveLength(0);
  });

  it('records the alpha that was chosen: training with it gives the same tree', async () => {
    const automatic = await trainWith(iris, { ccpAlpha: 'auto' }, { pruningPath: true });
    const { ccpAlpha } = automatic.record;
    expect(ccpAlpha).toBeGreaterThan(0);
    expect(automatic.tree.nodeCount).toBeLessThan((await trainWith(iris, {})).tree.nodeCount);
    expect((await trainWith(iris, { ccpAlpha })).tree).toEqual(automatic.tree);
    expect(automatic.pruningPath!.some(({ leaves }) => 2 * leaves - 1 === automatic.tree.nodeCount)).toBe(true);
  });

  it('reports its progress to the end, that of the folds included, and never goes back', async () => {
    const shares: number[] = [];
    const onProgress = (share: number): number => shares.push(share);
    const training = await trainWith(iris, { ccpAlpha: 'auto' }, { onProgress });
    expect(shares.length).toBeGreaterThanOrEqual(10);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1, 12);
    // Cross-validated to choose alpha, but nobody asked to see it.
    expect(training.pruningPath).toBeNull();
  });

  it('gives the pruning path where it is asked for, and prunes by the given alpha even so', async () => {
    const training = await trainWith(iris, { ccpAlpha: 0.02 }, { pruningPath: true });
    expect(training.tree).toEqual((await trainWith(iris, { ccpAlpha: 0.02 })).tree);
    expect(training.pruningPath!.at(-1)).toMatchObject({ leaves: 1, cvError: 2 / 3 });
    expect(training.pruningPath![0].cvError).toBeLessThan(0.15);
  });
});

describe('training refuses', () => {
  const constant = makeDataset(
    [
      [1, 5],
      [1, 5],
      [1, 5],
    ],
    [0, 1, 1],
  );

  it('a parameter out of range', async () => {
    await expect(trainWith(iris, { minSamplesLeaf: 0 })).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: 'minSamplesLeaf: expected a whole number of at least 1, found 0',
      }),
    );
  });

  it('a weight of a class that the data does not have', async () => {
    await expect(trainWith(iris, { classWeight: new Map([['rosa', 1]]) })).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: 'classWeight: expected one of the classes setosa, versicolor, virginica, found "rosa"',
      }),
    );
  });

  it('a table of constant features', async () => {
    await expect(trainWith(constant, { holdout: 0 })).rejects.toThrow(
      new DataError(
        'constant',
        'table.csv: expected a feature that differs between the 3 training rows, found only constant ones',
      ),
    );
  });

  it('a feature without any value', async () => {
    const empty = makeDataset(
      [
        [1, Number.NaN],
        [2, Number.NaN],
      ],
      [0, 1],
    );
    await expect(trainWith(empty, { holdout: 0 })).rejects.toThrow(
      new DataError('constant', 'table.csv: f1: expected a value in at least one training row, found none'),
    );
  });

  it('a class without any row', async () => {
    const dataset = makeDataset([[1], [2]], [0, 2]);
    await expect(trainWith(dataset, { holdout: 0 })).rejects.toThrow(
      new DataError('classes', 'table.csv: class "c1": expected at least one training row, found none'),
    );
  });

  it('a version of the engine that there is not', async () => {
    await expect(train(iris, defaultsOf('ml-cart'), { engineVersion: 'cart/1' })).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: 'engineVersion: expected ml-cart/2.1.1.1 or ml-cart/2.1.1, found cart/1',
      }),
    );
  });

  it('the pruning path of an engine that does not prune', async () => {
    await expect(train(iris, defaultsOf('ml-cart'), { pruningPath: true })).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: 'pruningPath: expected false, as the engine ml-cart does not prune, found true',
        option: 'pruningPath',
        value: true,
        expected: 'false, as the engine ml-cart does not prune',
      }),
    );
  });
});

describe('training accepts', () => {
  it('a constant feature beside one that differs, and one whose only difference is a missing value', async () => {
    const beside = await trainWith(
      makeDataset(
        [
          [1, 0],
          [1, 1],
        ],
        [0, 1],
      ),
      { holdout: 0 },
    );
    expect([...beside.tree.feature]).toEqual([1, -1, -1]);
    const missing = await trainWith(makeDataset([[1], [1], [Number.NaN]], [0, 0, 1]), { holdout: 0 });
    expect(missing.tree.nodeCount).toBe(3);
  });

  it('-0 and +0 as one value', async () => {
    await expect(trainWith(makeDataset([[0], [-0]], [0, 1]), { holdout: 0 })).rejects.toThrow('only constant ones');
  });
});

describe('warnings of a training', () => {
  it('are those of the table, then that a class is too small to hold a row out', async () => {
    const rows = Array.from({ length: 12 }, (_, row) => [row]);
    const dataset = { ...makeDataset(rows, [0, 0, ...Array(10).fill(1)]), warnings: ['from the table'] };
    const seen: string[] = [];
    const { warnings, partition } = await trainWith(
      dataset,
      {},
      { onWarning: (warning: string) => seen.push(warning) },
    );
    expect([...partition.train]).toEqual(expect.arrayContaining([0, 1]));
    expect(warnings).toEqual([
      'from the table',
      'table.csv: class: the class "c0" has 2 rows, too few to hold any out: it is trained whole',
    ]);
    // Whoever has the table has seen its warnings.
    expect(seen).toEqual(warnings.slice(1));
  });

  it('say how many held-out rows have a copy among the training rows', async () => {
    const twice = Array.from({ length: 40 }, (_, row) => [row % 20]);
    const labels = twice.map(([x]) => x % 2);
    const { partition, warnings } = await trainWith(makeDataset(twice, labels), {});
    const trained = new Set([...partition.train].map((row) => row % 20));
    const copies = [...partition.holdout].filter((row) => trained.has(row % 20)).length;
    expect(partition.holdout.length).toBe(8);
    expect(warnings).toEqual([
      `table.csv: ${copies} of 8 held-out rows have a copy among the training rows: the figures flatter the model, unless new rows are such copies too`,
    ]);
    expect((await trainWith(makeDataset(twice, labels), { holdout: 0 })).warnings).toEqual([]);
    const once = makeDataset(
      twice.map((_, row) => [row]),
      labels,
    );
    expect((await trainWith(once, {})).warnings).toEqual([]);
  });

  it('of a slow fit come before the fit', async () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => Array(20).fill(row));
    const dataset = makeDataset(
      rows,
      rows.map((_, row) => row % 3),
    );
    const seen: string[] = [];
    const stop = new AbortController();
    const stopped = train(dataset, defaultsOf('ml-cart'), {
      signal: stop.signal,
      onWarning: (warning) => {
        seen.push(warning);
        stop.abort();
      },
    });
    await expect(stopped).rejects.toThrow('This operation was aborted');
    expect(seen).toEqual([expect.stringContaining('fitting 16001 rows of 20 features is expected to take about')]);
  });
});
