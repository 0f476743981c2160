import type { EnsembleScorer } from '../model/model.js';

/** A size of the trees of an ensemble, over the trees. */
export interface TreeSizes {
  readonly name: 'nodes' | 'leaves' | 'depth';
  readonly smallest: number;
  /** The lower one of two. */
  readonly median: number;
  readonly largest: number;
}

export function treeSizes({ ensemble: { trees } }: EnsembleScorer): TreeSizes[] {
  const nodes = Array.from({ length: trees.treeCount }, (_, tree) => trees.roots[tree + 1] - trees.roots[tree]);
  const depths = nodes.map((count, tree) => depthOf(trees, trees.roots[tree], count));
  const leaves = nodes.map((count) => (count + 1) / 2);
  return [summary('nodes', nodes), summary('leaves', leaves), summary('depth', depths)];
}

function depthOf({ feature, right }: EnsembleScorer['ensemble']['trees'], root: number, count: number): number {
  const depth = new Int32Array(count);
  let deepest = 0;
  for (let at = 0; at < count; at++) {
    deepest = Math.max(deepest, depth[at]);
    if (feature[root + at] < 0) continue;
    depth[at + 1] = depth[at] + 1;
    depth[right[root + at] - root] = depth[at] + 1;
  }
  return deepest;
}

function summary(name: TreeSizes['name'], sizes: readonly number[]): TreeSizes {
  const sorted = sizes.toSorted((a, b) => a - b);
  const median = sorted[(sorted.length - 1) >> 1];
  return { name, smallest: sorted[0], median, largest: sorted[sorted.length - 1] };
}
