/**
 * Sorts doubles by the order-preserving integer image of their bits: least significant digit first, 11 bits at a time
 * (Knuth, The Art of Computer Programming 3, 5.2.5; for floats: Herf 2001). A digit that all keys share costs nothing.
 */

const DIGIT_BITS = 11;
const BUCKETS = 1 << DIGIT_BITS;
/** Word (0 low, 1 high) and shift of each digit, least significant first. */
const DIGITS = [
  [0, 0],
  [0, 11],
  [0, 22],
  [1, 0],
  [1, 11],
  [1, 22],
] as const;

/** Index of a double's low word in a Uint32Array over it. */
const LOW_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;

/** Rows and the two words of their keys. Equal keys are equal values; all missing values have one key, the largest. */
export interface Keys {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  readonly row: Uint32Array;
}

/**
 * Gives a function that returns the rows of `values` by ascending value, NaN last; -0 and +0 are one value.
 * The result is overwritten by the next call.
 */
export function createSorter(rowCount: number): (values: Float64Array) => Keys {
  const newKeys = (): Keys => ({
    low: new Uint32Array(rowCount),
    high: new Uint32Array(rowCount),
    row: new Uint32Array(rowCount),
  });
  let from = newKeys();
  let to = newKeys();
  const counts = new Uint32Array(DIGITS.length * BUCKETS);

  return (values) => {
    readKeys(values, from);
    countDigits(from, counts.fill(0));
    DIGITS.forEach(([word, shift], digit) => {
      const buckets = counts.subarray(digit * BUCKETS, (digit + 1) * BUCKETS);
      const keys = word === 0 ? from.low : from.high;
      if (buckets[(keys[0] >>> shift) & (BUCKETS - 1)] === rowCount) return;
      scatter(from, to, keys, shift, buckets);
      [from, to] = [to, from];
    });
    return from;
  };
}

function readKeys(values: Float64Array, { low, high, row }: Keys): void {
  const double = new Float64Array(1);
  const words = new Uint32Array(double.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    double[0] = value + 0; // -0 + 0 is +0
    const highWord = words[1 - LOW_WORD];
    const missing = Number.isNaN(value);
    // A negative number: all bits flipped. Any other: the sign bit flipped. NaN: above every number.
    const flip = missing ? 0 : -(highWord >>> 31);
    low[i] = missing ? 0xffffffff : words[LOW_WORD] ^ flip;
    high[i] = missing ? 0xffffffff : highWord ^ (flip | 0x80000000);
    row[i] = i;
  }
}

function countDigits({ low, high }: Keys, counts: Uint32Array): void {
  const last = BUCKETS - 1;
  for (let i = 0; i < low.length; i++) {
    const l = low[i];
    const h = high[i];
    counts[l & last]++;
    counts[BUCKETS + ((l >>> 11) & last)]++;
    counts[2 * BUCKETS + (l >>> 22)]++;
    counts[3 * BUCKETS + (h & last)]++;
    counts[4 * BUCKETS + ((h >>> 11) & last)]++;
    counts[5 * BUCKETS + (h >>> 22)]++;
  }
}

/** Moves every key to its bucket, stably. `buckets` holds counts and is used up. */
function scatter(from: Keys, to: Keys, keys: Uint32Array, shift: number, buckets: Uint32Array): void {
  let start = 0;
  for (let b = 0; b < BUCKETS; b++) {
    const size = buckets[b];
    buckets[b] = start;
    start += size;
  }
  const { low, high, row } = from;
  const { low: toLow, high: toHigh, row: toRow } = to;
  for (let i = 0; i < keys.length; i++) {
    const target = buckets[(keys[i] >>> shift) & (BUCKETS - 1)]++;
    toLow[target] = low[i];
    toHigh[target] = high[i];
    toRow[target] = row[i];
  }
}
