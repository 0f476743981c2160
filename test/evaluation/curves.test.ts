import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { precisionRecallCurve, rocCurve } from '../../src/evaluation/curves.js';
import { averagePrecisionOf, rocAucOf } from '../../src/evaluation/ranking.js';
import { tallyOf } from '../../src/evaluation/tally.js';

/** Shares of class 0 of two, and whether the row is of it. */
interface Row {
  readonly share: number;
  readonly isOfIt: boolean;
}

function tallyRows(rows: readonly Row[]) {
  return tallyOf(
    {
      labels: rows.map(({ isOfIt }) => (isOfIt ? 0 : 1)),
      predicted: rows.map(({ share }) => (share >= 0.5 ? 0 : 1)),
      shares: Float64Array.from(rows.flatMap(({ share }) => [share, 1 - share])),
    },
    ['it', 'rest'],
  );
}

const tables = fc.array(fc.record({ share: fc.constantFrom(0, 0.25, 0.5, 0.75, 1), isOfIt: fc.boolean() }), {
  minLength: 1,
  maxLength: 20,
});

/** Rates at one threshold, counted row by row. */
function rates(rows: readonly Row[], threshold: number) {
  const chosen = rows.filter(({ share }) => share >= threshold);
  const hits = chosen.filter(({ isOfIt }) => isOfIt).length;
  const positives = rows.filter(({ isOfIt }) => isOfIt).length;
  return {
    falsePositiveRate: (chosen.length - hits) / (rows.length - positives),
    recall: hits / positives,
    precision: hits / chosen.length,
  };
}

function thresholdsOf(rows: readonly Row[]): number[] {
  return [...new Set(rows.map(({ share }) => share))].sort((a, b) => b - a);
}

describe('the ROC curve', () => {
  it('goes through the rates at every threshold, from the strictest on', () => {
    fc.assert(
      fc.property(tables, (rows) => {
        const { points } = rocCurve(tallyRows(rows), 0);
        fc.pre(points !== null);
        const expected = thresholdsOf(rows).map((threshold) => {
          const { falsePositiveRate, recall } = rates(rows, threshold);
          return [falsePositiveRate, recall];
        });
        expect(points).toEqual([[0, 0], ...expected]);
        expect(points?.at(-1)).toEqual([1, 1]);
      }),
    );
  });

  it('encloses the area that the metric gives', () => {
    fc.assert(
      fc.property(tables, (rows) => {
        const tally = tallyRows(rows);
        const { points } = rocCurve(tally, 0);
        const { value } = rocAucOf(tally, 0);
        expect(points === null).toBe(value === null);
        fc.pre(points !== null);
        let area = 0;
        for (let index = 1; index < points!.length; index++) {
          area += ((points![index][0] - points![index - 1][0]) * (points![index][1] + points![index - 1][1])) / 2;
        }
        expect(area).toBeCloseTo(value!, 12);
      }),
    );
  });

  it('is undefined without a row of the class, or of another one', () => {
    const [all, none] = [true, false].map((isOfIt) => tallyRows([{ share: 0.5, isOfIt }]));
    expect(rocCurve(all, 0)).toEqual({ points: null, reason: 'every row is of class it' });
    expect(rocCurve(none, 0)).toEqual({ points: null, reason: 'no row is of class it' });
  });
});

describe('the precision-recall curve', () => {
  it('goes through recall and precision at every threshold', () => {
    fc.assert(
      fc.property(tables, (rows) => {
        const { points } = precisionRecallCurve(tallyRows(rows), 0);
        fc.pre(points !== null);
        expect(points).toEqual(
          thresholdsOf(rows).map((threshold) => [rates(rows, threshold).recall, rates(rows, threshold).precision]),
        );
      }),
    );
  });

  it('has the average precision under its steps', () => {
    fc.assert(
      fc.property(tables, (rows) => {
        const tally = tallyRows(rows);
        const { points } = precisionRecallCurve(tally, 0);
        fc.pre(points !== null);
        const area = points!.reduce(
          (sum, [x, y], index) => sum + (x - (index === 0 ? 0 : points![index - 1][0])) * y,
          0,
        );
        expect(area).toBeCloseTo(averagePrecisionOf(tally, 0).value!, 12);
      }),
    );
  });

  it('is undefined without a row of the class', () => {
    const tally = tallyRows([{ share: 0.5, isOfIt: false }]);
    expect(precisionRecallCurve(tally, 0)).toEqual({ points: null, reason: 'no row is of class it' });
    expect(precisionRecallCurve(tally, 1)).toEqual({ points: [[1, 1]] });
  });
});
