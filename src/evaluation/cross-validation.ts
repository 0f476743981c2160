import { type Dataset, rowInWords } from '../data/dataset.js';
import { stratifiedFolds } from '../data/holdout.js';
import { keyFolds, requireHoldout, requireRows } from '../data/holdout-column.js';
import { badOption, DataError, UsageError } from '../ground/errors.js';
import { abortSignal, callback, checkOptions, type OptionTable, required, wholeNumber } from '../ground/options.js';
import { nameInWords } from '../ground/quote.js';
import { createClassifier } from '../model/classifier.js';
import type { Model, Scorer } from '../model/model.js';
import { requirePart } from '../model/provenance.js';
import { runStepsInTurns } from '../model/steps.js';
import type { TrainingRecord } from '../model/training-record.js';
import { engines, trainerOfRecord, trainersOf } from '../training/engines.js';
import { type Growth, growModel, scorerOf } from '../training/grown.js';
import { hasGap } from '../training/missing-values.js';
import type { FitOptions, Trainer } from '../training/trainer.js';
import { prune } from '../tree/prune.js';
import { UNKNOWN_CATEGORY } from '../tree/tree.js';
import { calibrationCurve } from './calibration.js';
import { classFigures, confusionOf } from './confusion.js';
import { type Figure, undefinedBecause } from './figure.js';
import type { Interval } from './intervals.js';
import type { Measurement } from './measurement.js';
import { METRICS, type MetricName, scoresOf } from './metrics.js';
import { holdoutColumnOf } from './model-schema.js';
import { predictRows } from './prediction.js';
import { studentQuantile } from './student.js';
import { requireSubject, type Subject } from './subject.js';
import { type Predictions, rowCountOf, tallyOf } from './tally.js';
import { recordedParameters } from './verify-model.js';

export interface CrossValidationOptions {
  readonly folds: number;
  readonly repeats: number;
  /** Called after each fold. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called now and then with the share of all folds that is done, in [0, 1]. */
  readonly onShare?: (share: number) => void;
  readonly signal?: AbortSignal;
}

/** A measurement by cross-validation. Each row counts once per repeat in the confusion matrix. */
export interface CrossValidation extends Measurement {
  readonly folds: number;
  readonly repeats: number;
  /** Of the metrics, by name; no entry where there is none. */
  readonly standardErrors: ReadonlyMap<string, number>;
}

/** How the rows are divided. */
export const foldsTable = { folds: required(wholeNumber(2)), repeats: required(wholeNumber(1)) };

const crossValidationTable: OptionTable<CrossValidationOptions> = {
  ...foldsTable,
  onProgress: callback,
  onShare: callback,
  signal: abortSignal,
};

/**
 * Trains again with a model's own parameters, each time without one fold, and scores that fold.
 *
 * - A metric is the mean over all folds of all repeats; undefined in one fold, it is undefined.
 * - Its standard error is that of one repeat, sqrt(mean variance between the folds of a repeat / folds): more repeats
 *   make the mean steadier, but they are the same rows and add no certainty. The interval is Student's.
 * - The confusion matrix and the figures of single classes are those of all predictions together, without interval.
 *
 * @throws UsageError for an option out of its range, a model without a training record, fewer than 2 folds, more folds than rows, or an engine of another version
 * @throws DataError for a category that the model never saw
 */
export async function crossValidate(subject: Subject, options: CrossValidationOptions): Promise<CrossValidation> {
  requireSubject(subject);
  const { dataset, model } = subject;
  checkOptions(options, crossValidationTable);
  const { folds, repeats } = options;
  const { seed } = requirePart(model, 'training', 'cross-validation');
  checkFolds(dataset, folds);
  const by = holdoutColumnOf(model.provenance);
  if (by?.rule === 'md5-key/1') requireHoldout(dataset, by.column);
  checkCategories(dataset);
  const grow = scorerGrower(dataset, model, options);
  const all = Uint32Array.from({ length: dataset.rowCount }, (_, row) => row);
  // Trained on this table, they take what it misses.
  const features = model.features.map((feature, index) => ({ ...feature, missing: hasGap(dataset.features[index]) }));
  const predictions: Predictions[][] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const predicted: Predictions[] = [];
    for (const held of foldsOf(dataset, all, { seed: seed + repeat, folds })) {
      const outside = new Set(held);
      const before = repeat * folds + predicted.length;
      const scorer = await grow(
        all.filter((row) => !outside.has(row)),
        (share) => options.onShare?.((before + share) / (repeats * folds)),
      );
      const classifier = createClassifier({ ...model, features, scorer });
      predicted.push(await runStepsInTurns(predictRows(classifier, dataset, held), options.signal));
      options.onProgress?.(repeat * folds + predicted.length, repeats * folds);
    }
    predictions.push(predicted);
  }
  // A table with a category that the model never saw is refused above.
  return { ...summarize(predictions, dataset.classes), unseen: { rows: 0, columns: [] }, folds, repeats };
}

/** By the key that rows were held out by, where they were: those of one key are scored together. */
function foldsOf(
  dataset: Dataset,
  rows: Uint32Array,
  options: { readonly folds: number; readonly seed: number },
): Uint32Array[] {
  if (dataset.holdoutBy?.rule !== 'md5-key/1') return stratifiedFolds(dataset, rows, options);
  const folds = keyFolds(dataset.holdoutBy, rows, options);
  requireRows(folds, dataset.holdoutBy.column);
  return folds;
}

/** @returns a function that trains as the record says, on the rows that it is given */
function scorerGrower(dataset: Dataset, model: Model, { signal }: CrossValidationOptions) {
  const record = requirePart(model, 'training', 'cross-validation');
  const { ccpAlpha, classWeight } = record;
  const trainer = trainerOf(record);
  const parameters = recordedParameters(record, model.classes);
  const weights = classWeight === null ? null : Float64Array.from(classWeight);
  const growth: Growth = { trainer, parameters, classWeights: weights, missing: 'table' };
  return async (rows: Uint32Array, onProgress: (share: number) => void): Promise<Scorer> => {
    signal?.throwIfAborted();
    const fitOptions: FitOptions = { onProgress, ...(signal && { signal }) };
    const grown = await growModel(dataset, rows, growth, fitOptions);
    const pruned = grown.kind === 'tree' ? { ...grown, tree: prune(grown.tree, weights, ccpAlpha) } : grown;
    return scorerOf(pruned, classWeight);
  };
}

function trainerOf(record: TrainingRecord): Trainer {
  const trainer = trainerOfRecord(record.engine);
  if (trainer !== undefined) return trainer;
  const known = Object.values(engines).flatMap(trainersOf);
  throw new UsageError(
    `cross-validation trains with the model's own engine, ${record.engine}; this release has ${known.map(({ engine }) => engine).join(', ')}`,
  );
}

function checkFolds(dataset: Dataset, folds: number): void {
  if (folds <= dataset.rowCount) return;
  throw badOption('folds', `from 2 to ${dataset.rowCount}, one for each row`, folds);
}

/** A category that the model never saw has no index to train with. */
function checkCategories(dataset: Dataset): void {
  for (const { name, kind, values } of dataset.features) {
    const row = kind === 'category' ? values.indexOf(UNKNOWN_CATEGORY) : -1;
    if (row < 0) continue;
    throw new DataError(
      'cell',
      `${rowInWords(dataset, row)}: ${nameInWords(name)}: cross-validation expected a category that the model was trained on, found another`,
    );
  }
}

/** @param predictions by repeat and fold */
function summarize(
  predictions: readonly (readonly Predictions[])[],
  classes: readonly string[],
): Omit<CrossValidation, 'folds' | 'repeats'> {
  const tally = tallyOf(joinPredictions(predictions.flat()), classes);
  const confusion = confusionOf(tally);
  const scores = predictions.map((folds) => folds.map((fold) => scoresOf(tallyOf(fold, classes)).metrics));
  const metrics = {} as Record<MetricName, Figure>;
  const standardErrors = new Map<string, number>();
  const intervals = new Map<string, Interval>();
  for (const { name, range } of METRICS) {
    const figures = scores.map((folds) => folds.map((fold) => fold[name]));
    const figure = meanOverFolds(figures.flat());
    metrics[name] = figure;
    if (figure.value === null) continue;
    const error = standardError(figures.map((folds) => folds.map(({ value }) => value ?? Number.NaN)));
    const margin = studentQuantile(0.95, figures[0].length - 1) * error;
    standardErrors.set(name, error);
    intervals.set(name, {
      lower: Math.max(range[0], figure.value - margin),
      upper: Math.min(range[1], figure.value + margin),
    });
  }
  return {
    rows: rowCountOf(tally) / predictions.length,
    classes,
    metrics,
    perClass: classFigures(confusion, classes),
    confusion,
    intervals,
    standardErrors,
    calibration: calibrationCurve(tally),
    tally,
  };
}

function meanOverFolds(figures: readonly Figure[]): Figure {
  let sum = 0;
  let undefinedCount = 0;
  let reason = '';
  for (const figure of figures) {
    if (figure.value === null) {
      undefinedCount++;
      reason ||= figure.reason;
    } else sum += figure.value;
  }
  if (undefinedCount === 0) return { value: sum / figures.length };
  if (undefinedCount === figures.length) return undefinedBecause(reason);
  return undefinedBecause(`undefined in ${undefinedCount} of ${figures.length} folds: ${reason}`);
}

/** @param values by repeat and fold */
function standardError(values: readonly (readonly number[])[]): number {
  const variances = values.map((folds) => {
    const mean = folds.reduce((sum, value) => sum + value, 0) / folds.length;
    return folds.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (folds.length - 1);
  });
  const variance = variances.reduce((sum, value) => sum + value, 0) / variances.length;
  return Math.sqrt(variance / values[0].length);
}

function joinPredictions(parts: readonly Predictions[]): Predictions {
  return {
    labels: concatenate(parts.map(({ labels }) => labels)),
    predicted: concatenate(parts.map(({ predicted }) => predicted)),
    shares: concatenate(parts.map(({ shares }) => shares)),
  };
}

function concatenate(parts: readonly ArrayLike<number>[]): Float64Array {
  const joined = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let start = 0;
  for (const part of parts) {
    joined.set(part, start);
    start += part.length;
  }
  return joined;
}
