/**
 * Scans a column of numbers in the order of its keys, as scan.ts does in that of entries. What is clearly better than all
 * before it is kept as the scan goes on; where two may be equal, the scan stops for a comparison of their counts.
 */
import type { Draws } from './draws.js';
import { NEAR } from './exact.js';
import {
  AS_GOOD,
  BETTER,
  isTied,
  LEFT_ROWS,
  LEFT_SQUARES,
  place,
  placeBefore,
  placeTerms,
  REST,
  ROWS,
  SEPARATE_ROWS,
  TERMS,
} from './scan.js';
import { offer, type Search } from './search.js';

/** The share of the best score above which one is better, rounding or not. */
const CLEARLY_BETTER = 1 + 2 * NEAR;

/** What a scan has found that was clearly better than all before, and whether it stopped. In an array: as `Split.score`. */
const found = new Float64Array(5);
/** The key after the boundary; 0: there is none. */
const AT = 0;
const FOUND_ROWS = 1;
const NUMERATOR = 2;
const DENOMINATOR = 3;
const STOPPED = 4;

/** Tries the boundaries between the first `count` of the sorted keys, in a column that no row misses, without weights. */
export function scanKeys(search: Search, draws: Draws, feature: number, count: number): void {
  const { left, logs, present, presentCount } = search;
  search.feature = feature;
  search.missingLeft = false;
  for (let p = 0; p < presentCount; p++) left[present[p]] = 0;
  search.steps += count;
  if (logs === null) placeBefore(search);
  else placeTerms(search, logs);
  const last = count - 1;
  for (let at = 0; at < last; ) {
    at = logs === null ? findGini(search, draws, at, last) : findEntropy(search, draws, logs, at, last);
    if (found[AT] > 0) offerFound(search, draws, at);
    if (found[STOPPED] === 1) offerTied(search, draws, at);
  }
}

/** Offers what was found before the key `at`, where `search.left` is. */
function offerFound(search: Search, draws: Draws, at: number): void {
  moveLeft(search, draws, found[AT], at, -1);
  offerBoundary(search, draws, found[AT], found[FOUND_ROWS], found[NUMERATOR], found[DENOMINATOR]);
  moveLeft(search, draws, found[AT], at, 1);
}

function moveLeft(
  { left }: Search,
  { classBits, rankShift, sorter }: Draws,
  from: number,
  to: number,
  sign: number,
): void {
  const classMask = (1 << classBits) - 1;
  const timesMask = (1 << (rankShift - classBits)) - 1;
  for (let i = from; i < to; i++) {
    const key = sorter.keys[i];
    left[key & classMask] += sign * (((key >>> classBits) & timesMask) + 1);
  }
}

function offerTied(search: Search, draws: Draws, at: number): void {
  const { logs, rowCount } = search;
  const leftRows = place[LEFT_ROWS];
  const rightRows = rowCount - leftRows;
  if (logs !== null) offerBoundary(search, draws, at, leftRows, place[TERMS] - logs[leftRows] - logs[rightRows], 1);
  else {
    const numerator = place[LEFT_SQUARES] * rightRows + (place[REST] + place[LEFT_SQUARES]) * leftRows;
    offerBoundary(search, draws, at, leftRows, numerator, leftRows * rightRows);
  }
}

function offerBoundary(
  search: Search,
  { rankShift, sorter }: Draws,
  at: number,
  leftRows: number,
  numerator: number,
  denominator: number,
): void {
  if (!offer(search, leftRows, numerator, denominator)) return;
  search.best.below = sorter.keys[at - 1] >>> rankShift;
  search.best.above = sorter.keys[at] >>> rankShift;
}

/** Goes on from the key `start` to the last, or to one before which lies a boundary that may be as good as the best. */
function findGini(search: Search, draws: Draws, start: number, last: number): number {
  const { best, left, minSamplesLeaf, node } = search;
  const { classBits, rankShift } = draws;
  const { keys } = draws.sorter;
  const classMask = (1 << classBits) - 1;
  const timesMask = (1 << (rankShift - classBits)) - 1;
  const ties = isTied(search);
  const rowCount = place[ROWS];
  const asGood = rowCount <= SEPARATE_ROWS ? BETTER : AS_GOOD;
  const better = rowCount <= SEPARATE_ROWS ? BETTER : CLEARLY_BETTER;
  let bound = (best.score[0] / best.score[1]) * asGood;
  let clear = (best.score[0] / best.score[1]) * better;
  let leftRows = place[LEFT_ROWS];
  let leftSquares = place[LEFT_SQUARES];
  let rest = place[REST];
  let isTie = false;
  let foundAt = 0;
  let foundRows = 0;
  let foundNumerator = 0;
  let foundDenominator = 1;
  let i = start;
  while (i < last && !isTie) {
    do {
      const key = keys[i];
      const c = key & classMask;
      const times = ((key >>> classBits) & timesMask) + 1;
      const l = left[c];
      const of = node[c];
      left[c] = l + times;
      leftSquares += (l + l + times) * times;
      rest -= (of + of) * times;
      leftRows += times;
      i++;
    } while (ties && i < last && (keys[i] ^ keys[i - 1]) >>> rankShift === 0);
    const rightRows = rowCount - leftRows;
    const numerator = leftSquares * rightRows + (rest + leftSquares) * leftRows;
    const denominator = leftRows * rightRows;
    if (numerator <= bound * denominator) continue;
    if ((keys[i] ^ keys[i - 1]) >>> rankShift === 0) continue;
    if (leftRows < minSamplesLeaf || rightRows < minSamplesLeaf) continue;
    isTie = numerator <= clear * denominator;
    if (isTie) continue;
    foundAt = i;
    foundRows = leftRows;
    foundNumerator = numerator;
    foundDenominator = denominator;
    const score = numerator / denominator;
    bound = score * asGood;
    clear = score * better;
  }
  found[AT] = foundAt;
  found[FOUND_ROWS] = foundRows;
  found[NUMERATOR] = foundNumerator;
  found[DENOMINATOR] = foundDenominator;
  found[STOPPED] = isTie ? 1 : 0;
  place[LEFT_ROWS] = leftRows;
  place[LEFT_SQUARES] = leftSquares;
  place[REST] = rest;
  return i;
}

/** The same with k·log2(k) in the place of squares. */
function findEntropy(search: Search, draws: Draws, logs: Float64Array, start: number, last: number): number {
  const { best, left, minSamplesLeaf, node, slack } = search;
  const { classBits, rankShift } = draws;
  const { keys } = draws.sorter;
  const classMask = (1 << classBits) - 1;
  const timesMask = (1 << (rankShift - classBits)) - 1;
  const ties = isTied(search);
  const rowCount = place[ROWS] | 0;
  let bound = best.score[0] * AS_GOOD - slack;
  let clear = best.score[0] * CLEARLY_BETTER + slack;
  let leftRows = place[LEFT_ROWS] | 0;
  let terms = place[TERMS];
  let isTie = false;
  let foundAt = 0;
  let foundRows = 0;
  let foundScore = 0;
  let i = start;
  while (i < last && !isTie) {
    do {
      const key = keys[i];
      const c = key & classMask;
      const times = ((key >>> classBits) & timesMask) + 1;
      const l = left[c] | 0;
      const r = (node[c] | 0) - l;
      left[c] = l + times;
      terms += logs[l + times] - logs[l] + logs[r - times] - logs[r];
      leftRows += times;
      i++;
    } while (ties && i < last && (keys[i] ^ keys[i - 1]) >>> rankShift === 0);
    const rightRows = rowCount - leftRows;
    const score = terms - logs[leftRows] - logs[rightRows];
    if (score <= bound) continue;
    if ((keys[i] ^ keys[i - 1]) >>> rankShift === 0) continue;
    if (leftRows < minSamplesLeaf || rightRows < minSamplesLeaf) continue;
    isTie = score <= clear;
    if (isTie) continue;
    foundAt = i;
    foundRows = leftRows;
    foundScore = score;
    bound = score * AS_GOOD - slack;
    clear = score * CLEARLY_BETTER + slack;
  }
  found[AT] = foundAt;
  found[FOUND_ROWS] = foundRows;
  found[NUMERATOR] = foundScore;
  found[DENOMINATOR] = 1;
  found[STOPPED] = isTie ? 1 : 0;
  place[LEFT_ROWS] = leftRows;
  place[TERMS] = terms;
  return i;
}
