import type { ClassFigures } from '../../evaluation/confusion.js';
import type { CrossValidation } from '../../evaluation/cross-validation.js';
import type { Evaluation } from '../../evaluation/evaluate.js';
import type { Figure } from '../../evaluation/figure.js';
import type { Interval } from '../../evaluation/intervals.js';
import { figuresByName, type Measurement } from '../../evaluation/measurement.js';
import { METRICS } from '../../evaluation/metrics.js';
import { plural } from '../../ground/quote.js';

/** What every form of an evaluation report says, as rows of words. */

/** As in `30 held-out rows of iris.csv`. */
export function describeRows({ scored, measured, source }: Evaluation): string {
  const count = plural(measured.rows, 'row');
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

/** More classes have a line each only where their F1 is lowest. */
const MOST_CLASSES = 24;
/** A larger confusion matrix is a list of its most frequent errors. */
const MOST_IN_MATRIX = 16;
const MOST_ERRORS = 20;
/** Names of undefined figures beside their reason. */
const MOST_NAMES = 12;
const MOST_REASONS = 8;

/** The classes that a report lists: of many those with the lowest F1, in their order. */
export function listedClasses({ perClass }: Measurement): number[] {
  const all = [...perClass.keys()];
  const f1 = (index: number) => perClass[index].f1.value ?? -1;
  return all
    .toSorted((a, b) => f1(a) - f1(b) || a - b)
    .slice(0, MOST_CLASSES)
    .sort((a, b) => a - b);
}

/** What `classRows` leaves out; null where it has every class. */
export function describeClasses({ perClass }: Measurement): string | null {
  return perClass.length <= MOST_CLASSES
    ? null
    : `the ${MOST_CLASSES} of ${perClass.length} classes with the lowest F1`;
}

/** Header and one row per listed class. */
export function classRows(measured: Measurement): string[][] {
  return [
    ['class', 'precision', 'recall', 'F1', 'support'],
    ...listedClasses(measured)
      .map((index) => measured.perClass[index])
      .map((figures: ClassFigures) => [
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
  const of = repeats === 1 ? '' : ` of all ${repeats} repeats`;
  if (measured.classes.length <= MOST_IN_MATRIX) {
    return `confusion matrix${of}: rows are true classes, columns predicted ones`;
  }
  const { found, shown } = frequentErrors(measured);
  return `${measured.classes.length} classes are too many for a confusion matrix${of}: the ${shown.length} most frequent of ${found} kinds of error`;
}

export interface ConfusionError {
  readonly count: number;
  readonly label: number;
  readonly predicted: number;
}

/** The most frequent errors, and how many kinds there are. */
export function frequentErrors({ confusion }: Measurement): { found: number; shown: ConfusionError[] } {
  const errors = confusion
    .flatMap((counts, label) => counts.map((count, predicted) => ({ count, label, predicted })))
    .filter(({ count, label, predicted }) => count > 0 && label !== predicted)
    .sort((a, b) => b.count - a.count);
  return { found: errors.length, shown: errors.slice(0, MOST_ERRORS) };
}

/** Header and one row per true class; of many classes one row per kind of error. */
export function confusionRows(measured: Measurement): string[][] {
  const { classes, confusion } = measured;
  if (classes.length > MOST_IN_MATRIX) {
    const rows = frequentErrors(measured).shown.map(({ count, label, predicted }) => [
      classes[label],
      classes[predicted],
      String(count),
    ]);
    return [['true class', 'predicted as', 'rows'], ...rows];
  }
  return [['true class', ...classes], ...confusion.map((counts, index) => [classes[index], ...counts.map(String)])];
}

/** As in `undefined, as there are no rows: precision[a], recall[a]`: each reason once, and the first names with it. */
export function undefinedFigures(measured: Measurement): string[] {
  const reasons = namesByReason(measured);
  const lines = reasons.slice(0, MOST_REASONS).map(([reason, names]) => {
    const first = names.slice(0, MOST_NAMES).join(', ');
    const rest = names.length > MOST_NAMES ? `, … (${names.length} in all)` : '';
    return `undefined, as ${reason}: ${first}${rest}`;
  });
  const more = reasons.slice(MOST_REASONS).reduce((sum, [, names]) => sum + names.length, 0);
  return more === 0 ? lines : [...lines, `… and ${more} more figures are undefined`];
}

function namesByReason(measured: Measurement): [reason: string, names: string[]][] {
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
