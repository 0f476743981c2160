import { calibrationErrorOf } from './calibration.js';
import {
  accuracyOf,
  type ClassFigures,
  classFigures,
  confusionOf,
  kappaOf,
  macro,
  mccOf,
  weighted,
} from './confusion.js';
import { type Figure, meanOf } from './figure.js';
import { brierOf, logLossOf, topKAccuracyOf } from './probability.js';
import { averagePrecisionOf, rocAucOf } from './ranking.js';
import { type Tally, tallyOfLeaves } from './tally.js';

/** A metric of a whole model. */
export interface Metric {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** The values that it can take. */
  readonly range: readonly [number, number];
  readonly better: 'higher' | 'lower';
}

const SHARE = [0, 1] as const;

/** Every metric, in the order of every report. */
export const METRICS = [
  { name: 'accuracy', title: 'accuracy', range: SHARE, better: 'higher' },
  { name: 'balancedAccuracy', title: 'balanced accuracy', range: SHARE, better: 'higher' },
  { name: 'precisionMacro', title: 'precision, macro mean', range: SHARE, better: 'higher' },
  { name: 'recallMacro', title: 'recall, macro mean', range: SHARE, better: 'higher' },
  { name: 'f1Macro', title: 'F1, macro mean', range: SHARE, better: 'higher' },
  { name: 'precisionWeighted', title: 'precision, weighted', range: SHARE, better: 'higher' },
  { name: 'recallWeighted', title: 'recall, weighted', range: SHARE, better: 'higher' },
  { name: 'f1Weighted', title: 'F1, weighted', range: SHARE, better: 'higher' },
  { name: 'mcc', title: "Matthews' correlation", range: [-1, 1], better: 'higher' },
  { name: 'kappa', title: "Cohen's kappa", range: [-1, 1], better: 'higher' },
  { name: 'logLoss', title: 'log loss', range: [0, Number.POSITIVE_INFINITY], better: 'lower' },
  { name: 'brier', title: 'Brier score', range: [0, 2], better: 'lower' },
  { name: 'rocAucOvrMacro', title: 'ROC AUC, one vs rest', range: SHARE, better: 'higher' },
  { name: 'averagePrecisionMacro', title: 'average precision, macro', range: SHARE, better: 'higher' },
  { name: 'calibrationError', title: 'calibration error', range: SHARE, better: 'lower' },
  { name: 'top2Accuracy', title: 'top-2 accuracy', range: SHARE, better: 'higher' },
  { name: 'top3Accuracy', title: 'top-3 accuracy', range: SHARE, better: 'higher' },
] as const satisfies readonly Metric[];

export type MetricName = (typeof METRICS)[number]['name'];

/** The metrics that a class has of its own. */
export const CLASS_METRICS = ['precision', 'recall', 'f1'] as const;

export type ClassMetricName = (typeof CLASS_METRICS)[number];

export interface Scores {
  readonly metrics: Readonly<Record<MetricName, Figure>>;
  readonly perClass: readonly ClassFigures[];
}

export function scoresOf(tally: Tally): Scores {
  const confusion = confusionOf(tally);
  const perClass = classFigures(confusion, tally.classes);
  const overClasses = (figure: (tally: Tally, index: number) => Figure) =>
    meanOf(tally.classes.map((_, index) => figure(tally, index)));
  const recallMacro = macro(perClass, 'recall');
  const metrics = {
    accuracy: accuracyOf(confusion),
    balancedAccuracy: recallMacro,
    precisionMacro: macro(perClass, 'precision'),
    recallMacro,
    f1Macro: macro(perClass, 'f1'),
    precisionWeighted: weighted(perClass, 'precision'),
    recallWeighted: weighted(perClass, 'recall'),
    f1Weighted: weighted(perClass, 'f1'),
    mcc: mccOf(confusion),
    kappa: kappaOf(confusion),
    logLoss: logLossOf(tally),
    brier: brierOf(tally),
    rocAucOvrMacro: overClasses(rocAucOf),
    averagePrecisionMacro: overClasses(averagePrecisionOf),
    calibrationError: calibrationErrorOf(tally),
    top2Accuracy: topKAccuracyOf(tally, 2),
    top3Accuracy: topKAccuracyOf(tally, 3),
  };
  return { metrics, perClass };
}

/** Share of rows that are predicted rightly; NaN without rows. */
export function accuracy(labels: ArrayLike<number>, predicted: ArrayLike<number>): number {
  let hits = 0;
  for (let row = 0; row < labels.length; row++) if (labels[row] === predicted[row]) hits++;
  return hits / labels.length;
}

/**
 * Log loss in nats, the same to the last bit whatever the order of the rows; NaN without rows.
 *
 * @param labels true class index per row
 * @param leaves the leaf of each row
 * @param shares `shares[leaf * classCount + class]`
 */
export function logLoss(
  labels: ArrayLike<number>,
  leaves: ArrayLike<number>,
  shares: Float64Array,
  classCount: number,
): number {
  return logLossOf(tallyOfLeaves(labels, leaves, shares, classCount)).value ?? Number.NaN;
}
