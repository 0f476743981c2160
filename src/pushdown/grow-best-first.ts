/**
 * A tree with a bound on its leaves grows best-first: each time the leaf is divided whose split gains most, of all leaves. The
 * split of a leaf does not depend on when it is divided. So the order is played through with the splits that are known; the
 * leaves that this makes and of which none is known are searched, all at once; and so on, until none is unknown.
 */

import { thresholdBetween } from '../tree/grow/assemble.js';
import { compareGains } from '../tree/grow/exact.js';
import type { GrownNodes } from '../tree/grow/nodes.js';
import type { Tree } from '../tree/tree.js';
import { batchesOf, type FetchedRows, fetchRows, growFetched, type OpenNode } from './finish-nodes.js';
import { type GrowthOptions, isAllowed, isTerminal, MOST_NODES, rowsOf } from './grow.js';
import { GrownTree } from './grown-tree.js';
import type { SplitNodes } from './live-nodes.js';
import { type NodeSplit, searchNodes } from './search-nodes.js';
import type { SearchedRows } from './searched-rows.js';

/** A node that may be divided, and when it was made. */
interface Waiting {
  readonly node: number;
  readonly made: number;
}

/** A node of all that may become the tree. */
interface Candidate {
  readonly depth: number;
  readonly counts: Float64Array;
  /** Null where it is a leaf for good; undefined where nobody has looked. */
  split: NodeSplit | null | undefined;
  /** The left child; the right one is the next. -1: it has not been divided. */
  left: number;
}

export async function growBestFirst(
  searched: SearchedRows,
  rootCounts: ArrayLike<number>,
  options: GrowthOptions,
): Promise<Tree> {
  const candidates = new Candidates(searched, options);
  candidates.add(0, Float64Array.from(rootCounts));
  for (;;) {
    const { divided, unknown } = candidates.play(options.limits.maxLeafNodes);
    if (unknown.length === 0) return candidates.treeOf(divided, rootCounts);
    const isLarge = ({ rowCount }: OpenNode) => rowCount > options.mostRows;
    await searchLarge(searched, candidates, unknown.filter(isLarge), options);
    const small = unknown.filter((open) => !isLarge(open));
    for (const batch of batchesOf(small, options.mostRows)) {
      options.onLevel({ kind: 'rows', nodes: batch.length, rows: rowsOf(batch) });
      const fetched = await fetchRows(searched, candidates, batch);
      for (const [at, rows] of fetched.entries()) {
        const { depth, node } = batch[at]!;
        candidates.addGrown(node, await growFetched(searched, rows, depth, options, options.pace), rows);
      }
    }
  }
}

async function searchLarge(
  searched: SearchedRows,
  candidates: Candidates,
  large: readonly OpenNode[],
  options: GrowthOptions,
): Promise<void> {
  for (let start = 0; start < large.length; start += MOST_NODES) {
    const some = large.slice(start, start + MOST_NODES);
    options.onLevel({ kind: 'level', depth: some[0]!.depth, nodes: some.length, rows: rowsOf(some) });
    const ids = new Map(some.map(({ node }, id) => [node, id]));
    const counts = some.map(({ node }) => candidates.at(node).counts);
    const splits = await searchNodes(searched, candidates, ids, counts);
    for (const [id, { node }] of some.entries()) {
      const split = splits[id];
      candidates.at(node).split =
        split !== undefined && isAllowed(searched, counts[id]!, split, options) ? split : null;
    }
    await options.pace(0);
  }
}

class Candidates implements SplitNodes {
  readonly #searched: SearchedRows;
  readonly #options: GrowthOptions;
  readonly #nodes: Candidate[] = [];

  constructor(searched: SearchedRows, options: GrowthOptions) {
    this.#searched = searched;
    this.#options = options;
  }

  at(node: number): Candidate {
    return this.#nodes[node]!;
  }

  countsOf(node: number): Float64Array {
    return this.at(node).counts;
  }

  feature(node: number): number {
    const { left, split } = this.at(node);
    return left < 0 ? -1 : split!.feature;
  }

  left(node: number): number {
    return this.at(node).left;
  }

  right(node: number): number {
    return this.at(node).left + 1;
  }

  threshold(node: number): number {
    const { lower, upper } = this.at(node).split!;
    return thresholdBetween(lower, upper);
  }

  categories(node: number): readonly number[] | null {
    return this.at(node).split!.categories?.left ?? null;
  }

  missingLeft(node: number): boolean {
    return this.at(node).split!.missingLeft;
  }

  add(depth: number, counts: Float64Array): number {
    const rowCount = total(counts);
    const split = isTerminal(this.#searched, { depth, counts, rowCount }, this.#options) ? null : undefined;
    return this.#nodes.push({ depth, counts, split, left: -1 }) - 1;
  }

  /** What was grown of the rows of a node, best-first as well: its splits are those that it would have here. */
  addGrown(node: number, grown: GrownNodes, { columns }: FetchedRows): void {
    const stack = [{ node, inner: 0 }];
    for (let open = stack.pop(); open !== undefined; open = stack.pop()) {
      const { inner } = open;
      const candidate = this.at(open.node);
      const feature = grown.feature[inner]!;
      if (feature < 0) {
        candidate.split = null;
        continue;
      }
      const left = grown.left[inner]!;
      candidate.split = grownSplit(this.#searched, grown, inner, columns[feature]!);
      this.#divide(candidate);
      stack.push({ node: candidate.left, inner: left }, { node: candidate.left + 1, inner: left + 1 });
    }
  }

  /** @returns the nodes in the order in which they are divided, and leaves of which no split is known */
  play(maxLeafNodes: number): { divided: number[]; unknown: OpenNode[] } {
    const divided: number[] = [];
    const unknown: OpenNode[] = [];
    const queue: Waiting[] = [];
    let made = 0;
    const enqueue = (node: number) => {
      const { counts, depth, split } = this.at(node);
      if (split === undefined) unknown.push({ node, depth, rowCount: total(counts) });
      else if (split !== null) this.#insert(queue, { node, made });
      made++;
    };
    enqueue(0);
    while (queue.length > 0 && divided.length + 1 < maxLeafNodes) {
      const { node } = queue.pop()!;
      const candidate = this.at(node);
      if (candidate.left < 0) this.#divide(candidate);
      divided.push(node);
      enqueue(candidate.left);
      enqueue(candidate.left + 1);
    }
    return { divided, unknown };
  }

  treeOf(divided: readonly number[], rootCounts: ArrayLike<number>): Tree {
    const tree = new GrownTree(this.#searched.features, rootCounts);
    const nodeOf = new Map([[0, 0]]);
    for (const node of divided) {
      const { left, split } = this.at(node);
      const made = tree.split(nodeOf.get(node)!, split!, split!.missing);
      nodeOf.set(left, made).set(left + 1, made + 1);
    }
    return tree.finish(this.#searched.objective);
  }

  #divide(candidate: Candidate): void {
    const { left } = candidate.split!;
    candidate.left = this.add(candidate.depth + 1, left);
    this.add(
      candidate.depth + 1,
      candidate.counts.map((count, c) => count - left[c]!),
    );
  }

  /** The one that is divided first is the last. */
  #insert(queue: Waiting[], waiting: Waiting): void {
    let [low, high] = [0, queue.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#gainsMore(waiting, queue[middle]!)) low = middle + 1;
      else high = middle;
    }
    queue.splice(low, 0, waiting);
  }

  /** The larger gain; of equals the node that was made first. */
  #gainsMore(a: Waiting, b: Waiting): boolean {
    const { objective } = this.#searched;
    const order = compareGains(objective, this.#countsOfSplit(a.node), this.#countsOfSplit(b.node));
    return order > 0 || (order === 0 && a.made < b.made);
  }

  #countsOfSplit(node: number) {
    const { counts, split } = this.at(node);
    return { node: counts, left: split!.left };
  }
}

/** As it is recorded: where missing values go, and all categories that go left. */
function grownSplit({ features }: SearchedRows, grown: GrownNodes, node: number, values: Float64Array): NodeSplit {
  const { classCount } = grown;
  const left = grown.left[node]!;
  const feature = grown.feature[node]!;
  const chosen = grown.categories.get(node);
  const above = grown.above[node]!;
  return {
    feature,
    missingLeft: grown.missingLeft[node] === 1,
    missing: 1,
    left: Float64Array.from(grown.counts.subarray(left * classCount, (left + 1) * classCount)),
    lower: chosen === undefined ? values[grown.below[node]!]! : 0,
    upper: chosen !== undefined ? 0 : above < 0 ? Number.POSITIVE_INFINITY : values[above]!,
    categories: chosen === undefined ? null : { left: chosen, present: [...features[feature]!.categories.keys()] },
  };
}

function total(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
