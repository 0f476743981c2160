import type { OutOfBag } from '../model/provenance.js';
import type { Steps } from '../model/steps.js';
import type { Agreement } from './agreement.js';
import { type CalibrationBin, calibrationCurve } from './calibration.js';
import { type ClassFigures, type Confusion, confusionOf } from './confusion.js';
import type { Figure } from './figure.js';
import { bootstrapIntervals, type Interval, wilsonInterval } from './intervals.js';
import { CLASS_METRICS, METRICS, type MetricName, type Scores, scoresOf } from './metrics.js';
import { rowCountOf, type Tally } from './tally.js';
import type { Unseen } from './unseen.js';

/** Everything that is measured of one model on some rows. */
export interface Measurement {
  readonly rows: number;
  readonly classes: readonly string[];
  readonly metrics: Readonly<Record<MetricName, Figure>>;
  readonly perClass: readonly ClassFigures[];
  readonly confusion: Confusion;
  /** 95 % intervals by figure name (`accuracy`, `recall[virginica]`); no entry where there is none. */
  readonly intervals: ReadonlyMap<string, Interval>;
  readonly calibration: readonly CalibrationBin[];
  /** Categories that the model never saw; absent where nobody looked for them. */
  readonly unseen?: Unseen;
  /** As the model records it, whatever the rows are; absent where it is no forest of ours. */
  readonly outOfBag?: OutOfBag;
  /** How far the trees answer alike; absent where it is no forest, and of cross-validation. */
  readonly agreement?: Agreement;
  /** The predictions themselves, for curves. Of cross-validation: of all folds together. */
  readonly tally: Tally;
}

/** How a figure of one class is called, as in `recall[virginica]`. */
export function classFigureName(metric: string, label: string): string {
  return `${metric}[${label}]`;
}

/** Every figure by name, those of single classes last. */
export function figuresByName({ metrics, perClass }: Scores): Map<string, Figure> {
  const figures = new Map<string, Figure>(METRICS.map(({ name }) => [name, metrics[name]]));
  for (const classFigures of perClass) {
    for (const metric of CLASS_METRICS) {
      figures.set(classFigureName(metric, classFigures.class), classFigures[metric]);
    }
  }
  return figures;
}

/**
 * Yields after each resample of the bootstrap.
 *
 * @param seed of the bootstrap
 */
export function* measure(tally: Tally, seed: number): Steps<Measurement> {
  const scores = scoresOf(tally);
  const rows = rowCountOf(tally);
  const confusion = confusionOf(tally);
  const intervals = yield* bootstrapIntervals(tally, seed, valuesByName);
  if (rows > 0) {
    const hits = confusion.reduce((sum, row, index) => sum + row[index], 0);
    intervals.set('accuracy', wilsonInterval(hits, rows));
  }
  return {
    rows,
    classes: tally.classes,
    ...scores,
    confusion,
    intervals,
    calibration: calibrationCurve(tally),
    tally,
  };
}

function valuesByName(tally: Tally): Map<string, number | null> {
  return new Map([...figuresByName(scoresOf(tally))].map(([name, figure]) => [name, figure.value]));
}
