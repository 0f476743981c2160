import type { ClassFigures } from '../../evaluation/confusion.js';
import type { CrossValidation } from '../../evaluation/cross-validation.js';
import type { Evaluation } from '../../evaluation/evaluate.js';
import type { Figure } from '../../evaluation/figure.js';
import type { Interval } from '../../evaluation/intervals.js';
import { figuresByName, type Measurement } from '../../evaluation/measurement.js';
import { METRICS } from '../../evaluation/metrics.js';

/** What every form of an evaluation report says, as rows of words. */

/** As in `30 held-out rows of iris.csv`. */
export function describeRows({ scored, measured, source }: Evaluation): string {
  const count = measured.rows === 1 ? '1 row' : `${measured.rows} rows`;
  if (scored === 'holdout') return `${count.replace(' ', ' held-out ')} of ${source}`;
  if (scored === 'training rows') return `${count.replace(' ', ' training ')} of ${source}`;
  if (scored === 'all rows') return `all ${count} of ${source}`;
  const { folds, repeats } = measured as CrossValidation;
  const times = repeats === 1 ? '' : `, ${repeats} repeats`;
  return `all ${count} of ${source}, ${folds}-fold cross-validation${times}`;
}

/** Header and one row per metric: title, value, then interval, standard error and baseline where there are any. */
export function metricRows({ measured, baseline }: Evaluation): string[][] {
  const errors = standardErrorsOf(measured);
  const header = ['metric', 'value', ...(errors ? ['standard error'] : []), '95 % interval'];
  if (baseline) header.push('baseline');
  const rows = METRICS.map(({ name, title }) => [
    title,
    formatFigure(measured.metrics[name]),
    ...(errors ? [formatNumber(errors.get(name))] : []),
    formatInterval(measured.intervals.get(name)),
    ...(baseline ? [formatFigure(baseline.measured.metrics[name])] : []),
  ]);
  return [header, ...rows];
}

/** Header and one row per class. */
export function classRows({ perClass }: Measurement): string[][] {
  return [
    ['class', 'precision', 'recall', 'F1', 'support'],
    ...perClass.map((figures: ClassFigures) => [
      figures.class,
      formatFigure(figures.precision),
      formatFigure(figures.recall),
      formatFigure(figures.f1),
      String(figures.support),
    ]),
  ];
}

/** What the confusion matrix counts. */
export function describeConfusion(measured: Measurement): string {
  const repeats = 'repeats' in measured ? (measured as CrossValidation).repeats : 1;
  return `confusion matrix${repeats === 1 ? '' : ` of all ${repeats} repeats`}: rows are true classes, columns predicted ones`;
}

/** Header and one row per true class. */
export function confusionRows({ classes, confusion }: Measurement): string[][] {
  return [['true class', ...classes], ...confusion.map((counts, index) => [classes[index], ...counts.map(String)])];
}

/** Names of undefined figures by reason, so that a reason is given once. */
export function undefinedReasons(measured: Measurement): [reason: string, names: string[]][] {
  const names = new Map<string, string[]>();
  for (const [name, figure] of figuresByName(measured)) {
    if (figure.value !== null) continue;
    const known = names.get(figure.reason);
    if (known) known.push(name);
    else names.set(figure.reason, [name]);
  }
  return [...names];
}

/** Null without cross-validation. */
export function standardErrorsOf(measured: Measurement): CrossValidation['standardErrors'] | null {
  return 'standardErrors' in measured ? (measured as CrossValidation).standardErrors : null;
}

function formatFigure(figure: Figure): string {
  return figure.value === null ? 'undefined' : formatNumber(figure.value);
}

function formatInterval(interval: Interval | undefined): string {
  return interval === undefined ? '' : `${formatNumber(interval.lower)} to ${formatNumber(interval.upper)}`;
}

function formatNumber(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(4);
}
