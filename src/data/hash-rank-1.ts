import type { Dataset } from './dataset.js';
import type { Ranks } from './ranks.js';
import { HIGH, LOW } from './sort-rows.js';

const NAN_HIGH = 0x7ff80000;

/**
 * The ranks of hash-rank/1, the rule of models of version 1: a 64-bit hash per row that depends on the order of the
 * features, and on categories and classes by their index. All arithmetic is on unsigned 32-bit words, modulo 2^32; rotl is a rotation to the left.
 *
 * A hash is a pair of words (a, b) that takes in words w one after another:
 *
 *     a = rotl(a xor (w * 0xcc9e2d51), 15) * 0x1b873593 + 0xe6546b64
 *     b = rotl(b xor (w * 0x85ebca6b), 13) * 0xc2b2ae35 + 0x27d4eb2f
 *
 * 1. Begin with a = (seed mod 2^32) xor 0x243f6a88, b = floor(seed / 2^32) xor 0x85a308d3.
 * 2. For each feature, in the order of the dataset, take in the low and then the high word of its value as an IEEE 754
 *    double. A category's value is its index. -0 counts as +0, a missing value as 0x7ff8000000000000.
 * 3. Take in the index of the row's class. (a, b) is now the key of the row: equal rows have equal keys.
 * 4. Take in the number of rows above it in the table that have the same key.
 * 5. Finish: a = a xor b, a = mix(a), b = b xor a, b = mix(b), a = a xor b, where mix(x) is
 *    x = x xor (x >>> 16), x = x * 0x85ebca6b, x = x xor (x >>> 13), x = x * 0xc2b2ae35, x = x xor (x >>> 16).
 *
 * The hash of the row is a * 2^32 + b. The constants are those of MurmurHash3 (Appleby, public domain) and the first
 * digits of pi.
 * Why: docs/decisions/hash-rank-1-hashes-indices.md
 *
 * @param seed an integer in [0, 2^53)
 */
export function hashRank1({ features, labels, rowCount }: Dataset, seed: number): Ranks {
  const high = new Uint32Array(rowCount).fill(seed ^ 0x243f6a88);
  const low = new Uint32Array(rowCount).fill(Math.floor(seed / 0x100000000) ^ 0x85a308d3);
  for (const { values } of features) takeInValues(high, low, values);
  for (let row = 0; row < rowCount; row++) takeIn(high, low, row, labels[row]!);
  const earlier = countEarlier(high, low);
  for (let row = 0; row < rowCount; row++) {
    takeIn(high, low, row, earlier[row]!);
    finish(high, low, row);
  }
  return { high, low };
}

function takeInValues(high: Uint32Array, low: Uint32Array, values: Float64Array): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    const missing = Number.isNaN(value);
    takeIn(high, low, row, missing || value === 0 ? 0 : words[2 * row + LOW]!);
    takeIn(high, low, row, missing ? NAN_HIGH : value === 0 ? 0 : words[2 * row + HIGH]!);
  }
}

function takeIn(high: Uint32Array, low: Uint32Array, row: number, word: number): void {
  const a = high[row]! ^ Math.imul(word, 0xcc9e2d51);
  const b = low[row]! ^ Math.imul(word, 0x85ebca6b);
  high[row] = Math.imul((a << 15) | (a >>> 17), 0x1b873593) + 0xe6546b64;
  low[row] = Math.imul((b << 13) | (b >>> 19), 0xc2b2ae35) + 0x27d4eb2f;
}

function finish(high: Uint32Array, low: Uint32Array, row: number): void {
  let a = mix(high[row]! ^ low[row]!);
  const b = mix(low[row]! ^ a);
  a ^= b;
  high[row] = a;
  low[row] = b;
}

function mix(word: number): number {
  let x = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** Per row, how many rows above it have the same key: a hash table of the first row of each key, probed linearly. */
function countEarlier(high: Uint32Array, low: Uint32Array): Uint32Array {
  const rowCount = high.length;
  let slots = 2;
  while (slots < 2 * rowCount) slots *= 2;
  const firstRow = new Int32Array(slots).fill(-1);
  const seen = new Uint32Array(slots);
  const earlier = new Uint32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    let slot = mix(high[row]! ^ low[row]!) & (slots - 1);
    for (let other = firstRow[slot]!; other !== -1; other = firstRow[slot]!) {
      if (high[other] === high[row] && low[other] === low[row]) break;
      slot = (slot + 1) & (slots - 1);
    }
    if (firstRow[slot] === -1) firstRow[slot] = row;
    earlier[row] = seen[slot]!++;
  }
  return earlier;
}
