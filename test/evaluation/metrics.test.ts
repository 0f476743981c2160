import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { calibrationCurve } from '../../src/evaluation/calibration.js';
import { confusionOf } from '../../src/evaluation/confusion.js';
import { accuracy, logLoss, METRICS, scoresOf } from '../../src/evaluation/metrics.js';
import { averagePrecisionOf, rocAucOf } from '../../src/evaluation/ranking.js';
import { tallyOf } from '../../src/evaluation/tally.js';

interface Rows {
  readonly classes: number;
  readonly y: number[];
  readonly p: number[][];
}

interface OldCase extends Rows {
  readonly confusion: number[][];
  readonly precision: number[];
  readonly recall: number[];
  readonly f1: number[];
  readonly support: number[];
  readonly [figure: string]: unknown;
}

interface NewCase extends Rows {
  readonly name: string;
  readonly precision: (number | null)[];
  readonly recall: (number | null)[];
  readonly f1: (number | null)[];
  readonly rocAuc: (number | null)[];
  readonly averagePrecision: (number | null)[];
  readonly topK: [number | null, number | null];
  readonly calibration: { rows: number[]; accuracy: number[]; mean_share: number[]; error: number };
  readonly [figure: string]: unknown;
}

function casesOf<Case>(file: string): Case[] {
  return JSON.parse(readFileSync(new URL(`../fixtures/metrics/${file}`, import.meta.url), 'utf8')).cases;
}

function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `class ${index}`);
}

function predictionOf(shares: number[]): number {
  return shares.indexOf(Math.max(...shares));
}

function tallyRows({ classes, y, p }: Rows) {
  return tallyOf({ labels: y, predicted: p.map(predictionOf), shares: Float64Array.from(p.flat()) }, namesOf(classes));
}

function expectFigure(figure: { value: number | null }, expected: unknown) {
  if (expected === null) expect(figure.value).toBeNull();
  else expect(Math.abs(figure.value! - (expected as number))).toBeLessThan(1e-12);
}

describe('metrics against scikit-learn 1.2.1', () => {
  const cases = casesOf<OldCase>('scikit-learn-1.2.1.json');

  it.each(cases.map((rows) => [rows.classes, rows.y.length, rows] as const))(
    'agree to 1e-12 with %i classes and %i rows',
    (_classes, _rows, expected) => {
      const tally = tallyRows(expected);
      const { metrics, perClass } = scoresOf(tally);
      expect(confusionOf(tally)).toEqual(expected.confusion);
      expect(perClass.map(({ support }) => support)).toEqual(expected.support);
      for (const [index, figures] of perClass.entries()) {
        for (const name of ['precision', 'recall', 'f1'] as const) expectFigure(figures[name], expected[name][index]);
      }
      expectFigure(metrics.accuracy, expected['accuracy']);
      expectFigure(metrics.balancedAccuracy, expected['balanced_accuracy']);
      expectFigure(metrics.f1Macro, expected['f1_macro']);
      expectFigure(metrics.f1Weighted, expected['f1_weighted']);
      expectFigure(metrics.mcc, expected['mcc']);
      expectFigure(metrics.kappa, expected['kappa']);
      expectFigure(metrics.logLoss, expected['log_loss']);
      expectFigure(metrics.rocAucOvrMacro, expected['roc_auc_ovr_macro']);
    },
  );

  it('has cases', () => expect(cases).toHaveLength(3));
});

describe('metrics against the newest scikit-learn', () => {
  const cases = casesOf<NewCase>('scikit-learn-newest.json');

  it.each(cases.map((expected) => [expected.name, expected] as const))('agree to 1e-12: %s', (_name, expected) => {
    const tally = tallyRows(expected);
    const { metrics, perClass } = scoresOf(tally);
    for (const name of [
      ...(['accuracy', 'precisionMacro', 'recallMacro', 'f1Macro', 'mcc', 'kappa', 'logLoss', 'brier'] as const),
      ...(['precisionWeighted', 'recallWeighted', 'f1Weighted', 'rocAucOvrMacro', 'averagePrecisionMacro'] as const),
    ]) {
      expectFigure(metrics[name], expected[name]);
    }
    for (const [index, figures] of perClass.entries()) {
      for (const name of ['precision', 'recall', 'f1'] as const) expectFigure(figures[name], expected[name][index]);
      expectFigure(rocAucOf(tally, index), expected.rocAuc[index]);
      expectFigure(averagePrecisionOf(tally, index), expected.averagePrecision[index]);
    }
    expectFigure(metrics.top2Accuracy, expected.topK[0]);
    expectFigure(metrics.top3Accuracy, expected.topK[1]);
    expectFigure(metrics.calibrationError, expected.calibration.error);
    const curve = calibrationCurve(tally);
    expect(curve.map(({ rows }) => rows)).toEqual(expected.calibration.rows);
    for (const [index, bin] of curve.entries()) {
      expectFigure({ value: bin.accuracy }, expected.calibration.accuracy[index]);
      expectFigure({ value: bin.meanShare }, expected.calibration.mean_share[index]);
    }
  });

  it('has cases with and without every figure', () => {
    for (const name of ['precisionMacro', 'recallMacro', 'mcc', 'rocAucOvrMacro', 'averagePrecisionMacro']) {
      expect(cases.some((expected) => expected[name] === null)).toBe(true);
      expect(cases.some((expected) => typeof expected[name] === 'number')).toBe(true);
    }
  });
});

describe('undefined figures', () => {
  const names = ['ash', 'beech', 'cedar'];

  it('say which class nobody predicted', () => {
    const shares = Float64Array.of(0.6, 0.4, 0, 0.3, 0.7, 0, 0.6, 0.4, 0);
    const { metrics, perClass } = scoresOf(tallyOf({ labels: [0, 1, 2], predicted: [0, 1, 0], shares: shares }, names));
    const missing = { value: null, reason: 'no row is predicted as cedar' };
    expect(perClass[2]).toEqual({
      class: 'cedar',
      precision: missing,
      recall: { value: 0 },
      f1: { value: 0 },
      support: 1,
    });
    expect(metrics.precisionMacro).toEqual(missing);
    expect(metrics.precisionWeighted).toEqual(missing);
  });

  it('say which class has no row', () => {
    const shares = Float64Array.of(0.6, 0.4, 0, 0.3, 0.7, 0);
    const { metrics, perClass } = scoresOf(tallyOf({ labels: [0, 1], predicted: [0, 1], shares: shares }, names));
    const missing = { value: null, reason: 'no row is of class cedar' };
    expect(perClass[2]!.recall).toEqual(missing);
    expect(perClass[2]!.f1).toEqual({ value: null, reason: 'no row is of class cedar or predicted as it' });
    expect(metrics.balancedAccuracy).toEqual(missing);
    expect(metrics.rocAucOvrMacro).toEqual(missing);
    expect(metrics.averagePrecisionMacro).toEqual(missing);
    expect(metrics.recallWeighted).toEqual({ value: 1 });
    expect(metrics.top3Accuracy).toEqual({ value: null, reason: 'there are only 3 classes' });
  });

  it('say that all rows are of one class', () => {
    const { metrics } = scoresOf(
      tallyOf({ labels: [0, 0], predicted: [0, 0], shares: Float64Array.of(1, 0, 1, 0) }, ['ash', 'beech']),
    );
    expect(metrics.mcc).toEqual({ value: null, reason: 'every row is of one class' });
    expect(metrics.kappa).toEqual({ value: null, reason: 'every row is of one class and predicted as it' });
    expect(metrics.rocAucOvrMacro).toEqual({ value: null, reason: 'every row is of class ash' });
    expect(metrics.accuracy).toEqual({ value: 1 });
  });

  it('are all figures of no rows', () => {
    const { metrics } = scoresOf(tallyOf({ labels: [], predicted: [], shares: new Float64Array(0) }, names));
    for (const { name } of METRICS) expect(metrics[name].value).toBeNull();
    expect(metrics.accuracy).toEqual({ value: null, reason: 'there are no rows' });
    expect(accuracy([], [])).toBeNaN();
    expect(logLoss([], [], new Float64Array(0), 3)).toBeNaN();
  });
});

describe('accuracy and logLoss of rows', () => {
  it('are the figures of the whole evaluation', () => {
    const shares = Float64Array.of(0.6, 0.4, 0.3, 0.7, 0.6, 0.4);
    const { metrics } = scoresOf(
      tallyOf({ labels: [0, 1, 1], predicted: [0, 1, 0], shares: shares }, ['ash', 'beech']),
    );
    expect(accuracy([0, 1, 1], [0, 1, 0])).toBe(2 / 3);
    expect(metrics.accuracy.value).toBe(2 / 3);
    expect(logLoss([0, 1, 1], [0, 1, 2], shares, 2)).toBe(metrics.logLoss.value);
    expect(logLoss([1, 1, 0], [1, 0, 0], shares, 2)).toBe(metrics.logLoss.value);
    expect(metrics.logLoss.value).toBeCloseTo(-(Math.log(0.6) + Math.log(0.7) + Math.log(0.4)) / 3, 14);
  });

  it('bound the cost of a sure error by the clipped share', () => {
    expect(logLoss([1], [0], Float64Array.of(1, 0), 2)).toBeCloseTo(52 * Math.LN2, 10);
  });
});
