/** Divides a node: every feature's entries, in place and stably, so that both children stay sorted. */
import { MISSING_CODE, type SortedTable } from './presort.js';
import type { Split } from './search.js';
import { type NodeRange, presentEnd } from './split.js';

/** Entries from which on one call that copies them all costs less than a loop. */
const BULK = 64;

/** Sets `goesRight[row]` for every row of the node. */
export function markSides(table: SortedTable, { start, end }: NodeRange, split: Split, goesRight: Uint8Array): void {
  const { entries, rowShift, rowCount } = table;
  const base = split.feature * rowCount;
  const codes = table.codes[split.feature];
  if (split.categories !== null) {
    const right = new Uint8Array(256).fill(1);
    for (const category of split.categories) right[category] = 0;
    right[MISSING_CODE] = split.missingLeft ? 0 : 1;
    for (let i = base + start; i < base + end; i++) {
      const row = entries[i] >>> rowShift;
      goesRight[row] = right[codes![row]];
    }
    return;
  }
  const boundary = base + start + split.position;
  const present = base + presentEnd(table, split.feature, start, end);
  for (let i = base + start; i < boundary; i++) goesRight[entries[i] >>> rowShift] = 0;
  for (let i = boundary; i < present; i++) goesRight[entries[i] >>> rowShift] = 1;
  for (let i = present; i < base + end; i++) goesRight[entries[i] >>> rowShift] = split.missingLeft ? 0 : 1;
}

/** Moves the node's left rows before its right ones in one feature's order. `scratch` holds at least the right ones. */
export function partition(
  table: SortedTable,
  feature: number,
  { start, end }: NodeRange,
  goesRight: Uint8Array,
  scratch: Int32Array,
): void {
  const { entries, rowShift } = table;
  const from = feature * table.rowCount + start;
  const to = feature * table.rowCount + end;
  let moved = 0;
  for (let i = from; i < to; i++) {
    const entry = entries[i];
    // Written to both sides, but only one moves on: no branch to mispredict.
    entries[i - moved] = entry;
    scratch[moved] = entry;
    moved += goesRight[entry >>> rowShift];
  }
  const middle = to - moved;
  if (moved >= BULK) entries.set(scratch.subarray(0, moved), middle);
  else for (let i = 0; i < moved; i++) entries[middle + i] = scratch[i];
}
