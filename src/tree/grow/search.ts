/**
 * The search for a node's best split: what the scans of number and category columns share.
 *
 * Candidates are compared by a score that is larger when the gain is, kept as `numerator / denominator`, both positive.
 * - gini, unweighted: squares(left) / rows(left) + squares(right) / rows(right), as one fraction of integers;
 * - entropy, unweighted: from a table of k·log2(k) in fixed point, so that sums are integers, exact in any order;
 * - weighted classes: in doubles, from the counts.
 */
import { impurityOf, massOf, type Objective } from '../criterion.js';
import type { Turn } from '../turns.js';
import { compareGains, NEAR } from './exact.js';
import type { SortedTable } from './presort.js';

/** A way to divide a node. Why: docs/decisions/weighted-candidates-are-scored-twice.md */
export interface Split {
  /** -1: none was found. */
  feature: number;
  /** Of a number column: how many of the node's rows have a value at or below the threshold. */
  position: number;
  missingLeft: boolean;
  /** Ranks of the values beside the threshold, where a search in keys found it. */
  below: number;
  above: number;
  /** Those of the node's categories that go left, ascending; null at a column of numbers. */
  categories: number[] | null;
  /** Rows of each class that go left, missing ones included. */
  readonly left: Float64Array;
  /** Numerator and denominator. In an array: a field that is a whole number now and a fraction later is slow. */
  readonly score: Float64Array;
}

/** The state of one thread's search. The buffers are reused for every node. */
export interface Search extends Turn {
  readonly table: SortedTable;
  readonly objective: Objective;
  readonly minSamplesLeaf: number;
  /** `logs[k]`: k·log2(k) in fixed point; null where the score needs none. */
  readonly logs: Float64Array | null;
  /** The most by which rounding can part two equal scores; 0 where that is relative to the score. */
  readonly slack: number;
  /** Whether weights and their squares stay within the range of doubles. */
  readonly canBeRough: boolean;
  /** Rows of each class at the node. */
  readonly node: Float64Array;
  /** The classes that the node has, ascending, in the first `presentCount` places. All counts of others are 0. */
  readonly present: Int32Array;
  presentCount: number;
  /** Rows of each class on the left of the candidate. */
  readonly left: Float64Array;
  rowCount: number;
  /** The candidate's feature and side of its missing values. */
  feature: number;
  missingLeft: boolean;
  readonly best: Split;
  readonly loops: SearchLoops | null;
}

/** The search in WebAssembly. */
export interface SearchLoops {
  /** Its numbers, in the memory of that. */
  readonly workspace: Pick<Search, 'node' | 'present' | 'left'> & {
    readonly bestLeft: Float64Array;
    readonly score: Float64Array;
  };
  /** Whether it searches a feature. */
  takes(feature: number): boolean;
  /** Whether it searches every feature. */
  readonly takesAll: boolean;
  /** Makes `search.best` the best split on the features in [from, to), all of which it takes, unless it is better already. */
  search(search: Search, range: { readonly start: number; readonly end: number }, from: number, to: number): void;
}

/** Up to here the products that compare two unweighted gini scores, at most n^5 / 16, are exact doubles. */
const EXACT_ROWS = 2048;
/** Up to here the numerators of those scores, at most n^3 / 4, are. */
const WHOLE_ROWS = 1 << 18;

// Why: docs/decisions/no-boundary-points.md
export function createSearch(
  table: SortedTable,
  objective: Objective,
  minSamplesLeaf: number,
  loops: SearchLoops | null = null,
): Search {
  const { classCount } = table;
  const own = loops?.workspace;
  const needsLogs = objective.criterion === 'entropy' && objective.weights === null;
  return {
    table,
    objective,
    minSamplesLeaf,
    logs: needsLogs ? logTable(table.rowCount) : null,
    // A score has up to 2·classes + 3 entries of the table, each half a unit off.
    slack: needsLogs ? 2 * classCount + 3 : 0,
    canBeRough: objective.weights?.every(isModerate) ?? true,
    node: own?.node ?? new Float64Array(classCount),
    present: own?.present ?? new Int32Array(classCount),
    presentCount: 0,
    left: own?.left ?? new Float64Array(classCount),
    rowCount: 0,
    feature: -1,
    missingLeft: false,
    steps: 0,
    best: {
      feature: -1,
      position: 0,
      missingLeft: false,
      below: 0,
      above: 0,
      categories: null,
      left: own?.bestLeft ?? new Float64Array(classCount),
      score: own?.score ?? new Float64Array(2),
    },
    loops,
  };
}

/** Squares of masses beyond, or below its inverse, may leave the range of doubles. */
const SMALLEST_WEIGHT = 1e-100;

function isModerate(weight: number): boolean {
  return weight > SMALLEST_WEIGHT && weight < 1 / SMALLEST_WEIGHT;
}

/** Scaled so that sums of entries for `rowCount` rows in all stay exact. */
function logTable(rowCount: number): Float64Array {
  let scale = 1;
  while (scale * rowCount * Math.log2(rowCount + 1) < Number.MAX_SAFE_INTEGER / 8) scale *= 2;
  const logs = new Float64Array(rowCount + 1);
  for (let k = 2; k <= rowCount; k++) logs[k] = Math.round(k * Math.log2(k) * scale);
  return logs;
}

function isExact({ objective, rowCount }: Search): boolean {
  return objective.criterion === 'gini' && objective.weights === null && rowCount <= EXACT_ROWS;
}

/**
 * Makes the candidate with `search.left` on its left the best, if it gains more than the best, or as much on a feature
 * before it. Candidates of one feature come in their order, so that of equals the first stays: missing values on the
 * right before those on the left, then the lowest threshold.
 */
export function offer(search: Search, position: number, numerator: number, denominator: number): boolean {
  const { best } = search;
  const order = compareWithBest(search, numerator, denominator);
  if (order < 0 || (order === 0 && search.feature >= best.feature)) return false;
  best.feature = search.feature;
  best.position = position;
  best.missingLeft = search.missingLeft;
  best.categories = null;
  best.score[0] = numerator;
  best.score[1] = denominator;
  const { left, present, presentCount } = search;
  for (let p = 0; p < presentCount; p++) best.left[present[p]] = left[present[p]];
  return true;
}

/** Offers a split that another search of the same node found. */
export function offerSplit(search: Search, split: Split): void {
  search.feature = split.feature;
  search.missingLeft = split.missingLeft;
  search.left.set(split.left);
  if (!offer(search, split.position, split.score[0], split.score[1])) return;
  search.best.categories = split.categories;
}

function compareWithBest(search: Search, numerator: number, denominator: number): number {
  const { best } = search;
  if (best.feature === -1) return 1;
  const ours = numerator * best.score[1];
  const theirs = best.score[0] * denominator;
  if (isExact(search) || Math.abs(ours - theirs) > NEAR * theirs + search.slack) return ours - theirs;
  if (isWhole(search)) return compareProducts(numerator, best.score[1], best.score[0], denominator);
  return compareCounts(search);
}

/** Whether the candidate gains more than the best, from the counts. */
function compareCounts(search: Search): number {
  const { bestLeft, left, node, objective } = withoutAbsent(search);
  return compareGains(objective, { node, left }, { node, left: bestLeft });
}

/** Counts and weights of the classes that the node has, where those are few: sums over others only add 0. */
function withoutAbsent(search: Search) {
  const { best, left, node, objective, presentCount } = search;
  if (2 * presentCount > node.length) return { bestLeft: best.left, left, node, objective };
  const weights = objective.weights && ofPresent(search, objective.weights);
  return {
    bestLeft: ofPresent(search, best.left),
    left: ofPresent(search, left),
    node: ofPresent(search, node),
    objective: { criterion: objective.criterion, weights },
  };
}

function ofPresent({ present, presentCount }: Search, values: Float64Array): Float64Array {
  const few = new Float64Array(presentCount);
  for (let p = 0; p < presentCount; p++) few[p] = values[present[p]];
  return few;
}

/** Whether scores are fractions of exact whole numbers. */
function isWhole({ objective, rowCount }: Search): boolean {
  return objective.criterion === 'gini' && objective.weights === null && rowCount <= WHOLE_ROWS;
}

/** Above 0 when a·b > c·d, 0 when they are equal. Whole numbers below 2^53. */
function compareProducts(a: number, b: number, c: number, d: number): number {
  const difference = BigInt(a) * BigInt(b) - BigInt(c) * BigInt(d);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

/** Scores `search.left` from its counts, where classes have weights, and offers it. */
export function offerWeighted(search: Search, position: number): boolean {
  const score = weightedScore(search);
  return score >= search.best.score[0] * (1 - NEAR) && offer(search, position, score, 1);
}

/** The node's mass times more than any impurity, less the impurities of the children, each times its mass. */
function weightedScore(search: Search): number {
  const { left, node, objective } = withoutAbsent(search);
  const right = node.map((count, c) => count - left[c]);
  const leftMass = massOf(objective, left, 0, node.length);
  const rightMass = massOf(objective, right, 0, node.length);
  const impurities =
    leftMass * impurityOf(objective, left, 0, node.length) + rightMass * impurityOf(objective, right, 0, node.length);
  return (leftMass + rightMass) * (1 + Math.log2(search.node.length)) - impurities;
}
