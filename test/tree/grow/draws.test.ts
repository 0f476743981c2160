import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDraws, type Draws, keyLayout, sortKeys } from '../../../src/tree/grow/draws.js';
import { entryLayout, type SortedTable } from '../../../src/tree/grow/presort.js';

/** One column of ranks and classes. */
function drawsOf(
  ranks: readonly number[],
  classes: readonly number[],
  bag: readonly number[],
  distinct: number,
): Draws {
  const rowCount = bag.reduce((sum, times) => sum + times, 0);
  const classCount = Math.max(...classes) + 1;
  const { classMask } = entryLayout(rowCount, classCount)!;
  const layout = keyLayout(distinct, classMask);
  const table = { featureCount: 1, rowCount } as SortedTable;
  const keys = Int32Array.from(ranks, (rank, row) => (rank << layout.rankShift) | classes[row]);
  const ranked = { ...layout, keys, rowOf: new Uint32Array(0) };
  return createDraws(table, ranked, { bag: Uint32Array.from(bag), perNode: 1, seed: 0 }, [true]);
}

/** Of the first keys: rank, class and how often. */
function decode({ classBits, rankShift, sorter }: Draws, count: number): [number, number, number][] {
  return Array.from(sorter.keys.subarray(0, count), (key) => [
    key >>> rankShift,
    key & ((1 << classBits) - 1),
    ((key >>> classBits) & ((1 << (rankShift - classBits)) - 1)) + 1,
  ]);
}

const DISTINCT = 1 << 20;
const anywhere = fc.nat(DISTINCT - 1);
const close = fc.nat(300).map((step) => 5000 + step);

describe('the keys of a node', () => {
  it.each([
    ['are few', fc.array(anywhere, { minLength: 2, maxLength: 24 })],
    ['lie anywhere', fc.array(anywhere, { minLength: 25, maxLength: 3000 })],
    ['have few values', fc.array(fc.nat(20), { minLength: 25, maxLength: 3000 })],
    ['are crowded', fc.array(fc.oneof({ weight: 50, arbitrary: close }, anywhere), { minLength: 25, maxLength: 3000 })],
  ])('are sorted by their ranks, where they %s', (_, ranksOf) => {
    fc.assert(
      fc.property(ranksOf, (ranks) => {
        const classes = ranks.map((_rank, row) => row % 3);
        const draws = drawsOf(
          ranks,
          classes,
          ranks.map(() => 1),
          DISTINCT,
        );
        const count = sortKeys(draws, { start: 0, end: ranks.length }, 0);
        if (new Set(ranks).size === 1) return expect(count).toBe(0);
        const found = decode(draws, count);
        expect(found.map(([rank]) => rank)).toEqual([...ranks].sort((a, b) => a - b));
        const inOrder = (some: number[][]) => some.map((one) => one.join()).sort();
        expect(inOrder(found)).toEqual(inOrder(ranks.map((rank, row) => [rank, row % 3, 1])));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    { distinct: 4, classes: [0, 1, 2, 1] },
    // No room for how often beside ranks of 24 bits and classes of seven.
    { distinct: 1 << 24, classes: [0, 1, 127, 1] },
  ])('count rows as often as they are in the bag, with $distinct values', ({ classes, distinct }) => {
    const draws = drawsOf([3, 0, 2, 1], classes, [40, 0, 1, 7], distinct);
    const found = decode(draws, sortKeys(draws, { start: 0, end: 48 }, 0));
    const times = new Map<number, number>();
    for (const [rank, label, count] of found) {
      expect(label).toBe(classes[[3, 0, 2, 1].indexOf(rank)]);
      times.set(rank, (times.get(rank) ?? 0) + count);
    }
    expect([...times]).toEqual([
      [1, 7],
      [2, 1],
      [3, 40],
    ]);
  });
});
