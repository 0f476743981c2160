/**
 * The training rows in the order of every feature's values, sorted once and kept sorted while the tree grows
 * (SLIQ: Mehta, Agrawal, Rissanen 1996).
 *
 * Growing reads orders, and rarely values. An entry holds a row, its class and a tag of its value in 32 bits,
 * so that a scan reads memory once and in order:
 *
 *     row << rowShift | class << tagBits | tag
 *
 * Values with different tags differ. Tags are the ranks of the values, in as many bits as are left: in a column of few
 * values they are exact, in one of many, neighbours rarely share one.
 */
import { createSorter, KEY, type SortLoops } from './radix-sort.js';

/**
 * Code of a missing value in `SortedTable.codes`: the one that is no category, of which there are at most 255.
 * Why: docs/decisions/tagged-entries.md
 */
export const MISSING_CODE = 255;

/** A row of the sorted table is a place in `rows`. */
export interface SortedTable {
  readonly rowCount: number;
  readonly classCount: number;
  readonly featureCount: number;
  /** `columns[feature][rows[row]]`: a value, NaN where it is missing. */
  readonly columns: readonly Float64Array[];
  readonly rows: Uint32Array;
  /** An entry of each row, but for the tag: `row << (rowShift - tagBits) | class`. */
  readonly marks: Uint32Array;
  /** `entries[feature * rowCount + position]`; missing values come last. */
  readonly entries: Int32Array;
  /** `entry >>> rowShift` is a row in [0, rowCount). */
  readonly rowShift: number;
  /** `(entry >>> tagBits) & classMask` is a class. */
  readonly tagBits: number;
  readonly classMask: number;
  /** `distinct[feature]`: how many values the column has, missing being one of them. */
  readonly distinct: Int32Array;
  /**
   * `codes[feature][row]`: the category, or MISSING_CODE. Of a number column only MISSING_CODE means something;
   * null where it has no missing value.
   */
  readonly codes: readonly (Uint8Array | null)[];
  /** `categoryCounts[feature]`: how many categories the column has; 0 at a column of numbers. */
  readonly categoryCounts: Int32Array;
}

/** Bits that `count` different values need. */
function bitsFor(count: number): number {
  return count <= 1 ? 0 : 32 - Math.clz32(count - 1);
}

/** How an entry is divided; undefined where row, class and a tag do not fit into it. */
export function entryLayout(
  rowCount: number,
  classCount: number,
): Pick<SortedTable, 'rowShift' | 'tagBits' | 'classMask'> | undefined {
  const rowBits = Math.max(1, bitsFor(rowCount));
  const classBits = bitsFor(classCount);
  const tagBits = 32 - rowBits - classBits;
  if (tagBits < 1) return undefined;
  return { rowShift: 32 - rowBits, tagBits, classMask: (1 << classBits) - 1 };
}

/** Gives a function that sorts one column after another into `table`, reusing its buffers. It yields now and then. */
export function createPresorter(
  table: SortedTable,
  loops: EntryLoops | null = null,
): (feature: number) => Generator<void, void> {
  const sort = createSorter(table.rows, table.marks, loops ?? undefined);
  return function* (feature) {
    const keys = yield* sort(table.columns[feature]);
    if (loops === null) writeEntries(table, feature, keys);
    else loops.writeEntries(keys, feature);
  };
}

/** What takes the time of sorting a table. */
export interface EntryLoops extends SortLoops {
  /** Writes the entries of sorted keys, and how many values the column has. */
  writeEntries(keys: Uint32Array, feature: number): void;
}

function writeEntries(table: SortedTable, feature: number, keys: Uint32Array): void {
  const { entries, rowCount, tagBits } = table;
  const { words, low: lowAt, high: highAt, mark } = KEY;
  const tagMask = (1 << tagBits) - 1;
  const base = feature * rowCount;
  let rank = 0;
  let lastLow = keys[lowAt];
  let lastHigh = keys[highAt];
  for (let i = 0, key = 0; i < rowCount; i++, key += words) {
    const low = keys[key + lowAt];
    const high = keys[key + highAt];
    if (low !== lastLow || high !== lastHigh) rank++;
    entries[base + i] = (keys[key + mark] << tagBits) | (rank & tagMask);
    lastLow = low;
    lastHigh = high;
  }
  table.distinct[feature] = rank + 1;
}

/** Whether two entries of a feature have different values. */
export function differ(table: SortedTable, feature: number, entry: number, other: number): boolean {
  const tagCount = 1 << table.tagBits;
  if (((entry ^ other) & (tagCount - 1)) !== 0) return true;
  if (table.distinct[feature] <= tagCount) return false;
  const { columns, rows, rowShift } = table;
  return columns[feature][rows[entry >>> rowShift]] !== columns[feature][rows[other >>> rowShift]];
}
