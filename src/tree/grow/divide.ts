/** Divides a node: every feature's entries, in place and stably, so that both children stay sorted. */
import { MISSING_CODE, type SortedTable } from './presort.js';
import type { Split } from './search.js';
import { type NodeRange, presentEnd } from './split.js';

/** From this many entries on, one call that copies them all is faster than a loop. */
const BULK = 64;

/** Sets `goesRight[row]` for every row of the node. Why: docs/decisions/integers-for-the-engine.md */
export function markSides(table: SortedTable, { start, end }: NodeRange, split: Split, goesRight: Uint8Array): void {
  const base = split.feature * table.rowCount;
  if (split.categories !== null) {
    const right = new Uint8Array(256).fill(1);
    for (const category of split.categories) right[category] = 0;
    right[MISSING_CODE] = split.missingLeft ? 0 : 1;
    markByCode(table, split.feature, { start, end }, right, goesRight);
    return;
  }
  const present = presentEnd(table, split.feature, start, end);
  mark(table, base + start, base + start + split.position, 0, goesRight);
  mark(table, base + start + split.position, base + present, 1, goesRight);
  mark(table, base + present, base + end, split.missingLeft ? 0 : 1, goesRight);
}

/** Sends the rows of the entries in [from, to) to one side. */
function mark({ entries, rowShift }: SortedTable, from: number, to: number, side: number, goesRight: Uint8Array): void {
  for (let i = from; i < to; i++) goesRight[entries[i] >>> rowShift] = side;
}

/** Sends the node's rows to the sides of their codes. */
function markByCode(
  { codes, entries, rowCount, rowShift }: SortedTable,
  feature: number,
  { start, end }: NodeRange,
  sideOf: Uint8Array,
  goesRight: Uint8Array,
): void {
  const base = feature * rowCount;
  const codeOf = codes[feature]!;
  for (let i = base + start; i < base + end; i++) {
    const row = entries[i] >>> rowShift;
    goesRight[row] = sideOf[codeOf[row]];
  }
}

/** Moves the node's left rows before its right ones in one feature's order. `scratch` holds at least the right ones. */
export function partition(
  table: SortedTable,
  feature: number,
  { start, end }: NodeRange,
  goesRight: Uint8Array,
  scratch: Int32Array,
): void {
  const base = feature * table.rowCount;
  const moved = gatherLeft(table, base + start, base + end, goesRight, scratch);
  copyTo(table.entries, base + end - moved, scratch, moved);
}

/**
 * Moves the left rows together and the right ones into `scratch`; returns how many those are. A function of its own,
 * like every loop that is long at its first call: code after such a loop has not run when the loop is compiled, and
 * reaching it would discard the compiled code each time.
 */
function gatherLeft(
  { entries, rowShift }: SortedTable,
  from: number,
  to: number,
  goesRight: Uint8Array,
  scratch: Int32Array,
): number {
  let moved = 0;
  for (let i = from; i < to; i++) {
    const entry = entries[i];
    // Written to both sides, but only one moves on: no branch to mispredict.
    entries[i - moved] = entry;
    scratch[moved] = entry;
    moved += goesRight[entry >>> rowShift];
  }
  return moved;
}

function copyTo(entries: Int32Array, at: number, scratch: Int32Array, count: number): void {
  if (count >= BULK) entries.set(scratch.subarray(0, count), at);
  else for (let i = 0; i < count; i++) entries[at + i] = scratch[i];
}
