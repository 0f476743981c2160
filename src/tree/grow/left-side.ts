/**
 * The left side of candidates that grows by groups of rows. What a score is made of follows from the classes that a
 * group has: sums of whole numbers, exact in any order. Weighted classes are scored from all counts.
 */
import { NEAR } from './exact.js';
import type { Groups } from './groups.js';
import { roughScore } from './rough-score.js';
import { offer, offerWeighted, type Search } from './search.js';

export interface LeftSide {
  /** Rows of each class that are left of every candidate, and how many they are. */
  readonly start: Float64Array;
  startRows: number;
  /**
   * - gini: the squares of the left side's counts and of the right side's, summed;
   * - entropy: k·log2(k) of either side's counts, summed over both.
   */
  readonly startSums: Float64Array;
  readonly sums: Float64Array;
}

export function createSide(classCount: number): LeftSide {
  return {
    start: new Float64Array(classCount),
    startRows: 0,
    startSums: new Float64Array(2),
    sums: new Float64Array(2),
  };
}

/** Begins with the rows of `search.left`. */
export function beginSide(side: LeftSide, { left, logs, node, present, presentCount }: Search): void {
  side.startRows = 0;
  side.startSums.fill(0);
  for (let p = 0; p < presentCount; p++) {
    const c = present[p];
    const l = left[c];
    const r = node[c] - l;
    side.start[c] = l;
    side.startRows += l;
    side.startSums[0] += logs === null ? l * l : logs[l] + logs[r];
    side.startSums[1] += r * r;
  }
}

/** Leaves only the rows on the left that it began with. */
export function emptySide({ start, startSums, sums }: LeftSide, { left, present, presentCount }: Search): void {
  for (let p = 0; p < presentCount; p++) left[present[p]] = start[present[p]];
  sums[0] = startSums[0];
  sums[1] = startSums[1];
}

export function moveGroup({ sums }: LeftSide, search: Search, groups: Groups, group: number): void {
  const { left, logs, node } = search;
  const { classes, classRows, starts } = groups;
  const end = starts[group + 1];
  let first = sums[0];
  let second = sums[1];
  for (let i = starts[group]; i < end; i++) {
    const c = classes[i];
    const n = classRows[i];
    const l = left[c];
    const r = node[c] - l;
    left[c] = l + n;
    if (logs !== null) first += logs[l + n] - logs[l] + logs[r - n] - logs[r];
    else {
      first += n * (l + l + n);
      second -= n * (r + r - n);
    }
  }
  sums[0] = first;
  sums[1] = second;
  search.steps += end - starts[group];
}

/** Offers the split of the node by the left side, which has so many rows. */
export function offerSide({ sums }: LeftSide, search: Search, leftRows: number): boolean {
  const { best, logs, objective, rowCount, slack } = search;
  const rightRows = rowCount - leftRows;
  if (objective.weights !== null) {
    search.steps += search.presentCount;
    return roughScore(search) >= best.score[0] * (1 - NEAR) && offerWeighted(search, 0);
  }
  if (logs === null) return offer(search, 0, sums[0] * rightRows + sums[1] * leftRows, leftRows * rightRows);
  const score = logs[rowCount] - logs[leftRows] - logs[rightRows] + sums[0];
  return score >= best.score[0] * (1 - NEAR) - slack && offer(search, 0, score, 1);
}
