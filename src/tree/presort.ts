/**
 * The training rows in the order of every feature's values, sorted once and kept sorted while the tree grows
 * (SLIQ: Mehta, Agrawal, Rissanen 1996).
 *
 * Growing looks at orders only, never at values. An entry holds a row, its class and whether its value is above that
 * of the entry before, all in 32 bits, so that a scan reads memory once and in order:
 *
 *     row << rowShift | class << 1 | startsValue
 */
import { createSorter, type Keys } from './radix-sort.js';

/** Code of a missing value in `SortedTable.codes`: the one that is no category, of which there are at most 255. */
export const MISSING_CODE = 255;

export interface SortedTable {
  readonly rowCount: number;
  readonly classCount: number;
  readonly featureCount: number;
  /** `entries[feature * rowCount + position]`; missing values come last. */
  readonly entries: Uint32Array;
  /** `entry >>> rowShift` is a row in [0, rowCount). */
  readonly rowShift: number;
  /** `(entry >>> 1) & classMask` is a class. */
  readonly classMask: number;
  /**
   * `codes[feature][row]`: the category, or MISSING_CODE. Of a number column only MISSING_CODE means something;
   * null where it has no missing value.
   */
  readonly codes: (Uint8Array | null)[];
  /** `categoryCounts[feature]`: how many categories the column has; 0 at a column of numbers. */
  readonly categoryCounts: Int32Array;
}

/** Bits that `count` different values need. */
function bitsFor(count: number): number {
  return count <= 1 ? 0 : 32 - Math.clz32(count - 1);
}

/** Whether a row, a class and the value bit fit into one entry. */
export function fitsEntries(rowCount: number, classCount: number): boolean {
  return bitsFor(rowCount) + bitsFor(classCount) + 1 <= 32;
}

/** An unsorted table; `sortInto` fills it feature by feature. `allocate` may give shared memory. */
export function createSortedTable(
  rowCount: number,
  classCount: number,
  categoryCounts: Int32Array,
  allocate: (bytes: number) => ArrayBufferLike = (bytes) => new ArrayBuffer(bytes),
): SortedTable {
  const featureCount = categoryCounts.length;
  const classBits = bitsFor(classCount);
  return {
    rowCount,
    classCount,
    featureCount,
    entries: new Uint32Array(allocate(4 * featureCount * rowCount)),
    rowShift: classBits + 1,
    classMask: (1 << classBits) - 1,
    codes: Array.from(categoryCounts, () => null),
    categoryCounts,
  };
}

/** Gives a function that sorts one column after another into `table`, reusing its buffers. */
export function createPresorter(
  table: SortedTable,
  labels: Uint16Array,
): (feature: number, values: Float64Array) => void {
  const sort = createSorter(table.rowCount);
  return (feature, values) => writeEntries(table, feature, sort(values), labels);
}

function writeEntries(
  { entries, rowCount, rowShift }: SortedTable,
  feature: number,
  { row, low, high }: Keys,
  labels: Uint16Array,
): void {
  const base = feature * rowCount;
  let lastLow = -1;
  let lastHigh = -1;
  for (let i = 0; i < rowCount; i++) {
    const startsValue = low[i] !== lastLow || high[i] !== lastHigh ? 1 : 0;
    entries[base + i] = (row[i] << rowShift) | (labels[row[i]] << 1) | startsValue;
    lastLow = low[i];
    lastHigh = high[i];
  }
}

/** The codes of a column's training rows, as `SortedTable.codes` holds them. */
export function encodeColumn(
  column: Float64Array,
  rows: Uint32Array,
  categoryCount: number,
  allocate: (bytes: number) => ArrayBufferLike,
): Uint8Array | null {
  if (categoryCount === 0 && !hasMissing(column, rows)) return null;
  const codes = new Uint8Array(allocate(rows.length));
  for (let i = 0; i < rows.length; i++) {
    const value = column[rows[i]];
    codes[i] = Number.isNaN(value) ? MISSING_CODE : categoryCount === 0 ? 0 : value;
  }
  return codes;
}

function hasMissing(column: Float64Array, rows: Uint32Array): boolean {
  for (let i = 0; i < rows.length; i++) if (Number.isNaN(column[rows[i]])) return true;
  return false;
}
