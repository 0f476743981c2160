import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prune, pruningPath } from '../../src/tree/prune.js';
import type { Tree } from '../../src/tree/tree.js';
import {
  flatten,
  giniOf,
  isLeaf,
  type NestedNode,
  nestedTrees,
  samplesOf,
  type TreeShape,
} from '../arbitraries/trees.js';
import { fitWith, readReference, referenceNames, treeOf } from './grow/reference.js';

const shape: TreeShape = { classCount: 3, featureCount: 3, categoryFeatures: 1, missing: true };

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 12);
  });
}

describe.each(referenceNames)("pruning scikit-learn's own tree of %s", (name) => {
  const reference = readReference(name);
  const grown = fitWith(reference, {});

  it('passes through its alphas and impurities', () => {
    const path = pruningPath(treeOf(reference, grown), null);
    expectClose(path.alphas, grown.ccp_alphas!);
    expectClose(path.impurities, grown.ccp_impurities!);
    expect(path.leaves[0]).toBe(grown.tree.n_leaves);
    expect(path.leaves.at(-1)).toBe(1);
  });

  it.each([
    ['gini', {}, 0.01, { ccp_alpha: 0.01 }],
    ['entropy', { criterion: 'entropy' }, 0.02, { criterion: 'entropy', ccp_alpha: 0.02 }],
  ])('gives its pruned tree (%s)', (_, before, alpha, after) => {
    const pruned = prune(treeOf(reference, fitWith(reference, before)), null, alpha);
    expect(pruned).toEqual(treeOf(reference, fitWith(reference, after)));
  });
});

/** The least cost of a subtree with the same root, and its leaves where ties (within `slack`) prefer the smaller. */
function leastCost(
  node: NestedNode,
  alpha: number,
  slack: number,
  risk: (node: NestedNode) => number,
): [number, number] {
  const asLeaf = risk(node) + alpha;
  if (isLeaf(node)) return [asLeaf, 1];
  const [leftCost, leftLeaves] = leastCost(node.left, alpha, slack, risk);
  const [rightCost, rightLeaves] = leastCost(node.right, alpha, slack, risk);
  return asLeaf <= leftCost + rightCost + slack ? [asLeaf, 1] : [leftCost + rightCost, leftLeaves + rightLeaves];
}

const leavesOf = (tree: Tree): number => tree.feature.filter((feature) => feature < 0).length;

describe('pruning any tree', () => {
  it('leaves the smallest subtree that minimises impurity plus alpha per leaf', () => {
    const alphas = fc.oneof(fc.double({ min: 1e-6, max: 0.3, noNaN: true }), fc.constantFrom(0.01, 0.05, 1));
    const weights = fc.constantFrom(null, [1, 2, 0.25]);
    fc.assert(
      fc.property(nestedTrees(shape), alphas, weights, (root, alpha, classWeights) => {
        const weigh = (node: NestedNode): number => weighted(node, classWeights);
        const risk = (node: NestedNode): number => (weigh(node) / weigh(root)) * giniOf(node, classWeights);
        const pruned = prune(flatten(root, shape, classWeights), classWeights, alpha);
        expect(leavesOf(pruned)).toBeGreaterThanOrEqual(leastCost(root, alpha, 1e-12, risk)[1]);
        expect(leavesOf(pruned)).toBeLessThanOrEqual(leastCost(root, alpha, -1e-12, risk)[1]);
        expect(costOf(pruned, alpha, classWeights)).toBeCloseTo(leastCost(root, alpha, 0, risk)[0], 10);
      }),
    );
  });

  it('keeps what is left in preorder and closed', () => {
    fc.assert(
      fc.property(nestedTrees(shape), fc.double({ min: 1e-6, max: 0.3, noNaN: true }), (root, alpha) => {
        const tree = flatten(root, shape);
        const pruned = prune(tree, null, alpha);
        expect(pruned).toEqual(flatten(unflatten(pruned, tree, 0, root), shape));
      }),
    );
  });

  it('has one step per inner node at most, ends in the root alone, and never goes back', () => {
    fc.assert(
      fc.property(nestedTrees(shape), (root) => {
        const { alphas, impurities, leaves } = pruningPath(flatten(root, shape), null);
        expect(leaves.at(-1)).toBe(1);
        expect(impurities.at(-1)).toBeCloseTo(giniOf(root), 12);
        for (let i = 1; i < alphas.length; i++) {
          expect(alphas[i]).toBeGreaterThanOrEqual(alphas[i - 1]);
          expect(leaves[i]).toBeLessThan(leaves[i - 1]);
        }
      }),
    );
  });
});

describe('prune', () => {
  const leaf = (counts: number[]): NestedNode => ({ counts });
  const split = (left: NestedNode, right: NestedNode): NestedNode => ({
    feature: 0,
    threshold: 1,
    categories: null,
    missingLeft: false,
    left,
    right,
  });
  const two: TreeShape = { classCount: 2, featureCount: 1, categoryFeatures: 0, missing: false };

  it('leaves the tree as it is for an alpha of 0, a split that gains nothing included', () => {
    const tree = flatten(split(leaf([1, 1]), leaf([1, 1])), two);
    expect(prune(tree, null, 0)).toBe(tree);
    expect(leavesOf(prune(tree, null, Number.MIN_VALUE))).toBe(1);
  });

  it('collapses the lower of two links that tie', () => {
    const half = split(leaf([2, 0]), leaf([0, 2]));
    // Both halves cost 0.5 / 2 per leaf; the root, all of one mixture, costs less than both together.
    const path = pruningPath(flatten(split(half, half), two), null);
    expect(path.alphas).toEqual([0, 0.5 / 3]);
    expect(path.leaves).toEqual([4, 1]);
    const outer = split(split(leaf([2, 0]), leaf([1, 1])), split(leaf([0, 2]), leaf([1, 1])));
    const firstAlpha = pruningPath(flatten(outer, two), null).alphas[1];
    expect(pruningPath(flatten(outer, two), null).leaves.slice(0, 3)).toEqual([4, 3, 2]);
    expect(leavesOf(prune(flatten(outer, two), null, firstAlpha))).toBe(2);
  });

  it('collapses a link at exactly alpha and keeps it just above', () => {
    const tree = flatten(split(leaf([2, 0]), leaf([0, 2])), two);
    expect(leavesOf(prune(tree, null, 0.5))).toBe(1);
    expect(leavesOf(prune(tree, null, 0.4999999))).toBe(2);
  });

  it('weighs rows by their class', () => {
    // Unweighted 0.375; with class 1 weighing 3 the root is an even mixture: 0.5.
    const tree = flatten(split(leaf([3, 0]), leaf([0, 1])), two, [1, 3]);
    expect(pruningPath(tree, [1, 3]).alphas).toEqual([0, 0.5]);
  });
});

function weighted(node: NestedNode, weights: readonly number[] | null): number {
  if (weights === null) return samplesOf(node);
  if (!isLeaf(node)) return weighted(node.left, weights) + weighted(node.right, weights);
  return node.counts.reduce((sum, count, k) => sum + count * weights[k], 0);
}

function costOf(tree: Tree, alpha: number, weights: readonly number[] | null): number {
  const weigh = (node: number): number =>
    [...tree.counts.subarray(node * 3, node * 3 + 3)].reduce((sum, count, k) => sum + count * (weights?.[k] ?? 1), 0);
  return [...tree.feature.keys()]
    .filter((node) => tree.feature[node] < 0)
    .reduce((sum, node) => sum + (weigh(node) / weigh(0)) * tree.impurity[node] + alpha, 0);
}

/** The nested form of a pruned tree: the original, cut where the pruned one has a leaf. */
function unflatten(pruned: Tree, whole: Tree, node: number, original: NestedNode): NestedNode {
  if (pruned.feature[node] < 0 || isLeaf(original)) {
    return { counts: [...pruned.counts.subarray(node * whole.classCount, (node + 1) * whole.classCount)] };
  }
  return {
    ...original,
    left: unflatten(pruned, whole, pruned.left[node], original.left),
    right: unflatten(pruned, whole, pruned.right[node], original.right),
  };
}
