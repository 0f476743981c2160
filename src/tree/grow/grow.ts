/**
 * Grows a tree: depth-first, or, with a bound on the leaves, best-first by the largest gain (Friedman 2001; Shi 2007).
 * The tree does not depend on the order of the rows nor, without such a bound, on the order of growth.
 */
import { gainOf, isPure, type Objective } from '../criterion.js';
import { markSides, partition } from './divide.js';
import { compareGains, type SplitCounts } from './exact.js';
import { addLeaf, createNodes, type GrownNodes } from './nodes.js';
import type { SortedTable } from './presort.js';
import { createSearch, type Search, type Split } from './search.js';
import { beginSearch, type NodeRange, presentEnd, searchFeatures } from './split.js';

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
export interface Grower extends Plan {
  readonly nodes: GrownNodes;
  readonly search: Search;
  readonly features: readonly number[];
  readonly scratch: Int32Array;
}

export function createGrower(plan: Plan): Grower {
  const { table, objective, limits } = plan;
  const features = Array.from(table.categoryCounts, (_, feature) => feature);
  const search = createSearch(table, objective, limits.minSamplesLeaf);
  return assembleGrower(plan, createNodes(table.classCount), search, features, new Int32Array(table.rowCount));
}

/** A grower with nodes of its own, for one tree after another. */
export function withNewNodes(grower: Grower): Grower {
  const { features, scratch, search, table } = grower;
  return assembleGrower(grower, createNodes(table.classCount), search, features, scratch);
}

/** The one place that makes growers: they share a hidden class, so code compiled for one runs for all. */
function assembleGrower(
  { goesRight, limits, objective, rootCounts, rootMass, table }: Plan,
  nodes: GrownNodes,
  search: Search,
  features: readonly number[],
  scratch: Int32Array,
): Grower {
  return { table, objective, limits, rootCounts, rootMass, goesRight, nodes, search, features, scratch };
}

/** Entries visited between two yields. */
const WORK_PER_STEP = 1 << 21;

/** Grows all that is below `root`, depth-first. Yields, now and then, how many of its rows have reached their leaf. */
export function* growDepthFirst(grower: Grower, root: OpenNode): Generator<number, void> {
  const stack = isTerminal(grower, root) ? [] : [root];
  // Weighted candidates are scored class by class.
  const costPerRow = grower.objective.weights === null ? 1 : grower.table.classCount;
  let settled = 0;
  let work = 0;
  for (let open = stack.pop(); open !== undefined; open = stack.pop()) {
    const rows = open.end - open.start;
    const split = findAllowedSplit(grower, open);
    const children = split === null ? [] : divide(grower, open, split);
    // The left one is next: its entries were written last and are still in the cache.
    for (const child of children.reverse()) stack.push(child);
    settled += rows - children.reduce((sum, { start, end }) => sum + (end - start), 0);
    work += rows * grower.features.length * costPerRow;
    if (work >= WORK_PER_STEP) {
      work = 0;
      yield settled;
    }
  }
}

/** Grows the tree best-first up to `maxLeafNodes` leaves. Yields the number of leaves. */
export function* growBestFirst(grower: Grower, root: OpenNode): Generator<number, void> {
  /** Ascending: the largest gain, and among equals the earliest node, is at the end. */
  const queue: Prospect[] = [];
  enqueue(grower, queue, root);
  let leaves = 1;
  while (leaves < grower.limits.maxLeafNodes) {
    const next = queue.pop();
    if (next === undefined) return;
    for (const child of divide(grower, next.open, next.split)) enqueue(grower, queue, child);
    leaves++;
    yield leaves;
  }
}

/** A node with its best split, waiting for its turn. */
interface Prospect {
  readonly open: OpenNode;
  readonly split: Split;
  readonly counts: SplitCounts;
}

function enqueue(grower: Grower, queue: Prospect[], open: OpenNode): void {
  if (isTerminal(grower, open)) return;
  const found = findAllowedSplit(grower, open);
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

/** The best split, or null where there is none or it improves too little. Overwritten by the next call. */
function findAllowedSplit(grower: Grower, open: OpenNode): Split | null {
  beginSearch(grower.search, open, countsOf(grower.nodes, open.node));
  searchFeatures(grower.search, open, grower.features);
  return allowed(grower);
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

/** Splits a node; returns those of its children that may be split again. */
function divide(grower: Grower, open: OpenNode, split: Split): OpenNode[] {
  const children = addChildren(grower, open, split);
  if (children.length === 0) return children;
  const inOrder = markChildren(grower, open, split);
  partitionFeatures(grower, open, inOrder, grower.features);
  return children;
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
export function markChildren({ table, goesRight }: Grower, range: NodeRange, split: Split): number {
  markSides(table, range, split, goesRight);
  return isPrefix(table, range, split) ? split.feature : -1;
}

/** Moves the rows of marked children together, in the orders of `features` but `inOrder`. */
export function partitionFeatures(grower: Grower, range: NodeRange, inOrder: number, features: Iterable<number>): void {
  const { table, goesRight, scratch } = grower;
  for (const feature of features) if (feature !== inOrder) partition(table, feature, range, goesRight, scratch);
}

/** A column of numbers that is split where no value is missing needs no move. */
function isPrefix(table: SortedTable, { start, end }: NodeRange, split: Split): boolean {
  return split.categories === null && (!split.missingLeft || presentEnd(table, split.feature, start, end) === end);
}

/** Records a split, with its children as leaves. Returns the left one; the right one is the next node. */
function recordSplit({ table, nodes }: Grower, open: OpenNode, split: Split): number {
  const { node, start, end } = open;
  const { classCount } = nodes;
  const leftRows = sum(split.left);
  const isLeftHeavier = leftRows > end - start - leftRows;
  const left = addLeaf(nodes);
  const right = addLeaf(nodes);
  for (let c = 0; c < classCount; c++) {
    nodes.counts[left * classCount + c] = split.left[c];
    nodes.counts[right * classCount + c] = nodes.counts[node * classCount + c] - split.left[c];
  }
  const present = presentEnd(table, split.feature, start, end);
  nodes.feature[node] = split.feature;
  nodes.left[node] = left;
  nodes.missingLeft[node] = (present < end ? split.missingLeft : isLeftHeavier) ? 1 : 0;
  if (split.categories === null) {
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
  const absent = new Set(Array.from({ length: table.categoryCounts[feature] }, (_, category) => category));
  for (let i = base + start; i < base + end; i++) absent.delete(codes[table.entries[i] >>> table.rowShift]);
  return [...absent];
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
