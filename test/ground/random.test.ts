import { describe, expect, it } from 'vitest';
import { createRandom, xoshiro128 } from '../../src/ground/random.js';

/** xoshiro128** in integers of any size, from the paper's listing. */
function* referenceXoshiro(seed: bigint[]): Generator<number> {
  const state = [...seed];
  const mask = 0xffffffffn;
  const rotate = (word: bigint, bits: bigint) => ((word << bits) | (word >> (32n - bits))) & mask;
  while (true) {
    yield Number((rotate((state[1] * 5n) & mask, 7n) * 9n) & mask);
    const shifted = (state[1] << 9n) & mask;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 11n);
  }
}

describe('the generator', () => {
  it('draws the numbers of xoshiro128**', () => {
    const next = xoshiro128([1, 2, 3, 4]);
    const reference = referenceXoshiro([1n, 2n, 3n, 4n]);
    const drawn = Array.from({ length: 200 }, next);
    expect(drawn).toEqual(Array.from({ length: 200 }, () => reference.next().value));
    expect(drawn.slice(0, 3)).toEqual([11520, 0, 5927040]);
  });

  it('draws the same integers for a seed and others for the next', () => {
    const draw = (seed: number) => {
      const random = createRandom(seed);
      return Array.from({ length: 20 }, () => random(1000));
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('draws every integer below its bound about equally often', () => {
    const random = createRandom(0);
    const counts = new Array(6).fill(0);
    for (let draw = 0; draw < 60_000; draw++) counts[random(6)]++;
    // Chi-squared with 5 degrees of freedom: 20.5 is exceeded once in a thousand seeds, and this one is fixed.
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(20.5);
  });
});
