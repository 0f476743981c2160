/** The best split of a node: over all features, on both sides for missing values. */

import { isTurnOver } from '../turns.js';
import { type CategoryScan, scanCategories } from './categories.js';
import { MISSING_CODE, type SortedTable } from './presort.js';
import { scanNumbers, scanWeighted } from './scan.js';
import type { Search } from './search.js';

/** A node owns the same positions, [start, end), of every feature. */
export interface NodeRange {
  readonly start: number;
  readonly end: number;
}

/** Begins the search of a node with these class counts. */
export function beginSearch(search: Search, { start, end }: NodeRange, counts: ArrayLike<number>): void {
  const { best, left, node, present } = search;
  for (let p = 0; p < search.presentCount; p++) {
    left[present[p]] = 0;
    best.left[present[p]] = 0;
  }
  search.presentCount = 0;
  for (let c = 0; c < node.length; c++) {
    node[c] = counts[c];
    if (counts[c] > 0) present[search.presentCount++] = c;
  }
  search.rowCount = end - start;
  best.feature = -1;
  best.score[0] = 0;
  best.score[1] = 1;
  best.categories = null;
}

/**
 * Makes `search.best` the best split on any of `features`, which ascend, unless it is better already. Yields now and
 * then.
 */
export function* searchInTurns(
  scan: CategoryScan,
  range: NodeRange,
  features: Iterable<number>,
): Generator<void, void> {
  const { search } = scan;
  const { best } = search;
  let known = -1;
  for (const feature of features) {
    // No later split gains more, and of equals the first wins: most nodes near the leaves end here.
    if (best.feature !== known && isPerfect(search)) return;
    known = best.feature;
    if (isNumberWithoutWeights(search, feature)) searchNumbers(search, range, feature);
    else yield* searchFeature(scan, range, feature);
    if (isTurnOver(search, 0)) yield;
  }
}

/** The same at once, of numbers where classes have no weights. */
export function searchAtOnce(search: Search, range: NodeRange, features: readonly number[]): void {
  const { best, loops } = search;
  if (loops?.takesAll) {
    loops.search(search, range, 0, features.length);
    return;
  }
  let known = -1;
  for (const feature of features) {
    if (best.feature !== known && isPerfect(search)) return;
    known = best.feature;
    searchNumbers(search, range, feature);
  }
}

export function isNumberWithoutWeights({ objective, table }: Search, feature: number): boolean {
  return objective.weights === null && table.categoryCounts[feature] === 0;
}

export function searchNumbers(search: Search, { start, end }: NodeRange, feature: number): void {
  if (search.loops?.takes(feature)) {
    search.loops.search(search, { start, end }, feature, feature + 1);
    return;
  }
  const base = feature * search.table.rowCount;
  const to = base + presentEnd(search.table, feature, start, end);
  const hasMissing = to < base + end;
  search.feature = feature;
  placeMissing(search, false, to, base + end);
  // With missing values on the right the boundary before the first of them is a candidate too.
  scanNumbers(search, base + start, hasMissing ? to + 1 : to);
  if (!hasMissing) return;
  placeMissing(search, true, to, base + end);
  scanNumbers(search, base + start, to);
}

export function* searchFeature(scan: CategoryScan, { start, end }: NodeRange, feature: number): Generator<void, void> {
  const { search } = scan;
  const { categoryCounts, rowCount } = search.table;
  const base = feature * rowCount;
  const to = base + presentEnd(search.table, feature, start, end);
  const hasMissing = to < base + end;
  search.feature = feature;
  for (const missingLeft of hasMissing ? [false, true] : [false]) {
    placeMissing(search, missingLeft, to, base + end);
    if (categoryCounts[feature] > 0) yield* scanCategories(scan, base + start, to);
    else yield* scanWeighted(search, base + start, hasMissing && !missingLeft ? to + 1 : to);
  }
}

/** Leaves on the candidates' left only the rows without a value, the entries in [start, end), or nothing. */
function placeMissing(search: Search, missingLeft: boolean, start: number, end: number): void {
  const { left, present, presentCount, table } = search;
  search.missingLeft = missingLeft;
  for (let p = 0; p < presentCount; p++) left[present[p]] = 0;
  if (!missingLeft) return;
  for (let i = start; i < end; i++) left[(table.entries[i] >>> table.tagBits) & table.classMask]++;
  search.steps += end - start;
}

/** Whether the best split leaves one class on either side. */
export function isPerfect({ node, best, present, presentCount }: Search): boolean {
  let leftClasses = 0;
  let rightClasses = 0;
  for (let p = 0; p < presentCount; p++) {
    const c = present[p];
    if (best.left[c] > 0) leftClasses++;
    if (best.left[c] < node[c]) rightClasses++;
    if (leftClasses > 1 || rightClasses > 1) return false;
  }
  return true;
}
/** Where the node's missing values begin; they come last in a feature's order. */
export function presentEnd(table: SortedTable, feature: number, start: number, end: number): number {
  const codes = table.codes[feature];
  if (codes === null || codes === undefined) return end;
  const base = feature * table.rowCount;
  let low = start;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (codes[table.entries[base + middle] >>> table.rowShift] === MISSING_CODE) high = middle;
    else low = middle + 1;
  }
  return low;
}
