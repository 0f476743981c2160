/** Growing the trees of a forest on several threads: each takes the next number that nobody has. */
import type { Tree } from '../tree.js';
import { type ForestPlan, growForestTree } from './forest.js';
import type { GrownTree } from './grown-tree.js';
import { leavesOutOfBag } from './out-of-bag.js';

/** What all members share. */
export interface ForestTask {
  readonly plan: ForestPlan;
  readonly treeCount: number;
  /** In shared memory: see `NEXT_TREE`, `GROWN_TREES`. */
  readonly counters: Int32Array;
}

export const NEXT_TREE = 0;
export const GROWN_TREES = 1;

/** Grows a member's share of the trees. Yields now and then. */
export function* growShare({ counters, plan, treeCount }: ForestTask): Generator<void, GrownTree[]> {
  const grown: GrownTree[] = [];
  for (;;) {
    const number = Atomics.add(counters, NEXT_TREE, 1);
    if (number >= treeCount) return grown;
    const growing = growForestTree(plan, number);
    let step = growing.next();
    for (; !step.done; step = growing.next()) yield;
    const { bag, tree } = step.value;
    const kept = keep(number, tree, bag);
    grown.push({ ...kept, outOfBag: yield* leavesOutOfBag(plan, kept) });
    Atomics.add(counters, GROWN_TREES, 1);
    yield;
  }
}

function keep(number: number, tree: Tree, bag: Uint32Array): Omit<GrownTree, 'outOfBag'> {
  const { categories, classCount, counts, feature, missingLeft, nodeCount, right, threshold } = tree;
  const samples = new Uint32Array(nodeCount);
  const leafCounts = new Uint32Array(((nodeCount + 1) / 2) * classCount);
  for (let node = 0, leaf = 0; node < nodeCount; node++) {
    const own = counts.subarray(node * classCount, (node + 1) * classCount);
    for (let k = 0; k < classCount; k++) samples[node] += own[k];
    if (feature[node] < 0) leafCounts.set(own, leaf++ * classCount);
  }
  const bits = new Uint8Array(Math.ceil(bag.length / 8));
  for (let place = 0; place < bag.length; place++) if (bag[place] > 0) bits[place >>> 3] |= 1 << (place & 7);
  return { number, feature, threshold, categories, right, missingLeft, samples, leafCounts, bag: bits };
}

/** The memory of grown trees, for sending them without a copy. */
export function buffersOf(trees: readonly GrownTree[]): ArrayBuffer[] {
  return trees.flatMap(({ bag, feature, leafCounts, missingLeft, outOfBag, right, samples, threshold }) =>
    [bag, feature, leafCounts, missingLeft, outOfBag, right, samples, threshold].map(
      ({ buffer }) => buffer as ArrayBuffer,
    ),
  );
}
