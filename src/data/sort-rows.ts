/** Which half of a 64-bit word comes first in memory on this machine. */
export const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;
export const HIGH = 1 - LOW;

/**
 * The given rows by ascending key.
 * @param keyOf the first 32 bits of a row's key, unsigned
 * @param compare decides between two rows of one `keyOf`, which should be few
 */
export function sortRows(
  rows: Uint32Array,
  keyOf: (row: number) => number,
  compare: (a: number, b: number) => number,
): Uint32Array {
  // The key above the row's number: one native sort, and no BigInt is made.
  const keys = new BigUint64Array(rows.length);
  const words = new Uint32Array(keys.buffer);
  for (let i = 0; i < rows.length; i++) {
    words[2 * i + HIGH] = keyOf(rows[i]!);
    words[2 * i + LOW] = rows[i]!;
  }
  keys.sort();
  const sorted = new Uint32Array(rows.length);
  for (let i = 0; i < sorted.length; i++) sorted[i] = words[2 * i + LOW]!;
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    const key = words[2 * start + HIGH]!;
    while (end < sorted.length && words[2 * end + HIGH] === key) end++;
    if (end - start > 1) sorted.subarray(start, end).sort(compare);
  }
  return sorted;
}
