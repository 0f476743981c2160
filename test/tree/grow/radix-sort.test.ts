import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSorter, KEY } from '../../../src/tree/grow/radix-sort.js';
import { finish } from '../../../src/tree/turns.js';

/** Marks of the rows in their order, and which of them have the key of the one before. */
function sortRows(values: readonly number[], rows: Uint32Array = Uint32Array.from(values.keys())) {
  const marks = Uint32Array.from(rows, (row) => row + 1000);
  const keys = finish(createSorter(rows, marks)(Float64Array.from(values)));
  const sorted = Array.from(rows, (_, i) => keys.slice(i * KEY.words, (i + 1) * KEY.words));
  return {
    rows: sorted.map((key) => key[KEY.mark] - 1000),
    ties: sorted.map((key, i) => {
      const before = sorted[i - 1];
      return before !== undefined && before[KEY.low] === key[KEY.low] && before[KEY.high] === key[KEY.high];
    }),
  };
}

/** By value, missing ones last; -0 and +0 are one value. */
function expectSorted(values: readonly number[]): void {
  const { rows, ties } = sortRows(values);
  expect([...rows].sort((a, b) => a - b)).toEqual([...values.keys()]);
  const rank = (value: number) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value);
  for (let i = 1; i < rows.length; i++) {
    const [before, value] = [rank(values[rows[i - 1]]), rank(values[rows[i]])];
    expect(before).toBeLessThanOrEqual(value);
    expect(ties[i]).toBe(before === value);
  }
}

function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

describe('sorting', () => {
  it('orders any doubles', () =>
    fc.assert(fc.property(fc.array(fc.double({ noDefaultInfinity: true }), { minLength: 1 }), expectSorted)));

  it('orders values that differ in their last bits only', () => {
    const near = fc.integer({ min: 0, max: 4000 }).map((steps) => 1 + steps * Number.EPSILON);
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            near,
            near.map((value) => -value),
          ),
          { minLength: 1 },
        ),
        expectSorted,
      ),
    );
  });

  it.each([
    { name: 'short numbers', make: (random: () => number) => Math.round(random() * 50) },
    { name: 'numbers of both signs', make: (random: () => number) => random() - 0.5 },
    { name: 'decimals', make: (random: () => number) => Math.round(random() * 1e6) / 1000 },
    { name: 'times of one day', make: (random: () => number) => 1_700_000_000 + random() * 86_400 },
    { name: 'times of one second', make: (random: () => number) => 1_700_000_000 + random() },
    { name: 'magnitudes far apart', make: (random: () => number) => Math.exp(random() * 1400 - 700) },
    {
      name: 'close values and outliers',
      make: (random: () => number) => (random() < 0.01 ? -1e300 : 1 + random() / 1e9),
    },
    { name: 'mostly missing values', make: (random: () => number) => (random() < 0.9 ? Number.NaN : random()) },
  ])('orders many $name', ({ make }) => {
    const random = numbersFrom(7);
    expectSorted(Array.from({ length: 6000 }, () => make(random)));
  });

  it('orders only the rows it is given', () => {
    expect(sortRows([5, -1, 3, Number.NaN, 0], Uint32Array.of(4, 3, 0, 1))).toEqual({
      rows: [1, 4, 0, 3],
      ties: [false, false, false, false],
    });
  });

  it('begins anew with every column', () => {
    const sort = createSorter(Uint32Array.of(0, 1, 2), Uint32Array.of(7, 8, 9));
    const marks = (...values: number[]) => {
      const keys = finish(sort(Float64Array.from(values)));
      return [0, 1, 2].map((i) => keys[i * KEY.words + KEY.mark]);
    };
    expect(marks(3, 2, 1)).toEqual([9, 8, 7]);
    expect(marks(1, 1, 1)).toEqual([7, 8, 9]);
    expect(marks(0.1, -0.1, 0.01)).toEqual([8, 9, 7]);
  });
});
