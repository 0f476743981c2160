import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tree } from '../../../src/tree/tree.js';
import type { PlainTable } from './brute-force.js';
import { fitPlain } from './fit-plain.js';

/** Rows of three numbers, with many ties, and one of three classes. */
const rows = fc.array(fc.tuple(fc.nat(6), fc.integer({ min: -40, max: 40 }), fc.nat(1), fc.nat(2)), {
  minLength: 2,
  maxLength: 40,
});
const criterion = fc.constantFrom('gini' as const, 'entropy' as const);
const weights = fc.option(fc.tuple(fc.constantFrom(1, 0.7), fc.constantFrom(1, 3), fc.constantFrom(1, 1 / 3)));

function tableOf(cells: readonly (readonly number[])[]): PlainTable {
  return {
    columns: [0, 1, 2].map((column) => cells.map((row) => row[column])),
    categoryCounts: [0, 0, 0],
    labels: cells.map((row) => row[3]),
    classCount: 3,
  };
}

/** All that says how rows are divided: no thresholds, no counts. */
function shapeOf({ feature, left, right }: Tree) {
  return { feature, left, right };
}

function shares({ counts, classCount }: Tree): number[] {
  const share = (_: unknown, i: number) => {
    const start = i - (i % classCount);
    return counts[i] / counts.subarray(start, start + classCount).reduce((a, b) => a + b);
  };
  return Array.from(counts, share);
}

const check = <T>(values: fc.Arbitrary<T>, property: (value: T) => Promise<void>) =>
  fc.assert(fc.asyncProperty(values, property), { numRuns: 100 });

describe('a grown tree', () => {
  it('does not depend on the order of the rows', () =>
    check(
      fc
        .record({ rows, criterion, weights, maxLeafNodes: fc.constantFrom(4, Number.POSITIVE_INFINITY) })
        .chain((given) => fc.record({ given: fc.constant(given), shuffled: permutation(given.rows) })),
      async ({ given, shuffled }) => {
        const { rows: cells, ...settings } = given;
        expect(await fitPlain(tableOf(shuffled), settings)).toEqual(await fitPlain(tableOf(cells), settings));
      },
    ));

  it('does not depend on the order in which its training rows are named', () =>
    check(
      rows.chain((cells) => fc.record({ cells: fc.constant(cells), order: permutation(cells.map((_, i) => i)) })),
      async ({ cells, order }) => {
        const table = tableOf(cells);
        expect(await fitPlain(table, {}, { rows: order })).toEqual(await fitPlain(table));
      },
    ));

  it('has the same splits and shares when every row is there twice', () =>
    check(fc.record({ rows, criterion, weights }), async ({ rows: cells, ...settings }) => {
      const [once, twice] = [tableOf(cells), tableOf([...cells, ...cells])];
      const [a, b] = [await fitPlain(once, settings), await fitPlain(twice, settings)];
      expect({ ...shapeOf(b), threshold: b.threshold }).toEqual({ ...shapeOf(a), threshold: a.threshold });
      expect(shares(b)).toEqual(shares(a));
    }));

  it('has its thresholds scaled, and nothing else changed, when a feature is scaled by a power of two', () =>
    check(fc.record({ rows, power: fc.constantFrom(0.125, 2, 1024) }), async ({ rows: cells, power }) => {
      const plain = await fitPlain(tableOf(cells));
      const scaled = await fitPlain(tableOf(cells.map(([a, b, c, label]) => [a, b * power, c, label])));
      const threshold = plain.threshold.map((value, node) => (plain.feature[node] === 1 ? value * power : value));
      const gap = plain.gap!.map((value, node) => (plain.feature[node] === 1 ? value * power : value));
      expect(scaled).toEqual({ ...plain, threshold, gap });
    }));

  it('divides the training rows the same way when a feature is mapped monotonically', () =>
    check(rows, async (cells) => {
      const plain = await fitPlain(tableOf(cells));
      const mapped = await fitPlain(tableOf(cells.map(([a, b, c, label]) => [a, b * b * b - 7, c, label])));
      expect({ ...mapped, threshold: null, gap: null }).toEqual({ ...plain, threshold: null, gap: null });
    }));

  it('has the same splits when class names are swapped', () =>
    check(
      fc.record({ rows, criterion, weights, names: fc.constantFrom<number[]>([1, 0, 2], [2, 0, 1], [2, 1, 0]) }),
      async ({ rows: cells, names, ...settings }) => {
        const renamed = cells.map(([a, b, c, label]) => [a, b, c, names[label]]);
        const old: readonly number[] | null = settings.weights;
        const moved = old && names.map((_, c) => old[names.indexOf(c)]);
        const plain = await fitPlain(tableOf(cells), settings);
        const swapped = await fitPlain(tableOf(renamed), { ...settings, weights: moved });
        const same = ({ feature, threshold, impurity }: Tree) => ({ feature, threshold, impurity });
        expect(same(swapped)).toEqual(same(plain));
      },
    ));
});

function permutation<T>(values: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...values], { minLength: values.length, maxLength: values.length });
}
