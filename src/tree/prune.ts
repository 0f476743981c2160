import { checkArgument } from '../ground/options.js';
import { expectThat } from '../ground/parameter-table.js';
import { aTree, type Tree } from './tree.js';
import { finish, isTurnOver } from './turns.js';

/** The trees that minimal cost-complexity pruning passes through; entry i is the tree after i links were collapsed. */
export interface PruningPath {
  /** Ascending: the alpha from which on the link is collapsed. The first is 0, the tree as it was grown. */
  readonly alphas: readonly number[];
  /** Impurity of the leaves, each weighted by its share of the root's weight, summed. */
  readonly impurities: readonly number[];
  readonly leaves: readonly number[];
}

/**
 * Minimal cost-complexity pruning (Breiman et al., Classification and Regression Trees, chapter 3): every step
 * collapses the one link with the smallest (r(node) - R(branch)) / (leaves - 1), the lowest node on ties.
 *
 * @param weights one weight per class; null when every class weighs 1
 */
export function pruningPath(tree: Tree, weights: ArrayLike<number> | null): PruningPath {
  checkArgument('tree', tree, aTree);
  return finish(pruningPathInTurns(tree, weights));
}

/** The same. Yields now and then. */
export function* pruningPathInTurns(tree: Tree, weights: ArrayLike<number> | null): Generator<void, PruningPath> {
  const turn = { steps: 0 };
  const risks = nodeRisks(tree, weights);
  const alphas = [0];
  const impurities = [risks.reduce((sum, risk, node) => (tree.feature[node] < 0 ? sum + risk : sum), 0)];
  const leaves = [(tree.nodeCount + 1) / 2];
  for (const link of weakestLinks(tree, weights)) {
    // Rounding can put a link a last bit below the one before it.
    alphas.push(Math.max(link.alpha, alphas[alphas.length - 1]));
    impurities.push(link.impurity);
    leaves.push(link.leaves);
    if (isTurnOver(turn, link.steps)) yield;
  }
  return { alphas, impurities, leaves };
}

/**
 * Collapses the weakest link while it is at most `alpha`. Nodes keep their order, so the result is in preorder.
 * An alpha of 0 asks for no pruning.
 *
 * @param weights one weight per class; null when every class weighs 1
 * @throws UsageError for an alpha that is no number of at least 0
 */
export function prune(tree: Tree, weights: ArrayLike<number> | null, alpha: number): Tree {
  expectThat('alpha', alpha >= 0, 'a number of at least 0', alpha);
  return finish(pruneInTurns(tree, weights, alpha));
}

/** The same. Yields now and then. */
export function* pruneInTurns(tree: Tree, weights: ArrayLike<number> | null, alpha: number): Generator<void, Tree> {
  if (alpha === 0) return tree;
  const turn = { steps: 0 };
  const collapsed = new Uint8Array(tree.nodeCount);
  for (const link of weakestLinks(tree, weights)) {
    if (link.alpha > alpha) break;
    collapsed[link.node] = 1;
    if (isTurnOver(turn, link.steps)) yield;
  }
  return collapse(tree, collapsed);
}

/** `risks[node]`: impurity times the node's share of the root's weight. */
function nodeRisks(tree: Tree, weights: ArrayLike<number> | null): Float64Array {
  const risks = weightedSamples(tree, weights);
  const total = risks[0];
  for (let node = 0; node < risks.length; node++) risks[node] = (risks[node] / total) * tree.impurity[node];
  return risks;
}

/** Training rows of every node, each counted with the weight of its class. */
export function weightedSamples(tree: Tree, weights: ArrayLike<number> | null): Float64Array {
  const { classCount, counts, nodeCount } = tree;
  const samples = new Float64Array(nodeCount);
  for (let node = 0, at = 0; node < nodeCount; node++) {
    for (let k = 0; k < classCount; k++, at++) samples[node] += counts[at] * (weights === null ? 1 : weights[k]);
  }
  return samples;
}

/** A collapsed link, and the tree after it. */
export interface Link {
  readonly node: number;
  /** What the link's splits lower the total impurity by, per leaf that they add. */
  readonly alpha: number;
  readonly impurity: number;
  readonly leaves: number;
  /** Those that it took to find, about. */
  readonly steps: number;
}

/** The links in the order in which they are collapsed, to the last: the root. */
export function* weakestLinks(tree: Tree, weights: ArrayLike<number> | null): Generator<Link> {
  const { left, nodeCount, right } = tree;
  const risks = nodeRisks(tree, weights);
  const parent = new Int32Array(nodeCount).fill(-1);
  const leaves = new Uint32Array(nodeCount).fill(1);
  const branchRisks = risks.slice();
  const alphas = new Float64Array(nodeCount).fill(Number.POSITIVE_INFINITY);
  const sumChildren = (node: number): void => {
    leaves[node] = leaves[left[node]] + leaves[right[node]];
    branchRisks[node] = branchRisks[left[node]] + branchRisks[right[node]];
    alphas[node] = (risks[node] - branchRisks[node]) / (leaves[node] - 1);
  };
  for (let node = nodeCount - 1; node >= 0; node--) {
    if (left[node] < 0) continue;
    parent[left[node]] = node;
    parent[right[node]] = node;
    sumChildren(node);
  }
  // In preorder a branch is the nodes from its root up to root + size.
  const sizes = leaves.map((count) => 2 * count - 1);
  const minimum = trackMinimum(alphas);
  // A match on each level, of two steps.
  const updateSteps = 2 * (32 - Math.clz32(nodeCount));

  while (leaves[0] > 1) {
    const node = minimum.index();
    const alpha = alphas[node];
    for (let inner = node; inner < node + sizes[node]; inner++) {
      if (alphas[inner] === Number.POSITIVE_INFINITY) continue;
      alphas[inner] = Number.POSITIVE_INFINITY;
      minimum.update(inner);
    }
    leaves[node] = 1;
    branchRisks[node] = risks[node];
    let steps = sizes[node];
    for (let above = parent[node]; above >= 0; above = parent[above]) {
      steps += updateSteps;
      sumChildren(above);
      minimum.update(above);
    }
    yield { node, alpha, impurity: branchRisks[0], leaves: leaves[0], steps };
  }
}

/** A tournament over `keys`: knows the index of the smallest, the lowest index on ties, after every change of a key. */
function trackMinimum(keys: Float64Array): { index(): number; update(changed: number): void } {
  let size = 1;
  while (size < keys.length) size *= 2;
  // winners[i] is the better of winners[2i] and winners[2i + 1]; key k stands at size + k.
  const winners = new Int32Array(2 * size).map((_, i) => Math.min(Math.max(i - size, 0), keys.length - 1));
  const play = (match: number): void => {
    const low = winners[2 * match];
    const high = winners[2 * match + 1];
    winners[match] = keys[high] < keys[low] ? high : low;
  };
  for (let match = size - 1; match > 0; match--) play(match);
  return {
    index: () => winners[1],
    update(changed) {
      for (let match = (size + changed) >> 1; match > 0; match >>= 1) play(match);
    },
  };
}

/** The tree in which the marked nodes are leaves. */
function collapse(tree: Tree, collapsed: Uint8Array): Tree {
  const { left, right, classCount } = tree;
  // kept[new id] = old id: preorder without what lies below a collapsed node.
  const kept: number[] = [];
  const renamed = new Int32Array(tree.nodeCount).fill(-1);
  const stack = [0];
  while (stack.length > 0) {
    const node = stack.pop()!;
    renamed[node] = kept.push(node) - 1;
    if (left[node] >= 0 && collapsed[node] === 0) stack.push(right[node], left[node]);
  }
  const isLeaf = (node: number): boolean => left[node] < 0 || collapsed[node] === 1;
  const counts = new Uint32Array(kept.length * classCount);
  kept.forEach((node, i) => {
    counts.set(tree.counts.subarray(node * classCount, (node + 1) * classCount), i * classCount);
  });
  return {
    nodeCount: kept.length,
    classCount,
    featureCount: tree.featureCount,
    feature: Int32Array.from(kept, (node) => (isLeaf(node) ? -1 : tree.feature[node])),
    threshold: Float64Array.from(kept, (node) => (isLeaf(node) ? 0 : tree.threshold[node])),
    categories: tree.categories && kept.map((node) => (isLeaf(node) ? null : tree.categories![node])),
    left: Int32Array.from(kept, (node) => (isLeaf(node) ? -1 : renamed[left[node]])),
    right: Int32Array.from(kept, (node) => (isLeaf(node) ? -1 : renamed[right[node]])),
    missingLeft: Uint8Array.from(kept, (node) => (isLeaf(node) ? 0 : tree.missingLeft[node])),
    counts,
    impurity: Float64Array.from(kept, (node) => tree.impurity[node]),
    ...(tree.gap && {
      gap: Float64Array.from(kept, (node) => (isLeaf(node) ? Number.POSITIVE_INFINITY : tree.gap![node])),
    }),
  };
}
