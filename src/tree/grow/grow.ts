/**
 * Grows a tree: depth-first, or, with a bound on the leaves, best-first by the largest gain (Friedman 2001; Shi 2007).
 * The tree does not depend on the order of the rows nor, without such a bound, on the order of growth.
 */
import { gainOf, isPure, type Objective } from '../criterion.js';
import { isTurnOver, STEPS_PER_TURN } from '../turns.js';
import { type CategoryScan, createCategoryScan } from './categories.js';
import { type Dividing, markSides, NO_FEATURE, partition } from './divide.js';
import { type Draws, divideItems } from './draws.js';
import { compareGains, type SplitCounts } from './exact.js';
import { addLeaf, createNodes, type GrownNodes } from './nodes.js';
import type { SortedTable } from './presort.js';
import { createSearch, type Search, type SearchLoops, type Split } from './search.js';
import { searchDrawnAtOnce, searchDrawnInTurns } from './search-drawn.js';
import {
  beginSearch,
  isNumberWithoutWeights,
  type NodeRange,
  presentEnd,
  searchAtOnce,
  searchInTurns,
} from './split.js';

/** What bounds a tree. */
export interface Limits {
  /** Infinity: no bound. */
  readonly maxDepth: number;
  readonly minSamplesSplit: number;
  readonly minSamplesLeaf: number;
  /** Infinity: no bound. */
  readonly maxLeafNodes: number;
  /** Of the root's weight, as all improvements. */
  readonly minImpurityDecrease: number;
}

/** A node that may be split. */
export interface OpenNode extends NodeRange {
  readonly node: number;
  readonly depth: number;
}

/** What the growers of one tree share; it can be sent to another thread. */
export interface Plan {
  readonly table: SortedTable;
  readonly objective: Objective;
  readonly limits: Limits;
  /** Training rows of each class. */
  readonly rootCounts: Uint32Array;
  /** Their weight. */
  readonly rootMass: number;
  /** By row; only the rows of the node being divided count, so that threads on disjoint nodes may share it. */
  readonly goesRight: Uint8Array;
}

/** What one thread needs to grow nodes. */
export interface Grower extends Plan, Dividing {
  readonly nodes: GrownNodes;
  readonly search: Search;
  readonly scan: CategoryScan;
  readonly features: readonly number[];
  /** Whether all features are numbers, and classes have no weights. */
  readonly isPlain: boolean;
  readonly loops: MemberLoops | null;
  /** Of a forest's tree; null: every node is searched on all features, whose columns are sorted and stay so. */
  readonly draws: Draws | null;
}

/** What a member does in WebAssembly. */
export type MemberLoops = NonNullable<Dividing['loops']> & SearchLoops;

export function createGrower(plan: Plan, draws: Draws | null = null, loops: MemberLoops | null = null): Grower {
  const { table, objective, limits } = plan;
  const features = Array.from(table.categoryCounts, (_, feature) => feature);
  const search = createSearch(table, objective, limits.minSamplesLeaf, loops);
  const scan = createCategoryScan(search);
  const scratch = new Int32Array(draws === null && loops === null ? table.rowCount : 0);
  return assembleGrower(plan, createNodes(table.classCount), { draws, features, loops, scan, scratch });
}

/** A grower with nodes of its own, for one tree after another. */
export function withNewNodes(grower: Grower): Grower {
  return assembleGrower(grower, createNodes(grower.table.classCount), grower);
}

/** The one place that makes growers: they share a hidden class, so code compiled for one runs for all. */
function assembleGrower(
  { goesRight, limits, objective, rootCounts, rootMass, table }: Plan,
  nodes: GrownNodes,
  { draws, features, loops, scan, scratch }: Pick<Grower, 'draws' | 'features' | 'loops' | 'scan' | 'scratch'>,
): Grower {
  const { search } = scan;
  const isPlain = features.every((feature) => isNumberWithoutWeights(search, feature));
  const own = { nodes, search, scan, features, isPlain, loops, scratch, draws };
  return { table, objective, limits, rootCounts, rootMass, goesRight, ...own };
}

/** What is done at once, or, at a large node, yields now and then: a generator costs as much as the work of a small one. */
type Turns = Iterable<unknown>;
const AT_ONCE: readonly unknown[] = [];

/** How often the classes are gone through for a node, whichever it has, about. */
const LOOPS_OVER_CLASSES = 8;

/** Grows all that is below `root`, depth-first. Yields, now and then, how many of its rows have reached their leaf. */
export function* growDepthFirst(grower: Grower, root: OpenNode): Generator<number, void> {
  const stack = isTerminal(grower, root) ? [] : [root];
  let settled = 0;
  for (let open = stack.pop(); open !== undefined; open = stack.pop()) {
    for (const _ of searchNode(grower, open)) yield settled;
    const split = allowed(grower);
    const children = split === null ? [] : addChildren(grower, open, split);
    if (children.length > 0) for (const _ of divide(grower, open, split!)) yield settled;
    if (isTurnOver(grower.search, LOOPS_OVER_CLASSES * grower.nodes.classCount)) yield settled;
    settled += open.end - open.start;
    // The left one is next: its entries were written last and are still in the cache.
    for (const child of children.reverse()) {
      settled -= child.end - child.start;
      stack.push(child);
    }
  }
}

/** Grows the tree best-first up to `maxLeafNodes` leaves. Yields the number of leaves. */
export function* growBestFirst(grower: Grower, root: OpenNode): Generator<number, void> {
  /** Ascending: the largest gain, and among equals the earliest node, is at the end. */
  const queue: Prospect[] = [];
  let open = isTerminal(grower, root) ? [] : [root];
  for (let leaves = 1; ; leaves++) {
    for (const child of open) {
      for (const _ of searchNode(grower, child)) yield leaves;
      enqueue(grower, queue, child);
    }
    yield leaves;
    const next = leaves < grower.limits.maxLeafNodes ? queue.pop() : undefined;
    if (next === undefined) return;
    open = addChildren(grower, next.open, next.split);
    if (open.length > 0) for (const _ of divide(grower, next.open, next.split)) yield leaves;
  }
}

/** A node with its best split, waiting for its turn. */
interface Prospect {
  readonly open: OpenNode;
  readonly split: Split;
  readonly counts: SplitCounts;
}

/** Lets a node wait with the split that the search found for it, if that is allowed. */
function enqueue(grower: Grower, queue: Prospect[], open: OpenNode): void {
  const found = allowed(grower);
  if (found === null) return;
  const left = found.left.slice();
  const prospect = { open, split: { ...found, left }, counts: { node: grower.search.node.slice(), left } };
  let low = 0;
  let high = queue.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comesLater(grower.objective, queue[middle], prospect)) low = middle + 1;
    else high = middle;
  }
  queue.splice(low, 0, prospect);
}

function comesLater(objective: Objective, a: Prospect, b: Prospect): boolean {
  return (compareGains(objective, a.counts, b.counts) || b.open.node - a.open.node) < 0;
}

/** Whether a node is a leaf before any split was looked for. */
export function isTerminal({ nodes, limits }: Grower, { node, depth, start, end }: OpenNode): boolean {
  const minRows = Math.max(2, limits.minSamplesSplit, 2 * limits.minSamplesLeaf);
  if (depth >= limits.maxDepth || end - start < minRows) return true;
  return isPure(nodes.counts, node * nodes.classCount, nodes.classCount);
}

/** Searches a node for its best split. */
function searchNode(grower: Grower, open: OpenNode): Turns {
  const { draws, features, nodes, scan, search } = grower;
  beginSearch(search, open, countsOf(nodes, open.node));
  if (draws !== null) {
    const isLong = (open.end - open.start) * draws.perNode >= STEPS_PER_TURN;
    if (isLong || !draws.allPlain) return searchDrawnInTurns(scan, draws, open);
    searchDrawnAtOnce(search, draws, open);
    return AT_ONCE;
  }
  if (!grower.isPlain || (open.end - open.start) * features.length >= STEPS_PER_TURN) {
    return searchInTurns(scan, open, features);
  }
  searchAtOnce(search, open, features);
  return AT_ONCE;
}

export function countsOf({ counts, classCount }: GrownNodes, node: number): Uint32Array {
  return counts.subarray(node * classCount, (node + 1) * classCount);
}

/** The split that the search found, or null where there is none or it improves too little. */
export function allowed({ search, limits, objective, rootMass }: Grower): Split | null {
  const { best, node } = search;
  if (best.feature === -1) return null;
  if (limits.minImpurityDecrease === 0) return best;
  // As in scikit-learn, rounding alone is no reason to refuse.
  const improvement = gainOf(objective, node, best.left) / rootMass;
  return improvement + Number.EPSILON < limits.minImpurityDecrease ? null : best;
}

/** Divides the rows of a node that is split. */
function divide(grower: Grower, open: OpenNode, split: Split): Turns {
  const { draws, features, nodes, search, table } = grower;
  if (draws !== null) {
    divideItems(draws, table, open, split, {
      below: nodes.below[open.node],
      middle: (open.start + sum(split.left)) | 0,
    });
    return AT_ONCE;
  }
  const inOrder = markChildren(grower, open, split);
  const steps = (open.end - open.start) * features.length;
  if (steps >= STEPS_PER_TURN) return partitionInTurns(grower, open, inOrder, features);
  search.steps += steps;
  if (grower.loops === null) partitionFeatures(grower, open, inOrder, features);
  else grower.loops.partition(open, 0, features.length, inOrder);
  return AT_ONCE;
}

/** Adds the children of a split. Returns those that may be split again. */
export function addChildren(grower: Grower, open: OpenNode, split: Split): OpenNode[] {
  const left = recordSplit(grower, open, split);
  // A small integer to the engine too: with positions stored as doubles, loops over entries take twice as long.
  const middle = (open.start + sum(split.left)) | 0;
  const depth = open.depth + 1;
  return [
    { node: left, depth, start: open.start, end: middle },
    { node: left + 1, depth, start: middle, end: open.end },
  ].filter((child) => !isTerminal(grower, child));
}

/** Marks the side of every row. Returns the feature whose order is right already, or -1. */
export function markChildren(grower: Grower, range: NodeRange, split: Split): number {
  markSides(grower, range, split);
  return isPrefix(grower.table, range, split) ? split.feature : NO_FEATURE;
}

/** Moves the rows of marked children together, in the orders of `features` but `inOrder`. */
function partitionFeatures(grower: Grower, range: NodeRange, inOrder: number, features: readonly number[]): void {
  for (const feature of features) if (feature !== inOrder) partition(grower, feature, range);
}

/** The same. Yields now and then. */
export function* partitionInTurns(
  grower: Grower,
  range: NodeRange,
  inOrder: number,
  features: Iterable<number>,
): Generator<void, void> {
  for (const feature of features) {
    partitionFeatures(grower, range, inOrder, [feature]);
    if (isTurnOver(grower.search, range.end - range.start)) yield;
  }
}

/** A column of numbers that is split where no value is missing needs no move. */
function isPrefix(table: SortedTable, { start, end }: NodeRange, split: Split): boolean {
  return split.categories === null && (!split.missingLeft || presentEnd(table, split.feature, start, end) === end);
}

/** Records a split, with its children as leaves. Returns the left one; the right one is the next node. */
function recordSplit({ draws, table, nodes }: Grower, open: OpenNode, split: Split): number {
  const { node, start, end } = open;
  const { classCount } = nodes;
  const leftRows = sum(split.left);
  const isLeftHeavier = leftRows > end - start - leftRows;
  const left = addLeaf(nodes);
  const right = addLeaf(nodes);
  const { counts } = nodes;
  for (let c = 0; c < classCount; c++) {
    const rows = counts[node * classCount + c];
    if (rows === 0) continue;
    counts[left * classCount + c] = split.left[c];
    counts[right * classCount + c] = rows - split.left[c];
  }
  const present = presentEnd(table, split.feature, start, end);
  nodes.feature[node] = split.feature;
  nodes.left[node] = left;
  nodes.missingLeft[node] = (present < end ? split.missingLeft : isLeftHeavier) ? 1 : 0;
  if (draws?.isPlain[split.feature]) {
    const { rowOf } = draws.ranked;
    nodes.below[node] = rowOf[split.feature * table.rowCount + split.below];
    nodes.above[node] = rowOf[split.feature * table.rowCount + split.above];
  } else if (split.categories === null) {
    const boundary = split.feature * table.rowCount + start + split.position;
    nodes.below[node] = table.entries[boundary - 1] >>> table.rowShift;
    nodes.above[node] = start + split.position === present ? -1 : table.entries[boundary] >>> table.rowShift;
  } else {
    const others = isLeftHeavier ? absentCategories(table, split.feature, start, present) : [];
    nodes.categories.set(
      node,
      [...split.categories, ...others].sort((a, b) => a - b),
    );
  }
  return left;
}

/** The column's categories that none of the entries in [start, end) has. */
function absentCategories(table: SortedTable, feature: number, start: number, end: number): number[] {
  const base = feature * table.rowCount;
  const codes = table.codes[feature]!;
  const seen = new Uint8Array(table.categoryCounts[feature]);
  for (let i = base + start; i < base + end; i++) seen[codes[table.entries[i] >>> table.rowShift]] = 1;
  const absent: number[] = [];
  for (let category = 0; category < seen.length; category++) if (seen[category] === 0) absent.push(category);
  return absent;
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (let c = 0; c < counts.length; c++) total += counts[c];
  return total;
}
