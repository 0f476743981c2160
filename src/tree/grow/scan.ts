/**
 * Scans a column of numbers in its order: every boundary between two distinct values is a candidate.
 *
 * A position is scored before it is known to be a boundary: few scores beat the best, and only then it matters.
 * Boundaries inside a run of one class cannot be best (Fayyad, Irani 1992) unless a limit on leaves binds. They are
 * scored anyway: that takes half the time of a branch on random classes, as measured.
 */

import { isTurnOver } from '../turns.js';
import { NEAR } from './exact.js';
import { differ, type SortedTable } from './presort.js';
import { roughScore } from './rough-score.js';
import { offer, offerWeighted, type Search } from './search.js';

/**
 * Tries the boundaries between the entries in [start, to) of the table, where classes have no weights. `search.left` holds the classes of the rows that
 * are on the left of all of them: none, or those without a value. It is used up.
 * Why: docs/decisions/missing-value-ties.md
 */
export function scanNumbers(search: Search, start: number, to: number): void {
  if (!varies(search, start, to)) return;
  search.steps += to - start;
  if (search.logs !== null) scanEntropy(search, search.logs, start, to);
  else scanGini(search, start, to);
}

/** Whether the entries in [start, to) have different values. */
function varies({ feature, table }: Search, start: number, to: number): boolean {
  return to - start >= 2 && differ(table, feature, table.entries[start], table.entries[to - 1]);
}

/**
 * Whether the `leftRows` rows before position `i` and those that were there before may be divided from the rest.
 * Why: docs/decisions/no-bounds-on-blocks.md
 */
function isCandidate({ table, feature, minSamplesLeaf, rowCount }: Search, i: number, leftRows: number): boolean {
  if (leftRows < minSamplesLeaf || rowCount - leftRows < minSamplesLeaf) return false;
  return differ(table, feature, table.entries[i - 1], table.entries[i]);
}

/** Rows per value, on average, from which on it pays to go through the rows of a value without scoring them. */
const MANY_TIES = 8;

/** Whether a value has so many. */
export function isTied({ table, feature, rowCount }: Search): boolean {
  return table.distinct[feature] * MANY_TIES <= rowCount;
}

/** The bits in which two entries of one value agree, and no others do; 0 where ties are too rare to look for. */
function tieMask(search: Search): number {
  const { feature, table } = search;
  const tagCount = 1 << table.tagBits;
  return table.distinct[feature] <= tagCount && isTied(search) ? tagCount - 1 : 0;
}

/**
 * Up to so many rows two scores, fractions of denominators up to n²/4 that are at most n, are equal or differ by a share
 * of 2^-46 or more: doubles decide.
 */
export const SEPARATE_ROWS = 1024;
/** The share of the best score above which one is better: well above rounding, well below the least difference. */
export const BETTER = 1 + 16 * Number.EPSILON;
/** The share above which one may be as good. */
export const AS_GOOD = 1 - NEAR;

/** Where a scan is, all in doubles, counts too: their products leave the 31 bits of the engine's integers. */
export const place = new Float64Array(6);
export const ROWS = 0;
export const LEFT_ROWS = 1;
/** Σ left[c]² */
export const LEFT_SQUARES = 2;
/** Σ node[c]² - 2·node[c]·left[c] */
export const REST = 3;
/** What a score has to be above. */
const BOUND = 4;
/** Σ k·log2(k) of the classes on both sides, and of all rows. */
export const TERMS = 5;

/**
 * Moving a row of class c to the left adds 2·left[c] + 1 to the squares of the left. Those of the right follow from
 * (node - left)² = node² - 2·node·left + left². All of these are integers below 2^53.
 */
function scanGini(search: Search, start: number, to: number): void {
  const { best, table } = search;
  placeBefore(search);
  const share = place[ROWS] <= SEPARATE_ROWS ? BETTER : AS_GOOD;
  place[BOUND] = (best.score[0] / best.score[1]) * share;
  const ties = tieMask(search);
  const last = to - 1;
  for (let i = start; i < last; ) {
    i = nextAbove(table, search, ties, i, last);
    const leftRows = place[LEFT_ROWS];
    const rightRows = place[ROWS] - leftRows;
    const numerator = place[LEFT_SQUARES] * rightRows + (place[REST] + place[LEFT_SQUARES]) * leftRows;
    const denominator = leftRows * rightRows;
    if (numerator > place[BOUND] * denominator && isCandidate(search, i, leftRows)) {
      if (offer(search, i - start, numerator, denominator)) place[BOUND] = (numerator / denominator) * share;
    }
  }
}

/** The place before the first entry. */
export function placeBefore({ left, node, present, presentCount }: Search): void {
  place.fill(0);
  for (let p = 0; p < presentCount; p++) {
    const c = present[p];
    place[ROWS] += node[c];
    place[LEFT_ROWS] += left[c];
    place[LEFT_SQUARES] += left[c] * left[c];
    place[REST] += node[c] * node[c] - 2 * node[c] * left[c];
  }
}

/**
 * Goes on to the next position that scores above the bound, or to the last. It calls nothing: everything stays in
 * registers, and the code that V8 makes of its first thousand entries is never thrown away, as it was for what callees
 * had not done yet. So the first fit of a process takes a sixth less.
 */
function nextAbove(
  { classMask, entries, tagBits }: SortedTable,
  { left, node }: Search,
  ties: number,
  start: number,
  last: number,
): number {
  const rowCount = place[ROWS];
  const bound = place[BOUND];
  let leftRows = place[LEFT_ROWS];
  let leftSquares = place[LEFT_SQUARES];
  let rest = place[REST];
  let i = start;
  let numerator: number;
  let denominator: number;
  do {
    do {
      const c = (entries[i] >>> tagBits) & classMask;
      const l = left[c];
      left[c] = l + 1;
      leftSquares += l + l + 1;
      rest -= node[c] + node[c];
      leftRows++;
      i++;
    } while (ties !== 0 && i < last && ((entries[i] ^ entries[i - 1]) & ties) === 0);
    const rightRows = rowCount - leftRows;
    numerator = leftSquares * rightRows + (rest + leftSquares) * leftRows;
    denominator = leftRows * rightRows;
  } while (numerator <= bound * denominator && i < last);
  place[LEFT_ROWS] = leftRows;
  place[LEFT_SQUARES] = leftSquares;
  place[REST] = rest;
  return i;
}

/** The same with k·log2(k) in the place of squares. */
function scanEntropy(search: Search, logs: Float64Array, start: number, to: number): void {
  const { best, rowCount, slack, table } = search;
  placeTerms(search, logs);
  place[BOUND] = best.score[0] * AS_GOOD - slack;
  const ties = tieMask(search);
  const last = to - 1;
  for (let i = start; i < last; ) {
    i = nextAboveEntropy(table, search, logs, ties, i, last);
    const leftRows = place[LEFT_ROWS];
    const score = place[TERMS] - logs[leftRows] - logs[rowCount - leftRows];
    if (score > place[BOUND] && isCandidate(search, i, leftRows) && offer(search, i - start, score, 1)) {
      place[BOUND] = score * AS_GOOD - slack;
    }
  }
}

/** The same. */
export function placeTerms({ left, node, present, presentCount, rowCount }: Search, logs: Float64Array): void {
  place[ROWS] = rowCount;
  place[LEFT_ROWS] = 0;
  place[TERMS] = logs[rowCount];
  for (let p = 0; p < presentCount; p++) {
    const c = present[p];
    place[LEFT_ROWS] += left[c];
    place[TERMS] += logs[left[c]] + logs[node[c] - left[c]];
  }
}

/** As `nextAbove`. */
function nextAboveEntropy(
  { classMask, entries, tagBits }: SortedTable,
  { left, node }: Search,
  logs: Float64Array,
  ties: number,
  start: number,
  last: number,
): number {
  const rowCount = place[ROWS] | 0;
  const bound = place[BOUND];
  let leftRows = place[LEFT_ROWS] | 0;
  let terms = place[TERMS];
  let i = start;
  let score: number;
  do {
    do {
      const c = (entries[i] >>> tagBits) & classMask;
      const l = left[c] | 0;
      const r = (node[c] | 0) - l;
      left[c] = l + 1;
      terms += logs[l + 1] - logs[l] + logs[r - 1] - logs[r];
      leftRows++;
      i++;
    } while (ties !== 0 && i < last && ((entries[i] ^ entries[i - 1]) & ties) === 0);
    score = terms - logs[leftRows] - logs[rowCount - leftRows];
  } while (score <= bound && i < last);
  place[LEFT_ROWS] = leftRows;
  place[TERMS] = terms;
  return i;
}

/**
 * Tries the same boundaries where classes have weights. Those are no integers, and sums of them would drift: every
 * candidate is scored from its counts. Yields now and then.
 */
export function* scanWeighted(search: Search, start: number, to: number): Generator<void, void> {
  if (!varies(search, start, to)) return;
  const { best, left, present, presentCount } = search;
  const { entries, tagBits, classMask } = search.table;
  const ties = tieMask(search);
  let leftRows = 0;
  for (let p = 0; p < presentCount; p++) leftRows += left[present[p]];
  for (let i = start + 1; i < to; i++) {
    left[(entries[i - 1] >>> tagBits) & classMask]++;
    leftRows++;
    search.steps++;
    if (ties !== 0 && ((entries[i] ^ entries[i - 1]) & ties) === 0) continue;
    if (isTurnOver(search, presentCount)) yield;
    if (roughScore(search) < best.score[0] * AS_GOOD) continue;
    if (isCandidate(search, i, leftRows)) offerWeighted(search, i - start);
  }
}
