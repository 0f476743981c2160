import fc from 'fast-check';
import { DecisionTreeClassifier } from 'ml-cart';
import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/data/dataset.js';
import { hashRows } from '../../../src/data/row-hash.js';
import { UsageError } from '../../../src/ground/errors.js';
import { largestBelow } from '../../../src/training/ml-cart/conversion.js';
import { mlCartInTableOrder, mlCartTrainer, warnOfSlowFit } from '../../../src/training/ml-cart/engine.js';
import { checkParameters, defaultsOf, type TrainingParameters } from '../../../src/training/parameters.js';
import { leafShares, majorityClasses } from '../../../src/tree/answers.js';
import { predictLeaf } from '../../../src/tree/predict.js';
import type { Tree } from '../../../src/tree/tree.js';
import { everyRow, makeDataset } from '../../arbitraries/datasets.js';

const parameters = defaultsOf('ml-cart');

function grow(dataset: Dataset, changes: Partial<TrainingParameters> = {}, rows = everyRow(dataset)): Promise<Tree> {
  return mlCartTrainer.fit(dataset, rows, { ...parameters, ...changes }, null);
}

function growInTableOrder(dataset: Dataset, rows = everyRow(dataset)): Promise<Tree> {
  return mlCartInTableOrder.fit(dataset, rows, parameters, null);
}

function fitPackage(values: number[][], labels: number[], maxDepth = Number.POSITIVE_INFINITY): DecisionTreeClassifier {
  const classifier = new DecisionTreeClassifier({ minNumSamples: 3, gainThreshold: 0.01, maxDepth });
  classifier.train(new Matrix(values), labels);
  return classifier;
}

function predict(tree: Tree, values: number[][]): number[] {
  const classes = majorityClasses(leafShares(tree, null), tree.classCount);
  return values.map((row) => classes[predictLeaf(tree, Float64Array.from(row))]);
}

function neighbours(value: number): number[] {
  const above = -largestBelow(-value);
  return [largestBelow(value), value, above];
}

/** Few distinct values meet thresholds and repeat under other labels; the others have a mean that has to be rounded. */
const values = fc.oneof(
  fc.integer({ min: -2, max: 3 }),
  fc.constantFrom(-0, 0.1, 0.2, 0.3, Number.MIN_VALUE, 1 + Number.EPSILON, 1e300),
);

describe('the converted tree', () => {
  const tables = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 4 })).chain(([features, classes]) =>
    fc.array(fc.tuple(fc.array(values, { minLength: features, maxLength: features }), fc.nat(classes - 1)), {
      minLength: 4,
      maxLength: 40,
    }),
  );

  it('predicts as the package does, on thresholds and beside them too', async () => {
    await fc.assert(
      fc.asyncProperty(tables, fc.constantFrom(null, 1, 3), async (table, maxDepth) => {
        const rows = table.map(([row]) => row);
        const labels = table.map(([, label]) => label);
        const dataset = makeDataset(rows, labels);
        const order = [...hashRows(dataset).order];
        const ordered = order.map((row) => rows[row]);
        const theirs = fitPackage(
          ordered,
          order.map((row) => labels[row]),
          maxDepth ?? undefined,
        );
        const tree = await grow(dataset, { maxDepth });
        const thresholds = [...tree.threshold.filter((_, node) => tree.feature[node] >= 0)].flatMap(neighbours);
        const probes = [...rows, ...thresholds.map((value) => rows[0].map(() => value))];
        expect(predict(tree, probes)).toEqual(theirs.predict(probes));
      }),
      { numRuns: 300 },
    );
  });

  it('has the training rows of every node and their impurity', async () => {
    const dataset = makeDataset([[0], [0], [1], [1], [5], [6]], [0, 0, 1, 1, 1, 0]);
    expect(await grow(dataset, { maxDepth: 1 })).toEqual({
      nodeCount: 3,
      classCount: 2,
      featureCount: 1,
      feature: Int32Array.of(0, -1, -1),
      threshold: Float64Array.of(largestBelow(0.5), 0, 0),
      categories: null,
      left: Int32Array.of(1, -1, -1),
      right: Int32Array.of(2, -1, -1),
      missingLeft: new Uint8Array(3),
      counts: Uint32Array.of(3, 3, 2, 0, 1, 3),
      impurity: Float64Array.of(0.5, 0, 0.375),
    });
  });

  it('is grown from the given rows only', async () => {
    const dataset = makeDataset([[9], [0], [0], [0], [1], [1], [1]], [1, 0, 0, 0, 1, 1, 1]);
    const tree = await grow(dataset, {}, Uint32Array.of(1, 3, 2, 4, 5, 6));
    expect([...tree.counts]).toEqual([3, 3, 3, 0, 0, 3]);
  });

  it('is the same in whatever order the table has its rows', async () => {
    const shuffled = tables.chain((table) =>
      fc.tuple(fc.constant(table), fc.shuffledSubarray(table, { minLength: table.length })),
    );
    const treeOf = (table: [number[], number][]) =>
      grow(
        makeDataset(
          table.map(([row]) => row),
          table.map(([, label]) => label),
        ),
      );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([table, other]) => {
        expect(await treeOf(other)).toEqual(await treeOf(table));
      }),
      { numRuns: 200 },
    );
  });

  it('of the earlier version is grown in the order of the table', async () => {
    const dataset = makeDataset([[9], [0], [0], [0], [1], [1], [1]], [1, 0, 1, 0, 1, 1, 1]);
    // Were row 3 before row 2, the package would find no split.
    const tree = await growInTableOrder(dataset, Uint32Array.of(1, 3, 2, 4, 5, 6));
    expect([...tree.counts]).toEqual([2, 4, 2, 1, 0, 3]);
  });
});

describe('largestBelow', () => {
  it('has no double between itself and the value', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const below = largestBelow(value);
        expect(below).toBeLessThan(value);
        const between = below / 2 + value / 2;
        expect(between === below || between === value).toBe(true);
      }),
    );
  });

  it.each([
    [0, -Number.MIN_VALUE],
    [-0, -Number.MIN_VALUE],
    [Number.MIN_VALUE, 0],
    [1, 1 - Number.EPSILON / 2],
    [-1, -1 - Number.EPSILON],
    [2, 2 - Number.EPSILON],
    [-Number.MAX_VALUE, Number.NEGATIVE_INFINITY],
  ])('of %d is %d', (value, below) => {
    expect(largestBelow(value)).toBe(below);
  });
});

/** That another engine can. */
function advised(message: string, effect: string): UsageError {
  return new UsageError(message, { advice: { option: 'engine', value: 'cart', effect } });
}

describe('what the package cannot do', () => {
  const dataset = makeDataset([[0], [0], [1], [1]], [0, 0, 1, 1]);

  it.each<[Partial<TrainingParameters>, string, string]>([
    [{ criterion: 'entropy' }, 'gini', 'entropy'],
    [{ minSamplesLeaf: 2 }, '1', '2'],
    [{ maxLeafNodes: 4 }, 'none', '4'],
    [{ ccpAlpha: 0.1 }, '0', '0.1'],
    [{ ccpAlpha: 'auto' }, '0', 'auto'],
    [{ classWeight: 'balanced' }, 'none', 'balanced'],
    [{ classWeight: new Map([['c0', 2]]) }, 'none', 'weights of c0'],
  ])('is refused: %j', async (changes, only, found) => {
    const [[option, value]] = Object.entries(changes) as [[string, unknown]];
    const expected = `${only}, as the engine ml-cart has no such parameter`;
    const message = `${option}: expected ${expected}, found ${found}`;
    const error = { name: 'UsageError', message, option, value, expected };
    await expect(grow(dataset, changes)).rejects.toMatchObject(error);
    expect(() => checkParameters({ ...parameters, ...changes })).toThrow(expect.objectContaining(error));
  });

  it('is refused: weights of classes', async () => {
    const fitted = mlCartTrainer.fit(dataset, everyRow(dataset), parameters, Float64Array.of(1, 2));
    await expect(fitted).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: 'classWeights: expected null, as the engine ml-cart has no weights, found 1,2',
      }),
    );
  });

  it('is refused: a missing value, with its place', async () => {
    const holed = makeDataset([[0], [0], [Number.NaN], [1]], [0, 0, 1, 1]);
    const message = (place: string) =>
      `engine ml-cart: feature f0: expected a number in every row; found none at ${place}`;
    await expect(grow(holed)).rejects.toThrow(advised(message('table.csv:4'), 'takes missing values'));
    await expect(grow({ ...holed, rowUnit: 'row' })).rejects.toThrow(
      advised(message('table.csv: row 4'), 'takes missing values'),
    );
    // Rows that it is not trained on don't matter.
    await expect(grow(holed, {}, Uint32Array.of(0, 1, 3))).resolves.toMatchObject({ nodeCount: 1 });
  });

  it('is refused: categories', async () => {
    const categories: Dataset = {
      ...dataset,
      features: [
        { name: 'colour', kind: 'category', categories: ['blue', 'red'], values: Float64Array.of(0, 0, 1, 1) },
      ],
    };
    await expect(grow(categories)).rejects.toThrow(
      advised(
        'engine ml-cart: feature colour: expected numbers, all it can split; found categories',
        'splits categories',
      ),
    );
  });
});

describe('a signal', () => {
  it('that was aborted before stops the fit', async () => {
    const dataset = makeDataset([[0], [1]], [0, 1]);
    const fitted = mlCartTrainer.fit(dataset, everyRow(dataset), parameters, null, { signal: AbortSignal.abort() });
    await expect(fitted).rejects.toThrow('This operation was aborted');
  });
});

describe('the warning of a slow fit', () => {
  const table = (rows: number, sorted: boolean): Dataset =>
    makeDataset(
      Array.from({ length: rows }, (_, row) => Array(10).fill(row)),
      Array.from({ length: rows }, (_, row) => (sorted ? Math.floor((row * 3) / rows) : row % 3)),
    );
  const warn = (dataset: Dataset): string[] => warnOfSlowFit(dataset, everyRow(dataset));

  it('is not given for a fit of seconds', () => {
    expect(warn(table(5000, false))).toEqual([]);
  });

  it('says what, how long and why', () => {
    expect(warn(table(20_000, false))).toEqual([
      'engine ml-cart: fitting 20000 rows of 10 features is expected to take about 4 min, growing with the square of the rows; the engine cart takes seconds',
    ]);
  });

  it('is not given for rows sorted by class, which are handed over in another order', () => {
    expect(warn(table(5000, true))).toEqual([]);
  });
});

describe("the package's defects, which are why the default engine is another", () => {
  const nodesOf = async (x: number[], labels: number[]): Promise<number> =>
    (
      await growInTableOrder(
        makeDataset(
          x.map((value) => [value]),
          labels,
        ),
      )
    ).nodeCount;

  it('misses whole splits: candidates stand only where neighbouring labels differ', async () => {
    expect(await nodesOf([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1])).toBe(1);
    // The same table with its rows in another order has the split.
    expect(await nodesOf([0, 0, 0, 1, 1, 1], [0, 1, 0, 1, 1, 1])).toBe(3);
  });

  it('rejects splits that gain nothing at once: exclusive or stays one leaf', async () => {
    const corners = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ];
    const rows = [...corners, ...corners];
    const tree = await grow(
      makeDataset(
        rows,
        rows.map(([a, b]) => a ^ b),
      ),
    );
    expect(tree.nodeCount).toBe(1);
  });

  it('does not split a node whose best gain happens to be that of its parent', async () => {
    const tree = await growInTableOrder(
      makeDataset([[0], [1], [2], [3], [4], [5], [6], [7]], [2, 0, 2, 2, 1, 0, 1, 2]),
    );
    // One row of class 0 and three of class 2; a split at 1.5 gains 0.125, far above the threshold 0.01.
    expect([...tree.counts.subarray(3, 6)]).toEqual([1, 0, 3]);
    expect([tree.feature[0], tree.feature[1]]).toEqual([0, -1]);
  });

  it('has ragged shares: as many as the largest class in the leaf', () => {
    const classifier = fitPackage([[0], [0], [0], [1], [1], [1]], [0, 0, 0, 2, 2, 2]);
    const leaves = [classifier.root.left, classifier.root.right] as unknown as { distribution: Matrix }[];
    expect(leaves.map(({ distribution }) => distribution.columns)).toEqual([1, 3]);
  });

  it('does not check the columns of what it predicts: a missing one goes right', () => {
    expect(fitPackage([[0], [0], [0], [1], [1], [1]], [0, 0, 0, 1, 1, 1]).predict([[]] as number[][])).toEqual([1]);
  });
});
