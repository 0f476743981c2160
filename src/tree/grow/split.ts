/** The best split of a node: over all features, on both sides for missing values. */
import { scanCategories } from './categories.js';
import { MISSING_CODE, type SortedTable } from './presort.js';
import { scanNumbers } from './scan.js';
import type { Search } from './search.js';

/** A node owns the same positions, [start, end), of every feature. */
export interface NodeRange {
  readonly start: number;
  readonly end: number;
}

/** Begins the search of a node with these class counts. */
export function beginSearch(search: Search, { start, end }: NodeRange, counts: ArrayLike<number>): void {
  const { best, node } = search;
  for (let c = 0; c < node.length; c++) node[c] = counts[c];
  search.rowCount = end - start;
  best.feature = -1;
  best.score[0] = 0;
  best.score[1] = 1;
  best.categories = null;
}

/** Makes `search.best` the best split on any of `features`, which ascend, unless it is better already. */
export function searchFeatures(search: Search, range: NodeRange, features: Iterable<number>): void {
  const { best } = search;
  let known = -1;
  for (const feature of features) {
    // No later split gains more, and of equals the first wins: most nodes near the leaves end here.
    if (best.feature !== known && isPerfect(search)) return;
    known = best.feature;
    searchFeature(search, range, feature);
  }
}

/** Whether the best split leaves one class on either side. */
function isPerfect({ node, best }: Search): boolean {
  let leftClasses = 0;
  let rightClasses = 0;
  for (let c = 0; c < node.length; c++) {
    if (best.left[c] > 0) leftClasses++;
    if (best.left[c] < node[c]) rightClasses++;
    if (leftClasses > 1 || rightClasses > 1) return false;
  }
  return true;
}

/** For a few classes: calling `fill` takes longer. */
function clear(counts: Float64Array): void {
  for (let c = 0; c < counts.length; c++) counts[c] = 0;
}

function searchFeature(search: Search, { start, end }: NodeRange, feature: number): void {
  const { table } = search;
  const base = feature * table.rowCount;
  const from = base + start;
  const to = base + presentEnd(table, feature, start, end);
  const missing = base + end - to;
  search.feature = feature;
  search.missingLeft = false;
  clear(search.left);
  if (table.categoryCounts[feature] > 0) scanCategories(search, from, to);
  // With missing values on the right the boundary before the first of them is a candidate too.
  else scanNumbers(search, from, missing > 0 ? to + 1 : to);
  if (missing === 0) return;

  search.missingLeft = true;
  clear(search.left);
  for (let i = to; i < base + end; i++) search.left[(table.entries[i] >>> table.tagBits) & table.classMask]++;
  if (table.categoryCounts[feature] > 0) scanCategories(search, from, to);
  else scanNumbers(search, from, to);
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
