/**
 * xoshiro128** 1.1 (Blackman & Vigna, "Scrambled linear pseudorandom number generators", 2021), its state filled from
 * the seed by Steele's SplitMix32. The same numbers everywhere for a seed.
 *
 * @param seed an integer; only its low 32 bits count
 * @returns a function that draws an integer in [0, bound), for a bound of at most 2^32; multiplying and rounding down
 * favours some integers by at most bound / 2^32, far below what resampling can show
 */
export function createRandom(seed: number): (bound: number) => number {
  const next = xoshiro128(splitMix32(seed, 4));
  return (bound) => Math.floor((next() / 4294967296) * bound);
}

/** @returns a function that draws 32-bit unsigned integers; the state is copied and must not be all 0 */
export function xoshiro128(state: ArrayLike<number>): () => number {
  let [a, b, c, d] = Int32Array.from(state);
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result >>> 0;
  };
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function splitMix32(seed: number, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, index) => splitMixWord(seed, index));
}

/** The word of SplitMix32 at `index`, a 32-bit integer, where the state begins at `seed`: for numbers in any order. */
export function splitMixWord(seed: number, index: number): number {
  const state = (seed + Math.imul(index + 1, 0x9e3779b9)) | 0;
  let word = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}
