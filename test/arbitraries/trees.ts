import fc from 'fast-check';
import type { Tree } from '../../src/tree/tree.js';

/** A tree as nested objects: what the tests walk by recursion, and what a `Tree` is flattened from. */
export interface NestedLeaf {
  readonly counts: number[];
}

export interface NestedSplit {
  readonly feature: number;
  readonly threshold: number;
  readonly categories: number[] | null;
  readonly missingLeft: boolean;
  readonly left: NestedNode;
  readonly right: NestedNode;
}

export type NestedNode = NestedLeaf | NestedSplit;

export interface TreeShape {
  readonly classCount: number;
  readonly featureCount: number;
  /** The last so many features are categories, of which each has `CATEGORIES`. */
  readonly categoryFeatures: number;
  readonly missing: boolean;
  readonly maxDepth?: number;
}

export const CATEGORIES = 5;
/** Few values, so that rows meet thresholds exactly. */
export const numbers = fc.constantFrom(-3, -1, -0, 0, 0.5, 1, 2.45, Number.MAX_VALUE, -Number.MIN_VALUE);

export function nestedTrees(shape: TreeShape): fc.Arbitrary<NestedNode> {
  const firstCategory = shape.featureCount - shape.categoryFeatures;
  const leaf: fc.Arbitrary<NestedNode> = fc
    .array(fc.nat(5), { minLength: shape.classCount, maxLength: shape.classCount })
    .map((counts) => ({
      counts: counts.some((count) => count > 0) ? counts : counts.map((_, k) => (k === 0 ? 1 : 0)),
    }));
  const { node } = fc.letrec<{ node: NestedNode }>((tie) => ({
    node: fc.oneof({ maxDepth: shape.maxDepth ?? 6, depthSize: 'large', withCrossShrink: true }, leaf, {
      weight: 3,
      arbitrary: fc
        .record({
          feature: fc.nat(shape.featureCount - 1),
          threshold: numbers,
          categories: fc.subarray([...Array(CATEGORIES).keys()], { minLength: 1, maxLength: CATEGORIES - 1 }),
          missingLeft: shape.missing ? fc.boolean() : fc.constant(false),
          left: tie('node'),
          right: tie('node'),
        })
        .map((split) => (split.feature < firstCategory ? { ...split, categories: null } : { ...split, threshold: 0 })),
    }),
  }));
  return node;
}

/** Rows for such a tree: numbers, categories with unknown ones, and missing values where the tree knows them. */
export function rowsFor(shape: TreeShape): fc.Arbitrary<number[]> {
  const firstCategory = shape.featureCount - shape.categoryFeatures;
  const category = fc.integer({ min: -1, max: CATEGORIES - 1 });
  return fc.tuple(
    ...Array.from({ length: shape.featureCount }, (_, feature) => {
      const value: fc.Arbitrary<number> = feature < firstCategory ? numbers : category;
      return shape.missing ? fc.oneof({ weight: 3, arbitrary: value }, fc.constant(Number.NaN)) : value;
    }),
  );
}

export function isLeaf(node: NestedNode): node is NestedLeaf {
  return 'counts' in node;
}

export function countsOf(node: NestedNode): number[] {
  if (isLeaf(node)) return node.counts;
  const right = countsOf(node.right);
  return countsOf(node.left).map((count, k) => count + right[k]);
}

export function samplesOf(node: NestedNode): number {
  return countsOf(node).reduce((sum, count) => sum + count, 0);
}

/** Gini of the weighted counts. */
export function giniOf(node: NestedNode, weights: readonly number[] | null = null): number {
  const weighted = countsOf(node).map((count, k) => count * (weights?.[k] ?? 1));
  const total = weighted.reduce((sum, weight) => sum + weight, 0);
  return 1 - weighted.reduce((sum, weight) => sum + (weight / total) * (weight / total), 0);
}

export function flatten(root: NestedNode, shape: TreeShape, weights: readonly number[] | null = null): Tree {
  const nodes: NestedNode[] = [];
  const left: number[] = [];
  const right: number[] = [];
  const visit = (node: NestedNode): number => {
    const id = nodes.push(node) - 1;
    left[id] = isLeaf(node) ? -1 : visit(node.left);
    right[id] = isLeaf(node) ? -1 : visit(node.right);
    return id;
  };
  visit(root);
  return {
    nodeCount: nodes.length,
    classCount: shape.classCount,
    featureCount: shape.featureCount,
    feature: Int32Array.from(nodes, (node) => (isLeaf(node) ? -1 : node.feature)),
    threshold: Float64Array.from(nodes, (node) => (isLeaf(node) ? 0 : node.threshold)),
    categories: shape.categoryFeatures === 0 ? null : nodes.map((node) => (isLeaf(node) ? null : node.categories)),
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    missingLeft: Uint8Array.from(nodes, (node) => (!isLeaf(node) && node.missingLeft ? 1 : 0)),
    counts: Uint32Array.from(nodes.flatMap(countsOf)),
    impurity: Float64Array.from(nodes, (node) => giniOf(node, weights)),
  };
}
