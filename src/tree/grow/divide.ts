/** Divides a node: every feature's entries, in place and stably, so that both children stay sorted. */
import { MISSING_CODE, type SortedTable } from './presort.js';
import type { Split } from './search.js';
import { type NodeRange, presentEnd } from './split.js';

/** From this many entries on, one call that copies them all is faster than a loop. */
const BULK = 64;

/** What a member divides nodes with. */
export interface Dividing {
  readonly table: SortedTable;
  readonly goesRight: Uint8Array;
  /** It holds at least the rows of a node that go right. */
  readonly scratch: Int32Array;
  readonly loops: DividingLoops | null;
}

/** The loops of dividing in WebAssembly. */
export interface DividingLoops {
  /** Sends the rows of the entries in [from, to) to one side. */
  mark(from: number, to: number, side: number): void;
  /** Moves the left rows before the right ones in the orders of the features in [from, to) but `inOrder`. */
  partition(range: NodeRange, from: number, to: number, inOrder: number): void;
}

/** In the place of a feature whose order is right already. */
export const NO_FEATURE = -1;

/** Sets `goesRight[row]` for every row of the node. Why: docs/decisions/integers-for-the-engine.md */
export function markSides({ goesRight, loops, table }: Dividing, { start, end }: NodeRange, split: Split): void {
  const base = split.feature * table.rowCount;
  if (split.categories !== null) {
    const right = new Uint8Array(256).fill(1);
    for (const category of split.categories) right[category] = 0;
    right[MISSING_CODE] = split.missingLeft ? 0 : 1;
    markByCode(table, split.feature, { start, end }, right, goesRight);
    return;
  }
  const present = presentEnd(table, split.feature, start, end);
  const send = (from: number, to: number, side: number) =>
    loops === null ? mark(table, from, to, side, goesRight) : loops.mark(from, to, side);
  send(base + start, base + start + split.position, 0);
  send(base + start + split.position, base + present, 1);
  if (present < end) send(base + present, base + end, split.missingLeft ? 0 : 1);
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

/** Moves the node's left rows before its right ones in one feature's order. */
export function partition(
  { goesRight, loops, scratch, table }: Dividing,
  feature: number,
  { start, end }: NodeRange,
): void {
  if (loops !== null) {
    loops.partition({ start, end }, feature, feature + 1, NO_FEATURE);
    return;
  }
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
