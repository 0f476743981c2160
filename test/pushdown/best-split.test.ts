import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BestSplit } from '../../src/pushdown/best-split.js';
import { type CategoryCounts, offerSets } from '../../src/pushdown/category-sets.js';
import { type Bin, offerBoundaries, rangesToSearch, ValueScan } from '../../src/pushdown/number-bins.js';
import { growTree } from '../../src/tree/grow/grow-tree.js';

const CLASSES = 3;
const criteria = fc.constantFrom('gini' as const, 'entropy' as const);
const weights = fc.constantFrom(null, [1, 2.5, 0.1], [1e200, 1, 1]);
const cells = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -20, max: 20 }) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
);
const rows = (value: fc.Arbitrary<number>) =>
  fc.array(fc.tuple(value, fc.integer({ min: 0, max: CLASSES - 1 })), { minLength: 2, maxLength: 40 });

type Rows = readonly (readonly [number, number])[];

function countsOf(some: Rows): Float64Array {
  const counts = new Float64Array(CLASSES);
  for (const [, label] of some) counts[label]!++;
  return counts;
}

function bestOf(table: Rows, criterion: 'gini' | 'entropy', weight: readonly number[] | null, least: number) {
  const objective = { criterion, weights: weight && Float64Array.from(weight) };
  return new BestSplit(objective, countsOf(table), least);
}

/** The root's split of the tree that is grown of the rows. */
function grownSplit(
  table: Rows,
  criterion: 'gini' | 'entropy',
  weight: readonly number[] | null,
  least: number,
  categoryCount = 0,
) {
  const values = Float64Array.from(table, ([value]) => value);
  const labels = table.map(([, label]) => label);
  const options = { criterion, classWeights: weight, maxDepth: 1, minSamplesLeaf: least, classCount: CLASSES };
  return growTree([{ values, categoryCount }], labels, options);
}

const isMissing = ([value]: readonly [number, number]) => Number.isNaN(value);

describe('the best split of counts', () => {
  it('is that of the rows, of numbers in however few bins', () => {
    fc.assert(
      fc.property(
        rows(cells),
        criteria,
        weights,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 9 }),
        (table, criterion, weight, least, binCount) => {
          const counts = countsOf(table);
          const tree = grownSplit(table, criterion, weight, least);
          if (counts.filter((count) => count > 0).length < 2) return;
          const best = bestOf(table, criterion, weight, least);
          const missing = countsOf(table.filter(isMissing));
          const present = table.filter((row) => !isMissing(row)).sort(([a], [b]) => a - b);
          const column = { feature: 0, missing };
          const values = [...new Set(present.map(([value]) => value + 0))];
          const size = Math.ceil(values.length / binCount);
          const bins = Array.from({ length: Math.ceil(values.length / size) || 0 }, (_, bin): Bin => {
            const [min, max] = [values[bin * size]!, values[Math.min((bin + 1) * size, values.length) - 1]!];
            return { min, max, counts: countsOf(present.filter(([value]) => value >= min && value <= max)) };
          });
          const before = new Float64Array(CLASSES);
          offerBoundaries(best, column, bins, before, true);
          for (const range of rangesToSearch(best, column, bins, before)) {
            const scan = new ValueScan(best, column, range);
            for (const [value, label] of present)
              if (value >= range.min && value <= range.max) scan.add(value, label, 1);
          }
          const { found } = best;
          if (tree.nodeCount === 1) {
            expect(found).toBeUndefined();
            return;
          }
          const { lower, upper } = found!;
          const middle = lower / 2 + upper / 2;
          const threshold = upper === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : middle < upper ? middle : lower;
          expect([threshold + 0, [...found!.left]]).toEqual([
            tree.threshold[0],
            [...tree.counts.subarray(CLASSES, 2 * CLASSES)],
          ]);
          if (missing.some((count) => count > 0)) expect(Number(found!.missingLeft)).toBe(tree.missingLeft[0]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is that of the rows, of categories', () => {
    const codes = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(Number.NaN));
    fc.assert(
      fc.property(rows(codes), criteria, weights, fc.integer({ min: 1, max: 4 }), (table, criterion, weight, least) => {
        if (countsOf(table).filter((count) => count > 0).length < 2) return;
        const tree = grownSplit(table, criterion, weight, least, 6);
        const best = bestOf(table, criterion, weight, least);
        const present = [...new Set(table.map(([value]) => value))].filter((code) => !Number.isNaN(code));
        const counts: CategoryCounts = new Map(
          present.map((code) => [code, countsOf(table.filter(([value]) => value === code))]),
        );
        offerSets(best, 0, counts, countsOf(table.filter(isMissing)));
        if (tree.nodeCount === 1) {
          expect(best.found).toBeUndefined();
          return;
        }
        expect([...best.found!.left]).toEqual([...tree.counts.subarray(CLASSES, 2 * CLASSES)]);
        const chosen = tree.categories![0]!.filter((code) => present.includes(code));
        expect(best.found!.categories!.left).toEqual(chosen);
      }),
      { numRuns: 150 },
    );
  });

  it('leaves out bins that reach no better one', () => {
    const bin = (min: number, max: number, ...counts: number[]) => ({ min, max, counts: Float64Array.from(counts) });
    const bins = [bin(0, 9, 500, 3, 0), bin(10, 10, 90, 90, 0), bin(11, 19, 2, 500, 0), bin(20, 29, 0, 400, 0)];
    const best = new BestSplit({ criterion: 'gini', weights: null }, Float64Array.of(592, 993, 0), 1);
    const column = { feature: 0, missing: new Float64Array(3) };
    offerBoundaries(best, column, bins, new Float64Array(3), true);
    expect(best.found).toMatchObject({ lower: 10, upper: 11 });
    const ranges = rangesToSearch(best, column, bins, new Float64Array(3));
    expect(ranges.map(({ max, min }) => [min, max])).toEqual([[11, 19]]);
  });
});
