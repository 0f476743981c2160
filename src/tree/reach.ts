import type { Tree } from './tree.js';

/** The values of one feature that can reach a node. */
export interface Reach {
  /** Numbers above this, */
  readonly low: number;
  /** up to this. */
  readonly high: number;
  readonly categories: readonly number[];
  /** Whether a missing value can reach it. */
  readonly missing: boolean;
}

/** `parents[node]`; -1 at the root. */
export function parentsOf({ feature, left, nodeCount, right }: Tree): Int32Array {
  const parents = new Int32Array(nodeCount).fill(-1);
  for (let node = 0; node < nodeCount; node++) {
    if (feature[node] < 0) continue;
    parents[left[node]] = node;
    parents[right[node]] = node;
  }
  return parents;
}

/** What is left of a feature's reach on one side of a split that asks for it. */
export function narrow(tree: Tree, node: number, reach: Reach, left: boolean): Reach {
  const { low, high, categories } = reach;
  const missing = reach.missing && (tree.missingLeft[node] === 1) === left;
  const set = tree.categories === null ? null : tree.categories[node];
  if (set !== null) return { low, high, categories: categories.filter((c) => set.includes(c) === left), missing };
  const threshold = tree.threshold[node];
  return left
    ? { low, high: Math.min(high, threshold), categories, missing }
    : { low: Math.max(low, threshold), high, categories, missing };
}

/** What is left of a feature's reach at a node. @param start its reach at the root */
export function reachAt(tree: Tree, parents: Int32Array, node: number, feature: number, start: Reach): Reach {
  let reach = start;
  for (let child = node, above = parents[node]; above >= 0; child = above, above = parents[above]) {
    if (tree.feature[above] === feature) reach = narrow(tree, above, reach, tree.left[above] === child);
  }
  return reach;
}
