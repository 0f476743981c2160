/**
 * Sorts doubles by an order-preserving integer image of their bits, least significant digit first (Knuth, The Art of
 * Computer Programming 3, 5.2.5; for floats: Herf 2001). Only bits that differ between two keys cost anything.
 */

/**
 * Words of a key: the low and the high one of its value's image, and the mark of its row. They lie side by side, so
 * that to move a key is to write to one place.
 */
export const KEY_WORDS = 3;
export const KEY_LOW = 0;
export const KEY_HIGH = 1;
export const KEY_MARK = 2;

/** Many keys pay for many buckets. */
const DIGIT_BITS = 12;
const FEW_KEYS = 4096;
const DIGIT_BITS_OF_FEW = 8;

/** After so many digits most keys are in order; others are moved one by one, but not too often. */
const DIGITS_FIRST = 3;
const MOVES_PER_KEY = 2;

/** Index of a double's low word in a Uint32Array over it. */
const LOW_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;

/**
 * Gives a function that sorts rows, each with its mark, by ascending `values[rows[i]]`, NaN last; -0 and +0 are one
 * value. Equal images are equal values; all NaN have one image. The result is overwritten by the next call.
 */
export function createSorter(rows: Uint32Array, marks: Uint32Array): (values: Float64Array) => Uint32Array {
  let from = new Uint32Array(KEY_WORDS * rows.length);
  let to = new Uint32Array(KEY_WORDS * rows.length);
  const digitBits = rows.length < FEW_KEYS ? DIGIT_BITS_OF_FEW : DIGIT_BITS;
  const buckets = new Uint32Array(1 << digitBits);

  const sortByBits = (firstBit: number, endBit: number) => {
    for (let bit = firstBit; bit < endBit; bit += digitBits) {
      scatter(from, to, bit, buckets.subarray(0, 1 << Math.min(digitBits, endBit - bit)));
      [from, to] = [to, from];
    }
  };

  return (values) => {
    const [firstBit, endBit] = readKeys(values, rows, marks, from);
    // The upper half of the bits mostly tells two values apart.
    const middleBit = endBit - DIGITS_FIRST * digitBits;
    sortByBits(Math.max(firstBit, middleBit), endBit);
    if (middleBit > firstBit && !insertionSort(from, MOVES_PER_KEY * rows.length)) sortByBits(firstBit, endBit);
    return from;
  };
}

/** Sorts keys that are nearly in order. Gives up, with the keys in some order, after about `maxMoves`. */
function insertionSort(keys: Uint32Array, maxMoves: number): boolean {
  let moves = 0;
  for (let key = KEY_WORDS; key < keys.length; key += KEY_WORDS) {
    const low = keys[key + KEY_LOW];
    const high = keys[key + KEY_HIGH];
    let target = key;
    while (target > 0 && isAbove(keys, target - KEY_WORDS, low, high)) target -= KEY_WORDS;
    if (target === key) continue;
    const mark = keys[key + KEY_MARK];
    keys.copyWithin(target + KEY_WORDS, target, key);
    keys[target + KEY_LOW] = low;
    keys[target + KEY_HIGH] = high;
    keys[target + KEY_MARK] = mark;
    moves += (key - target) / KEY_WORDS;
    if (moves > maxMoves) return false;
  }
  return true;
}

function isAbove(keys: Uint32Array, key: number, low: number, high: number): boolean {
  return keys[key + KEY_HIGH] > high || (keys[key + KEY_HIGH] === high && keys[key + KEY_LOW] > low);
}

/** Returns the range of the images' bits, [first, end), outside of which all images are the same. */
function readKeys(
  values: Float64Array,
  rows: Uint32Array,
  marks: Uint32Array,
  keys: Uint32Array,
): [firstBit: number, endBit: number] {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  let lowDiffers = 0;
  let highDiffers = 0;
  for (let i = 0, key = 0; i < rows.length; i++, key += KEY_WORDS) {
    const word = 2 * rows[i];
    const lowWord = words[word + LOW_WORD];
    const highWord = words[word + 1 - LOW_WORD];
    // 2^63 plus or minus the magnitude: unlike flipped bits, that leaves the trailing zeros of a short number zero.
    const magnitude = highWord & 0x7fffffff;
    const flip = highWord >> 31;
    let low = (lowWord ^ flip) - flip;
    let high = (magnitude ^ flip) + (lowWord === 0 ? 0x80000000 - flip : 0x80000000);
    // NaN; an infinity, which no table has, would be one too.
    if (magnitude >= 0x7ff00000) {
      low = -1;
      high = -1;
    }
    keys[key + KEY_LOW] = low;
    keys[key + KEY_HIGH] = high;
    keys[key + KEY_MARK] = marks[i];
    lowDiffers |= low ^ keys[KEY_LOW];
    highDiffers |= high ^ keys[KEY_HIGH];
  }
  if (lowDiffers === 0 && highDiffers === 0) return [0, 0];
  const first = lowDiffers !== 0 ? lowestBit(lowDiffers) : 32 + lowestBit(highDiffers);
  return [first, 64 - (highDiffers !== 0 ? Math.clz32(highDiffers) : 32 + Math.clz32(lowDiffers))];
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Moves every key to the bucket of its digit, the bits from `bit` on of which there are as many as buckets, stably. */
function scatter(from: Uint32Array, to: Uint32Array, bit: number, buckets: Uint32Array): void {
  const word = bit < 32 ? KEY_LOW : KEY_HIGH;
  const shift = bit & 31;
  const mask = buckets.length - 1;
  // A digit of the low word may reach into the high one.
  const reach = 31 - shift;
  buckets.fill(0);
  for (let key = 0; key < from.length; key += KEY_WORDS) {
    buckets[((from[key + word] >>> shift) | ((from[key + KEY_HIGH] << 1) << reach)) & mask]++;
  }
  let start = 0;
  for (let b = 0; b < buckets.length; b++) {
    const size = buckets[b];
    buckets[b] = start;
    start += KEY_WORDS * size;
  }
  for (let key = 0; key < from.length; key += KEY_WORDS) {
    const high = from[key + KEY_HIGH];
    const digit = ((from[key + word] >>> shift) | ((high << 1) << reach)) & mask;
    const target = buckets[digit];
    buckets[digit] = target + KEY_WORDS;
    to[target + KEY_LOW] = from[key + KEY_LOW];
    to[target + KEY_HIGH] = high;
    to[target + KEY_MARK] = from[key + KEY_MARK];
  }
}
