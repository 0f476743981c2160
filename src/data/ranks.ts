import { sortRows } from './sort-rows.js';

/** A 64-bit rank per row, as two halves; within a class the rows of the lowest ranks are held out first. */
export interface Ranks {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** The given rows by ascending rank; rows of one rank, if there are any, by their place in the table. */
export function sortByRank(rows: Uint32Array, { high, low }: Ranks): Uint32Array {
  return sortRows(
    rows,
    (row) => high[row]!,
    (x, y) => low[x]! - low[y]! || x - y,
  );
}
