/**
 * Scans a column of categories for a set that goes left. With two classes the best set is a prefix of the categories
 * in the order of their share of the second class (Breiman et al. 1984, theorem 4.5). With more, that order is tried
 * for every class.
 */
import { MAX_CATEGORIES } from '../../ground/limits.js';
import { isTurnOver } from '../turns.js';
import { createGroups, type Groups, readGroups } from './groups.js';
import { beginSide, createSide, emptySide, type LeftSide, moveGroup, offerSide } from './left-side.js';
import type { Search } from './search.js';

/** Up to so many categories the sets that were tried are remembered: orders of many classes have most of them in common. */
export const REMEMBERED_GROUPS = 12;

/** What scans of categories work in; reused for every node. */
export interface CategoryScan {
  readonly search: Search;
  readonly groups: Groups;
  readonly side: LeftSide;
  /** Classes to order by. */
  readonly targets: Int32Array;
  /** Groups by ascending share of a class, and the shares. */
  readonly order: Int32Array;
  readonly shares: Float64Array;
  /** `tried[set]`: whether the groups of a set, as bits, were tried together. */
  readonly tried: Uint8Array;
  /** `triedLast[group]`: whether the order was tried in which only this group leaves its place, for the last. */
  readonly triedLast: Uint8Array;
}

export function createCategoryScan(search: Search): CategoryScan {
  const { classCount } = search.table;
  return {
    search,
    groups: createGroups(classCount),
    side: createSide(classCount),
    targets: new Int32Array(classCount),
    order: new Int32Array(MAX_CATEGORIES),
    shares: new Float64Array(MAX_CATEGORIES),
    tried: new Uint8Array(1 << REMEMBERED_GROUPS),
    triedLast: new Uint8Array(MAX_CATEGORIES),
  };
}

/**
 * Tries prefixes of the orders of the categories in [start, to). With missing values on the right all categories are a
 * candidate too. `search.left` holds the classes of the missing ones that go left. It is used up. Yields now and then.
 * Why: docs/decisions/left-categories-are-all-listed.md, docs/decisions/a-set-of-categories-is-tried-once.md
 */
export function* scanCategories(scan: CategoryScan, start: number, to: number): Generator<void, void> {
  const { groups, order, search, side, targets, tried, triedLast } = scan;
  if (isOneCategory(search, start, to)) return;
  readGroups(groups, search, start, to);
  beginSide(side, search);
  tried.fill(0, 0, 1 << Math.min(groups.groupCount, REMEMBERED_GROUPS));
  triedLast.fill(0, 0, groups.groupCount);
  let chosen: Int32Array | null = null;
  let triedByCode = false;
  const targetCount = findTargets(scan);
  for (let t = 0; t < targetCount; t++) {
    const target = targets[t];
    const memberCount = groups.memberCounts[target];
    // Classes of no group, and those of one and the same, give one order.
    if (memberCount === 0) {
      if (triedByCode) continue;
      triedByCode = true;
    } else if (memberCount === 1) {
      const only = groups.memberGroups[groups.memberStarts[target]];
      if (triedLast[only] === 1) continue;
      triedLast[only] = 1;
    }
    orderByShare(scan, target);
    const length = tryPrefixes(scan);
    if (length > 0) chosen = order.slice(0, length);
    if (isTurnOver(search, groups.groupCount)) yield;
  }
  if (chosen !== null) search.best.categories = Array.from(chosen, (g) => groups.codes[g]).sort((a, b) => a - b);
}

/** Whether all rows of the node have one category: then there is nothing to divide. */
function isOneCategory({ feature, rowCount, table }: Search, start: number, to: number): boolean {
  if (to - start < rowCount) return false;
  const { entries, rowShift } = table;
  const codes = table.codes[feature]!;
  return codes[entries[start] >>> rowShift] === codes[entries[to - 1] >>> rowShift];
}

/**
 * Finds the classes to order by, ascending: those of the node's rows, and the first other one, which stands for all.
 * Returns how many they are.
 */
function findTargets({ search, targets }: CategoryScan): number {
  const { present, presentCount, table } = search;
  if (table.classCount === 2) {
    targets[0] = 1;
    return 1;
  }
  let absent = 0;
  while (absent < presentCount && present[absent] === absent) targets[absent] = absent++;
  if (absent === table.classCount) return absent;
  targets[absent] = absent;
  for (let p = absent; p < presentCount; p++) targets[p + 1] = present[p];
  return presentCount + 1;
}

/**
 * Orders the groups by ascending share of the class among their rows, then by code. Shares of at most 2^26 rows that
 * differ do so as doubles too.
 */
function orderByShare({ groups, order, shares }: CategoryScan, target: number): void {
  const { groupCount, memberCounts, memberGroups, memberRows, memberStarts, rows } = groups;
  const start = memberStarts[target];
  const end = start + memberCounts[target];
  let length = 0;
  for (let group = 0, member = start; group < groupCount; group++) {
    if (member < end && memberGroups[member] === group) member++;
    else order[length++] = group;
  }
  const others = length;
  for (let member = start; member < end; member++) {
    const group = memberGroups[member];
    const share = memberRows[member] / rows[group];
    let place = length++;
    for (; place > others && shares[place - 1] > share; place--) {
      order[place] = order[place - 1];
      shares[place] = shares[place - 1];
    }
    order[place] = group;
    shares[place] = share;
  }
}

/** Tries the prefixes of the order. Returns the length of the best one if it is the best split now, else 0. */
function tryPrefixes({ groups, order, search, side, tried }: CategoryScan): number {
  const { groupCount } = groups;
  const remembers = groupCount <= REMEMBERED_GROUPS;
  const minRows = Math.max(1, search.minSamplesLeaf);
  let leftRows = side.startRows;
  let set = 0;
  let moved = 0;
  let best = 0;
  for (let last = 0; last < groupCount; last++) {
    leftRows += groups.rows[order[last]];
    set |= 1 << order[last];
    if (remembers && tried[set] === 1) continue;
    if (remembers) tried[set] = 1;
    if (leftRows < minRows || search.rowCount - leftRows < minRows) continue;
    if (moved === 0) emptySide(side, search);
    for (; moved <= last; moved++) moveGroup(side, search, groups, order[moved]);
    if (offerSide(side, search, leftRows)) best = last + 1;
  }
  return best;
}
