import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafShares, majorityClasses } from '../../src/tree/answers.js';
import { predictInto, predictLeaf } from '../../src/tree/predict.js';
import { UNKNOWN_CATEGORY } from '../../src/tree/tree.js';
import {
  flatten,
  isLeaf,
  type NestedLeaf,
  type NestedNode,
  type NestedSplit,
  nestedTrees,
  rowsFor,
  samplesOf,
  type TreeShape,
} from '../arbitraries/trees.js';

const numberShape: TreeShape = { classCount: 3, featureCount: 3, categoryFeatures: 0, missing: false };
const missingShape: TreeShape = { ...numberShape, missing: true };
const mixedShape: TreeShape = { classCount: 2, featureCount: 4, categoryFeatures: 2, missing: true };

function walk(node: NestedNode, row: readonly number[]): NestedLeaf {
  if (isLeaf(node)) return node;
  const value = row[node.feature];
  const heavierLeft = samplesOf(node.left) > samplesOf(node.right);
  let left = value <= node.threshold;
  if (Number.isNaN(value)) left = node.missingLeft;
  else if (node.categories !== null) left = value === UNKNOWN_CATEGORY ? heavierLeft : node.categories.includes(value);
  return walk(left ? node.left : node.right, row);
}

function leavesInOrder(node: NestedNode): (NestedLeaf | null)[] {
  return isLeaf(node) ? [node] : [null, ...leavesInOrder(node.left), ...leavesInOrder(node.right)];
}

const leafOf = (counts: number[]): NestedLeaf => ({ counts });
const split = (changes: Partial<NestedSplit>): NestedSplit => ({
  feature: 0,
  threshold: 0,
  categories: null,
  missingLeft: false,
  left: leafOf([1, 0]),
  right: leafOf([0, 1]),
  ...changes,
});

describe.each([
  ['numbers', numberShape],
  ['numbers with missing values', missingShape],
  ['numbers, categories and missing values', mixedShape],
])('predicting from %s', (_, shape) => {
  it('finds the leaf that a walk by recursion finds, one row or many', () => {
    fc.assert(
      fc.property(nestedTrees(shape), fc.array(rowsFor(shape), { maxLength: 40 }), (root, rows) => {
        const tree = flatten(root, shape);
        const leaves = new Int32Array(rows.length);
        predictInto(tree, Float64Array.from(rows.flat()), rows.length, leaves);
        const doubled = new Int32Array(rows.length);
        const values = Int32Array.from({ length: tree.nodeCount }, (_, node) => 2 * node);
        predictInto(tree, Float64Array.from(rows.flat()), rows.length, doubled, values);
        expect([...doubled]).toEqual(Array.from(leaves, (leaf) => 2 * leaf));
        const inOrder = leavesInOrder(root);
        rows.forEach((row, i) => {
          expect(inOrder[leaves[i]]).toBe(walk(root, row));
          expect(predictLeaf(tree, Float64Array.from(row))).toBe(leaves[i]);
          expect(predictLeaf(tree, Float64Array.from(rows.flat()), i * shape.featureCount)).toBe(leaves[i]);
        });
      }),
    );
  });
});

describe('a category that training never saw', () => {
  const shape: TreeShape = { classCount: 2, featureCount: 1, categoryFeatures: 1, missing: false };
  const predictUnknown = (left: number, right: number): number => {
    const root = split({ categories: [0], left: leafOf([left, 0]), right: leafOf([0, right]) });
    return predictLeaf(flatten(root, shape), Float64Array.of(UNKNOWN_CATEGORY));
  };

  it('follows the child with more training rows', () => {
    expect(predictUnknown(3, 2)).toBe(1);
    expect(predictUnknown(2, 3)).toBe(2);
  });

  it('goes right where both have as many', () => {
    expect(predictUnknown(2, 2)).toBe(2);
  });
});

describe('predictInto', () => {
  it('reads and writes only the rows it is asked for', () => {
    const tree = flatten(split({ threshold: 1 }), { ...numberShape, classCount: 2, featureCount: 1 });
    const leaves = Int32Array.of(-7, -7, -7);
    predictInto(tree, Float64Array.of(0, 2, 0), 2, leaves);
    expect([...leaves]).toEqual([1, 2, -7]);
  });

  it('stays at a leaf whatever the value, infinities and missing ones included', () => {
    const shape = { ...numberShape, classCount: 2, featureCount: 1 };
    const tree = flatten(split({ threshold: 1, left: split({ threshold: -1 }) }), shape);
    const values = [Number.NEGATIVE_INFINITY, -Number.MAX_VALUE, 0, Number.POSITIVE_INFINITY, Number.NaN, -1, 1, 2];
    const leaves = new Int32Array(values.length);
    predictInto(tree, Float64Array.from(values), values.length, leaves);
    expect([...leaves]).toEqual([2, 2, 3, 4, 4, 2, 3, 4]);
  });

  it.each([2048, 2049, 10_000])('asks for the last of %i features', (featureCount) => {
    const shape = { ...numberShape, classCount: 2, featureCount };
    const tree = flatten(split({ feature: featureCount - 1, threshold: 1 }), shape);
    const rows = new Float64Array(6 * featureCount);
    [0, 2, 1, 3, 5, -4].forEach((value, row) => {
      rows[row * featureCount] = -value;
      rows[(row + 1) * featureCount - 1] = value;
    });
    const leaves = new Int32Array(6);
    predictInto(tree, rows, 6, leaves);
    expect([...leaves]).toEqual([1, 2, 1, 2, 2, 1]);
  });
});

describe('leafShares', () => {
  it('gives every node its counts, normalised', () => {
    const root = split({ left: leafOf([3, 1]), right: leafOf([0, 4]) });
    const shares = leafShares(flatten(root, { ...numberShape, classCount: 2 }), null);
    expect([...shares]).toEqual([3 / 8, 5 / 8, 0.75, 0.25, 0, 1]);
  });

  it('multiplies counts by class weights before it normalises', () => {
    const shares = leafShares(flatten(leafOf([3, 1, 2]), numberShape), [1, 5, 0.5]);
    expect([...shares]).toEqual([3 / 9, 5 / 9, 1 / 9]);
  });
});

describe('majorityClasses', () => {
  it('takes the largest share of each node, the lowest class on ties', () => {
    const shares = Float64Array.of(0.2, 0.5, 0.3, 0.4, 0.2, 0.4, 0, 0.5, 0.5);
    expect([...majorityClasses(shares, 3)]).toEqual([1, 0, 1]);
  });
});
