import type { Tree } from '../../tree/tree.js';

/** What a node can still be given of its own feature, after the questions above it. */
export interface Reach {
  /** Values above this. */
  readonly lower: number;
  /** Values up to this. */
  readonly upper: number;
  readonly hasCategory: (category: number) => boolean;
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

export function reachOf(tree: Tree, parents: Int32Array, node: number): Reach {
  let lower = Number.NEGATIVE_INFINITY;
  let upper = Number.POSITIVE_INFINITY;
  const sets: { readonly categories: ReadonlySet<number>; readonly inside: boolean }[] = [];
  for (let child = node, above = parents[node]; above >= 0; child = above, above = parents[above]) {
    if (tree.feature[above] !== tree.feature[node]) continue;
    const wentLeft = tree.left[above] === child;
    const set = tree.categories === null ? null : tree.categories[above];
    if (set !== null) sets.push({ categories: new Set(set), inside: wentLeft });
    else if (wentLeft) upper = Math.min(upper, tree.threshold[above]);
    else lower = Math.max(lower, tree.threshold[above]);
  }
  return { lower, upper, hasCategory: (category) => sets.every((set) => set.categories.has(category) === set.inside) };
}
