import { describe, expect, it } from 'vitest';
import { bootstrapIntervals, wilsonInterval } from '../../src/evaluation/intervals.js';
import { classFigureName, measure } from '../../src/evaluation/measurement.js';
import { studentQuantile } from '../../src/evaluation/student.js';
import { supportOf, tallyOf } from '../../src/evaluation/tally.js';
import { runSteps } from '../../src/model/steps.js';

/** Rows by label and predicted class; the predicted class has all the share. */
function tallyConfusion(confusion: number[][]) {
  const cells = confusion.flatMap((row, label) =>
    row.flatMap((count, predicted) => Array.from({ length: count }, () => ({ label, predicted }))),
  );
  return tallyOf(
    {
      labels: cells.map(({ label }) => label),
      predicted: cells.map(({ predicted }) => predicted),
      shares: Float64Array.from(cells.flatMap(({ predicted }) => confusion.map((_, index) => +(index === predicted)))),
    },
    confusion.map((_, index) => `class ${index}`),
  );
}

describe("Wilson's interval", () => {
  it.each([
    [28, 30],
    [1, 7],
    [400, 1000],
  ])('of %i hits in %i rows ends where the score test turns', (hits, rows) => {
    const { lower, upper } = wilsonInterval(hits, rows);
    for (const bound of [lower, upper]) {
      const z = (hits / rows - bound) / Math.sqrt((bound * (1 - bound)) / rows);
      expect(Math.abs(z)).toBeCloseTo(1.959963984540054, 10);
    }
    expect(lower).toBeLessThan(hits / rows);
    expect(upper).toBeGreaterThan(hits / rows);
  });

  it('stays open where every row is a hit, or none', () => {
    expect(wilsonInterval(30, 30)).toEqual({ lower: expect.closeTo(0.88649, 4), upper: 1 });
    expect(wilsonInterval(0, 30)).toEqual({ lower: 0, upper: expect.closeTo(0.11351, 4) });
  });
});

describe('bootstrap intervals', () => {
  const tally = tallyConfusion([
    [160, 40],
    [30, 70],
  ]);

  it('of a recall are the quantiles of a binomial share', () => {
    const { intervals } = runSteps(measure(tally, 0));
    // 160 of 200 and 70 of 100: exact binomial quantiles are 149, 171 and 61, 79.
    expect(Math.abs(intervals.get('recall[class 0]')!.lower - 0.745)).toBeLessThan(0.011);
    expect(Math.abs(intervals.get('recall[class 0]')!.upper - 0.855)).toBeLessThan(0.011);
    expect(Math.abs(intervals.get('recall[class 1]')!.lower - 0.61)).toBeLessThan(0.021);
    expect(Math.abs(intervals.get('recall[class 1]')!.upper - 0.79)).toBeLessThan(0.021);
  });

  it('are the same for a seed and differ for another', () => {
    expect(runSteps(measure(tally, 3)).intervals).toEqual(runSteps(measure(tally, 3)).intervals);
    expect(runSteps(measure(tally, 3)).intervals.get('f1Macro')).not.toEqual(
      runSteps(measure(tally, 4)).intervals.get('f1Macro'),
    );
  });

  it('draw as many rows of each class as there are', () => {
    let resamples = 0;
    runSteps(
      bootstrapIntervals(tally, 0, (resample) => {
        resamples++;
        expect(Array.from(supportOf(resample))).toEqual([200, 100]);
        return new Map();
      }),
    );
    expect(resamples).toBe(1000);
  });

  it('are left out where a resample has no figure', () => {
    const { intervals, metrics } = runSteps(
      measure(
        tallyConfusion([
          [9, 1],
          [10, 0],
        ]),
        0,
      ),
    );
    // The one row that is predicted as class 1 is missing from a third of the resamples.
    expect(metrics.precisionMacro.value).not.toBeNull();
    expect(intervals.has(classFigureName('precision', 'class 1'))).toBe(false);
    expect(intervals.has('precisionMacro')).toBe(false);
    expect(intervals.has('recallMacro')).toBe(true);
  });

  it("leave the accuracy's to Wilson", () => {
    expect(runSteps(measure(tally, 0)).intervals.get('accuracy')).toEqual(wilsonInterval(230, 300));
  });

  it('are none without rows', () => {
    const empty = tallyOf({ labels: [], predicted: [], shares: new Float64Array(0) }, ['ash', 'beech']);
    expect(runSteps(measure(empty, 0)).intervals.size).toBe(0);
  });
});

describe("Student's quantile", () => {
  it.each([
    [1, 12.706204736],
    [2, 4.30265273],
    [3, 3.182446305],
    [4, 2.776445105],
    [9, 2.262157163],
    [30, 2.042272456],
    [999, 1.962341461],
  ])('for 95 %% and %i degrees of freedom is that of the tables', (degrees, expected) => {
    expect(studentQuantile(0.95, degrees)).toBeCloseTo(expected, 8);
  });
});
