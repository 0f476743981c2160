/**
 * Sorts doubles by an order-preserving integer image of their bits, least significant digit first (Knuth, The Art of
 * Computer Programming 3, 5.2.5; for floats: Herf 2001). Only bits that differ between two keys cost anything.
 */

import { isTurnOver, STEPS_PER_TURN } from '../turns.js';

/**
 * Words of a key: the low and the high one of its value's image, and the mark of its row. They are adjacent, so that
 * moving a key writes to one place.
 */
const WORDS = 3;
const LOW = 0;
const HIGH = 1;
const MARK = 2;

/** For other files. Loops here use the local one: the engine reads an exported binding anew each time. */
export const KEY = { words: WORDS, low: LOW, high: HIGH, mark: MARK } as const;

/** Many keys pay for many buckets. */
const DIGIT_BITS = 12;
const FEW_KEYS = 4096;
const DIGIT_BITS_OF_FEW = 8;
export const BUCKETS = 1 << DIGIT_BITS;

/** The mean distance up to which keys are moved one by one. */
const MOVES_PER_KEY = 2;

/** Index of a double's low word in a Uint32Array over it. */
const LOW_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;

/**
 * Gives a function that sorts rows, each with its mark, by ascending `values[rows[i]]`, NaN last; -0 and +0 are one
 * value. Equal images are equal values; all NaN have one image. It yields now and then. The result is overwritten by
 * the next call.
 * Why: docs/decisions/radix-sort-of-the-upper-half.md
 */
export function createSorter(
  rows: Uint32Array,
  marks: Uint32Array,
  loops: SortLoops = ownLoops(rows, marks),
): (values: Float64Array) => Generator<void, Uint32Array> {
  const { starts } = loops.workspace;
  let { from, to } = loops.workspace;
  const digitBits = rows.length < FEW_KEYS ? DIGIT_BITS_OF_FEW : DIGIT_BITS;

  const turn = { steps: 0 };

  function* sortBy(word: number, differing: number): Generator<void, void> {
    const end = 32 - Math.clz32(differing);
    for (let bit = lowestBit(differing); bit < end; bit += digitBits) {
      const digit = { word, shift: bit, mask: (1 << Math.min(digitBits, end - bit)) - 1 };
      loops.findStarts(from, digit, starts);
      if (isTurnOver(turn, rows.length)) yield;
      for (let start = 0; start < from.length; start += WORDS * STEPS_PER_TURN) {
        const end = Math.min(start + WORDS * STEPS_PER_TURN, from.length);
        loops.moveKeys(from, to, { start, end }, digit, starts);
        if (isTurnOver(turn, Math.min(rows.length, STEPS_PER_TURN))) yield;
      }
      [from, to] = [to, from];
    }
  }

  return function* (values) {
    ({ from, to } = loops.workspace);
    const differing = loops.readKeys(values);
    // Half of the bits are mostly enough to distinguish two values.
    yield* sortBy(HIGH, differing.high);
    if (differing.low !== 0 && !loops.insertionSort(from, MOVES_PER_KEY * rows.length)) {
      yield* sortBy(LOW, differing.low);
      yield* sortBy(HIGH, differing.high);
    }
    return from;
  };
}

/** What takes the time of a sort. */
export interface SortLoops {
  /** Keys are sorted from the one to the other, by where those of a digit begin. */
  readonly workspace: { readonly from: Uint32Array; readonly to: Uint32Array; readonly starts: Uint32Array };
  /** Reads the keys of a column into `from`. @returns the bits in which not all images are the same */
  readKeys(values: Float64Array): { readonly low: number; readonly high: number };
  /** Where the keys of each digit begin among those that are sorted by it. */
  findStarts(keys: Uint32Array, digit: Digit, starts: Uint32Array): void;
  /** Moves the keys in a range to the places of their digits, stably. Those of `starts` go on. */
  moveKeys(from: Uint32Array, to: Uint32Array, range: KeyRange, digit: Digit, starts: Uint32Array): void;
  /** Sorts keys that are nearly in order. Gives up, with the keys in some order, after about `maxMoves`. */
  insertionSort(keys: Uint32Array, maxMoves: number): boolean;
}

interface KeyRange {
  readonly start: number;
  readonly end: number;
}

function ownLoops(rows: Uint32Array, marks: Uint32Array): SortLoops {
  const from = new Uint32Array(WORDS * rows.length);
  const to = new Uint32Array(WORDS * rows.length);
  return {
    workspace: { from, to, starts: new Uint32Array(BUCKETS) },
    readKeys: (values) => readKeys(values, rows, marks, from),
    findStarts,
    moveKeys,
    insertionSort,
  };
}

function insertionSort(keys: Uint32Array, maxMoves: number): boolean {
  let moves = 0;
  for (let key = WORDS; key < keys.length; key += WORDS) {
    const low = keys[key + LOW];
    const high = keys[key + HIGH];
    let target = key;
    while (target > 0 && isAbove(keys, target - WORDS, low, high)) target -= WORDS;
    if (target === key) continue;
    const mark = keys[key + MARK];
    keys.copyWithin(target + WORDS, target, key);
    keys[target + LOW] = low;
    keys[target + HIGH] = high;
    keys[target + MARK] = mark;
    moves += (key - target) / WORDS;
    if (moves > maxMoves) return false;
  }
  return true;
}

function isAbove(keys: Uint32Array, key: number, low: number, high: number): boolean {
  return keys[key + HIGH] > high || (keys[key + HIGH] === high && keys[key + LOW] > low);
}

function readKeys(
  values: Float64Array,
  rows: Uint32Array,
  marks: Uint32Array,
  keys: Uint32Array,
): { low: number; high: number } {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  let lowDiffers = 0;
  let highDiffers = 0;
  for (let i = 0, key = 0; i < rows.length; i++, key += WORDS) {
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
    keys[key + LOW] = low;
    keys[key + HIGH] = high;
    keys[key + MARK] = marks[i];
    lowDiffers |= low ^ keys[LOW];
    highDiffers |= high ^ keys[HIGH];
  }
  return { low: lowDiffers, high: highDiffers };
}

/** The place of the lowest bit that is set; 32 where none is. */
function lowestBit(word: number): number {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word);
}

/** Some bits of a word of each key. */
export interface Digit {
  readonly word: number;
  readonly shift: number;
  readonly mask: number;
}

function findStarts(keys: Uint32Array, digit: Digit, starts: Uint32Array): void {
  countDigits(keys, digit, starts.fill(0));
  let start = 0;
  for (let value = 0; value <= digit.mask; value++) {
    const count = starts[value];
    starts[value] = start;
    start += WORDS * count;
  }
}

function countDigits(keys: Uint32Array, { mask, shift, word }: Digit, counts: Uint32Array): void {
  for (let key = word; key < keys.length; key += WORDS) counts[(keys[key] >>> shift) & mask]++;
}

function moveKeys(
  from: Uint32Array,
  to: Uint32Array,
  { start, end }: KeyRange,
  { mask, shift, word }: Digit,
  starts: Uint32Array,
): void {
  for (let key = start; key < end; key += WORDS) {
    const low = from[key + LOW];
    const high = from[key + HIGH];
    const mark = from[key + MARK];
    const digit = ((word === LOW ? low : high) >>> shift) & mask;
    const target = starts[digit];
    starts[digit] = target + WORDS;
    to[target + LOW] = low;
    to[target + HIGH] = high;
    to[target + MARK] = mark;
  }
}
