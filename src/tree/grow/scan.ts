/**
 * Scans a column of numbers in its order: every boundary between two distinct values is a candidate.
 *
 * A position is scored before it is known to be a boundary: few scores beat the best, and only then it matters.
 * Boundaries inside a run of one class cannot be best (Fayyad, Irani 1992) unless a limit on leaves binds. They are
 * scored anyway: that takes half the time of a branch on random classes, as measured.
 */

import { isTurnOver } from '../turns.js';
import { NEAR } from './exact.js';
import { differ } from './presort.js';
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

/** The bits in which two entries of one value agree, and no others do; 0 where ties are too rare to look for. */
function tieMask({ table, feature, rowCount }: Search): number {
  const tagCount = 1 << table.tagBits;
  const distinct = table.distinct[feature];
  return distinct <= tagCount && distinct * MANY_TIES <= rowCount ? tagCount - 1 : 0;
}

/**
 * Up to so many rows two scores, fractions of denominators up to n²/4 that are at most n, are equal or differ by a share
 * of 2^-46 or more: doubles decide.
 */
const SEPARATE_ROWS = 1024;
/** The share of the best score above which one is better: well above rounding, well below the least difference. */
const BETTER = 1 + 16 * Number.EPSILON;
/** The share above which one may be as good. */
const AS_GOOD = 1 - NEAR;

/**
 * Moving a row of class c to the left adds 2·left[c] + 1 to the squares of the left. Those of the right follow from
 * (node - left)² = node² - 2·node·left + left². All of these are integers below 2^53.
 */
function scanGini(search: Search, start: number, to: number): void {
  const { node, left, best, present, presentCount } = search;
  const { entries, tagBits, classMask } = search.table;
  // All in doubles, counts too: their products leave the 31 bits of the engine's integers.
  let rowCount = 0;
  let leftRows = 0;
  let leftSquares = 0;
  let rest = 0; // Σ node[c]² - 2·node[c]·left[c]
  for (let p = 0; p < presentCount; p++) {
    const c = present[p];
    rowCount += node[c];
    leftRows += left[c];
    leftSquares += left[c] * left[c];
    rest += node[c] * node[c] - 2 * node[c] * left[c];
  }
  const share = rowCount <= SEPARATE_ROWS ? BETTER : AS_GOOD;
  let bound = (best.score[0] / best.score[1]) * share;
  const ties = tieMask(search);
  const last = to - 1;
  let i = start;
  while (i < last) {
    let numerator: number;
    let denominator: number;
    // No calls in this loop: everything stays in registers.
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
    if (numerator > bound * denominator && isCandidate(search, i, leftRows)) {
      if (offer(search, i - start, numerator, denominator)) bound = (numerator / denominator) * share;
    }
  }
}

/** The same with k·log2(k) in the place of squares. */
function scanEntropy(search: Search, logs: Float64Array, start: number, to: number): void {
  const { node, left, best, present, presentCount, rowCount, slack } = search;
  const { entries, tagBits, classMask } = search.table;
  let leftRows = 0;
  let terms = logs[rowCount];
  for (let p = 0; p < presentCount; p++) {
    const c = present[p];
    leftRows = (leftRows + left[c]) | 0;
    terms += logs[left[c]] + logs[node[c] - left[c]];
  }
  let bound = best.score[0] * AS_GOOD - slack;
  const ties = tieMask(search);
  const last = to - 1;
  let i = start;
  while (i < last) {
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
    if (score > bound && isCandidate(search, i, leftRows) && offer(search, i - start, score, 1)) {
      bound = score * AS_GOOD - slack;
    }
  }
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
