import { describe, expect, it } from 'vitest';
import type { Tree } from '../../../src/tree/tree.js';
import type { PlainSettings } from './brute-force.js';
import { fitPlain } from './fit-plain.js';

/** Fits a table of numbers given row by row. */
function grow(rows: number[][], labels: number[], settings: Partial<PlainSettings> = {}): Promise<Tree> {
  const columns = rows[0].map((_, feature) => rows.map((row) => row[feature]));
  const categoryCounts = columns.map(() => 0);
  return fitPlain({ columns, categoryCounts, labels, classCount: Math.max(...labels) + 1 }, settings);
}

const column = (values: number[]) => values.map((value) => [value]);
const leafCount = ({ left }: Tree) => left.filter((child) => child === -1).length;
const rowsOf = ({ counts, classCount }: Tree, node: number) =>
  counts.subarray(node * classCount, (node + 1) * classCount).reduce((sum, count) => sum + count, 0);

describe('the split rule', () => {
  it('separates two clouds with one split, on the lower of two equally good features', async () => {
    const tree = await grow(
      [
        [-2, -1],
        [-1, -1],
        [-1, -2],
        [1, 1],
        [1, 2],
        [2, 1],
      ],
      [0, 0, 0, 1, 1, 1],
    );
    expect(tree).toMatchObject({
      nodeCount: 3,
      feature: Int32Array.of(0, -1, -1),
      threshold: Float64Array.of(0, 0, 0),
      left: Int32Array.of(1, -1, -1),
      right: Int32Array.of(2, -1, -1),
      counts: Uint32Array.of(3, 3, 3, 0, 0, 3),
      impurity: Float64Array.of(0.5, 0, 0),
      categories: null,
    });
  });

  it.each(['gini', 'entropy'] as const)('solves XOR, whose first split gains nothing (%s)', async (criterion) => {
    const tree = await grow(
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
      [0, 1, 1, 0],
      { criterion },
    );
    expect([...tree.feature]).toEqual([0, 1, -1, -1, 1, -1, -1]);
    expect(leafCount(tree)).toBe(4);
  });

  it('makes a leaf of a single class, whatever the features are', async () => {
    const tree = await grow(column([1, 2, 3]), [0, 0, 0]);
    expect([tree.nodeCount, tree.impurity[0]]).toEqual([1, 0]);
  });

  it('makes a leaf where all features are constant', async () => {
    const tree = await grow([[5], [5], [5]], [0, 1, 1]);
    expect([...tree.counts]).toEqual([1, 2]);
  });

  it('passes a constant feature over', async () => {
    const tree = await grow(
      [
        [7, 1],
        [7, 2],
      ],
      [0, 1],
    );
    expect([...tree.feature]).toEqual([1, -1, -1]);
  });

  it('takes every boundary of values into account, not only those where the sorted labels differ', async () => {
    const tree = await grow(column([0, 0, 0, 1, 1, 1]), [0, 0, 1, 1, 1, 1]);
    expect([...tree.counts]).toEqual([2, 4, 2, 1, 0, 3]);
  });

  it('takes the lowest of equally good thresholds', async () => {
    const tree = await grow(column([1, 2, 3]), [0, 1, 0], { maxDepth: 1 });
    expect(tree.threshold[0]).toBe(1.5);
  });

  it('sees that 1/2 and 2/4 tie: different counts, the same gain', async () => {
    // Feature 0 halves both classes, feature 1 takes a quarter of both: neither gains anything.
    const tree = await grow(
      [0, 0, 0, 0, 1, 1, 1, 1].map((half, i) => [half, i === 0 || i === 2 ? 0 : 1]),
      [0, 0, 1, 1, 0, 0, 1, 1],
      { maxDepth: 1 },
    );
    expect(tree.feature[0]).toBe(0);
  });

  it('counts -0 and +0 as one value', async () => {
    const tree = await grow(column([-0, 0, -0, 0]), [0, 1, 0, 1]);
    expect(tree.nodeCount).toBe(1);
  });

  it('never writes a threshold of -0', async () => {
    const tree = await grow(column([-0, 5e-324]), [0, 1]);
    expect(Object.is(tree.threshold[0], 0)).toBe(true);
  });

  it.each([
    ['huge values of either sign', -Number.MAX_VALUE, Number.MAX_VALUE, 0],
    ['huge values', Number.MAX_VALUE / 2, Number.MAX_VALUE, (Number.MAX_VALUE / 4) * 3],
    ['neighbours, between which no double lies', 1, 1 + Number.EPSILON, 1],
    ['the smallest values', 5e-324, 1e-323, 5e-324],
  ])('finds a threshold between %s', async (_, below, above, threshold) => {
    const tree = await grow(column([below, above]), [0, 1]);
    expect(tree.threshold[0]).toBe(threshold);
  });

  it('orders values of all magnitudes and both signs', async () => {
    const values = [-1e308, -1e300, -2, -1.5, -1e-300, -5e-324, 0, 5e-324, 1e-300, 1.5, 2, 1e300, 1e308];
    const tree = await grow(
      column(values),
      values.map((_, i) => i % 2),
    );
    expect(leafCount(tree)).toBe(values.length);
  });

  it('tells values apart that differ by far less than they measure', async () => {
    const tree = await grow(column([1e9, 1e9 + 1e-6, 1e9 + 2e-6, 1e9 + 3e-6]), [0, 0, 1, 1]);
    expect([...tree.counts]).toEqual([2, 2, 2, 0, 0, 2]);
  });

  it('grows one leaf per row where every row has its own class', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => i);
    expect(leafCount(await grow(column(rows), rows))).toBe(40);
  });
});

describe('the limits', () => {
  const values = Array.from({ length: 60 }, (_, i) => [(i * 37) % 60, (i * 23) % 17]);
  const labels = values.map(([a, b]) => (a * b) % 3);

  it.each([2, 7, 20])('leave at least min_samples_leaf = %i rows in a leaf', async (minSamplesLeaf) => {
    for (const criterion of ['gini', 'entropy'] as const) {
      const tree = await grow(values, labels, { minSamplesLeaf, criterion });
      tree.left.forEach((child, node) => {
        if (child === -1) expect(rowsOf(tree, node)).toBeGreaterThanOrEqual(minSamplesLeaf);
      });
      expect(leafCount(tree)).toBeGreaterThan(1);
    }
  });

  it('with a leaf limit may split inside a run of one class', async () => {
    // The best boundary, after the first row, leaves too small a leaf; the best legal one is inside the ones.
    const tree = await grow(column([1, 2, 3, 4, 5, 6]), [0, 1, 1, 1, 1, 1], { minSamplesLeaf: 2, maxDepth: 1 });
    expect(tree.threshold[0]).toBe(2.5);
  });

  it('split nodes of min_samples_split rows, and none below', async () => {
    const tree = await grow(values, labels, { minSamplesSplit: 15 });
    tree.left.forEach((child, node) => {
      if (child !== -1) expect(rowsOf(tree, node)).toBeGreaterThanOrEqual(15);
    });
    expect(leafCount(tree)).toBeGreaterThan(1);
  });

  it('stop at max_depth', async () => {
    const depth = ({ left, right }: Tree, node = 0): number =>
      left[node] === -1
        ? 0
        : 1 + Math.max(...[left[node], right[node]].map((child) => depth({ left, right } as Tree, child)));
    for (const maxDepth of [1, 3, 5]) expect(depth(await grow(values, labels, { maxDepth }))).toBe(maxDepth);
  });

  it('allow a split that improves by exactly min_impurity_decrease', async () => {
    const rows = column([1, 2, 3, 4]);
    expect((await grow(rows, [0, 0, 1, 1], { minImpurityDecrease: 0.5 })).nodeCount).toBe(3);
    expect((await grow(rows, [0, 0, 1, 1], { minImpurityDecrease: 0.5 + 1e-9 })).nodeCount).toBe(1);
  });

  it('measure min_impurity_decrease against all rows, not those of the node', async () => {
    // The second split takes an impurity of 0.5 off half of the rows: 0.25.
    const rows = column([1, 2, 3, 4]);
    expect((await grow(rows, [0, 0, 1, 2], { minImpurityDecrease: 0.25 })).nodeCount).toBe(5);
    expect((await grow(rows, [0, 0, 1, 2], { minImpurityDecrease: 0.26 })).nodeCount).toBe(3);
  });

  it.each([2, 3, 5, 9])('with max_leaf_nodes = %i spend the leaves where most is gained', async (maxLeafNodes) => {
    for (const criterion of ['gini', 'entropy'] as const) {
      expect(leafCount(await grow(values, labels, { maxLeafNodes, criterion }))).toBe(maxLeafNodes);
    }
  });

  it('with more leaves than the tree needs grow it whole', async () => {
    const whole = await grow(values, labels);
    expect(await grow(values, labels, { maxLeafNodes: 1000 })).toEqual(whole);
  });
});

describe('class weights', () => {
  it('move the split to where the heavier class is whole', async () => {
    const rows = column([1, 2, 3, 4, 5, 6]);
    const labels = [0, 1, 0, 1, 0, 1];
    const even = await grow(rows, labels, { maxDepth: 1 });
    const heavy = await grow(rows, labels, { maxDepth: 1, weights: [1, 100] });
    expect([even.threshold[0], heavy.threshold[0]]).toEqual([1.5, 1.5]);
    expect(heavy.impurity[0]).toBeCloseTo(1 - (3 / 303) ** 2 - (300 / 303) ** 2, 14);
  });

  it('stop at a node of one class whose weight is no round number', async () => {
    const tree = await grow(column([1, 2, 3, 4, 5]), [0, 0, 0, 1, 1], { weights: [5 / 6, 5 / 4] });
    expect([tree.nodeCount, ...tree.impurity.subarray(1)]).toEqual([3, 0, 0]);
  });

  it.each([0.1, 1 / 3, 5e-324, 1e-300, 1e300])('that are all %d change no split', async (weight) => {
    const values = Array.from({ length: 40 }, (_, i) => [(i * 17) % 40, (i * 7) % 11]);
    const labels = values.map(([a, b]) => (a + b) % 3);
    const [plain, weighted] = [
      await grow(values, labels),
      await grow(values, labels, { weights: [weight, weight, weight] }),
    ];
    expect(weighted.feature).toEqual(plain.feature);
    expect(weighted.threshold).toEqual(plain.threshold);
  });
});
