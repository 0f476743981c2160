import type { TreeAnswers } from '../../tree/answers.js';
import type { Tree } from '../../tree/tree.js';

/** A node as it is drawn. */
export interface Branch {
  readonly node: number;
  /** Left and right; empty at a leaf and at a node whose branch is folded. */
  readonly children: readonly Branch[];
  /** Nodes below that are not drawn. */
  readonly folded: number;
}

/**
 * The part of a tree that is drawn: at most `limit` nodes, opened from the root on, those with the most rows first. The
 * nodes of `path` are always drawn.
 */
export function outlineOf(answers: TreeAnswers, limit: number, path: readonly number[] = []): Branch {
  const { tree } = answers;
  const open = chooseOpen(answers, limit, path);
  const build = (node: number): Branch => {
    if (!open.has(node)) return { node, children: [], folded: branchSize(tree, node) - 1 };
    return { node, children: [build(tree.left[node]), build(tree.right[node])], folded: 0 };
  };
  return build(0);
}

function chooseOpen({ samples, tree }: TreeAnswers, limit: number, path: readonly number[]): ReadonlySet<number> {
  const open = new Set<number>(path.filter((node) => tree.feature[node] >= 0));
  const splitsBelow = (node: number) => [tree.left[node], tree.right[node]].filter((child) => tree.feature[child] >= 0);
  const waiting = open.size === 0 ? [0].filter(() => tree.feature[0] >= 0) : [...open].flatMap(splitsBelow);
  const frontier = waiting.filter((node) => !open.has(node));
  while (frontier.length > 0 && 1 + 2 * (open.size + 1) <= limit) {
    const next = frontier.reduce((best, node) => (samples[node] > samples[best] ? node : best));
    frontier.splice(frontier.indexOf(next), 1, ...splitsBelow(next));
    open.add(next);
  }
  return open;
}

/** Nodes of a branch, its root included. In preorder they are consecutive, up to the last right child. */
export function branchSize({ feature, right }: Tree, node: number): number {
  let last = node;
  while (feature[last] >= 0) last = right[last];
  return last - node + 1;
}

/** Nodes that are drawn. */
export function countBranches(branch: Branch): number {
  return branch.children.reduce((count, child) => count + countBranches(child), 1);
}
