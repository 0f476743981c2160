/** The categories of a node and the rows of their classes, of which most may be 0: only others are held. */
import type { Search } from './search.js';

/** Groups of rows by their category, ascending; reused for every node. */
export interface Groups {
  groupCount: number;
  readonly codes: number[];
  readonly rows: number[];
  /** Group g has `classRows[i]` rows of `classes[i]`, for i in [starts[g], starts[g + 1]). */
  readonly starts: number[];
  readonly classes: number[];
  readonly classRows: number[];
  /**
   * Class c is in `memberCounts[c]` groups, ascending: `memberGroups[i]` has `memberRows[i]` rows of it, for i from
   * `memberStarts[c]` on.
   */
  readonly memberCounts: Int32Array;
  readonly memberStarts: Int32Array;
  memberGroups: Int32Array;
  memberRows: Int32Array;
  /** Of the group that is read: rows of each class. 0 in between. */
  readonly tally: Int32Array;
}

export function createGroups(classCount: number): Groups {
  return {
    groupCount: 0,
    codes: [],
    rows: [],
    starts: [],
    classes: [],
    classRows: [],
    memberCounts: new Int32Array(classCount),
    memberStarts: new Int32Array(classCount),
    memberGroups: new Int32Array(64),
    memberRows: new Int32Array(64),
    tally: new Int32Array(classCount),
  };
}

/** Reads the entries in [start, to), which are sorted by their codes. */
export function readGroups(groups: Groups, search: Search, start: number, to: number): void {
  const { entries, classMask, rowShift, tagBits } = search.table;
  const codes = search.table.codes[search.feature]!;
  const { classes, starts, tally } = groups;
  for (let i = 0; i < classes.length; i++) groups.memberCounts[classes[i]] = 0;
  groups.groupCount = 0;
  classes.length = 0;
  let i = start;
  while (i < to) {
    const group = groups.groupCount++;
    const code = codes[entries[i] >>> rowShift];
    const first = i;
    starts[group] = classes.length;
    for (; i < to; i++) {
      const entry = entries[i];
      if (codes[entry >>> rowShift] !== code) break;
      const c = (entry >>> tagBits) & classMask;
      if (tally[c]++ === 0) classes.push(c);
    }
    groups.codes[group] = code;
    groups.rows[group] = i - first;
    takeTally(groups, starts[group]);
  }
  starts[groups.groupCount] = classes.length;
  search.steps += to - start;
  findMembers(groups, search);
}

function takeTally({ classes, classRows, tally }: Groups, from: number): void {
  for (let i = from; i < classes.length; i++) {
    classRows[i] = tally[classes[i]];
    tally[classes[i]] = 0;
  }
}

/** Sorts what the groups have by class. */
function findMembers(groups: Groups, { present, presentCount }: Search): void {
  const { classes, classRows, groupCount, memberCounts, memberStarts, starts } = groups;
  if (groups.memberGroups.length < classes.length) {
    groups.memberGroups = new Int32Array(2 * classes.length);
    groups.memberRows = new Int32Array(2 * classes.length);
  }
  const { memberGroups, memberRows } = groups;
  for (let i = 0; i < classes.length; i++) memberCounts[classes[i]]++;
  for (let p = 0, next = 0; p < presentCount; p++) {
    memberStarts[present[p]] = next;
    next += memberCounts[present[p]];
    memberCounts[present[p]] = 0;
  }
  for (let group = 0; group < groupCount; group++) {
    for (let i = starts[group]; i < starts[group + 1]; i++) {
      const member = memberStarts[classes[i]] + memberCounts[classes[i]]++;
      memberGroups[member] = group;
      memberRows[member] = classRows[i];
    }
  }
}
