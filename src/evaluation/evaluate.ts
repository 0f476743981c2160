import type { Dataset } from '../data/dataset.js';
import { UsageError } from '../ground/errors.js';
import { optionNames, requireKnownOptions } from '../ground/options.js';
import { quote } from '../ground/quote.js';
import { createClassifier } from '../model/classifier.js';
import type { Model } from '../model/model.js';
import { type CrossValidation, crossValidate } from './cross-validation.js';
import type { Gate } from './gate-grammar.js';
import { checkGates, type GateResult } from './gates.js';
import { type Measurement, measure } from './measurement.js';
import { predictRows } from './prediction.js';
import {
  CROSS_VALIDATE,
  chooseScoredRows,
  hasLearnedFrom,
  overlapWith,
  type Scored,
  type ScoredRows,
} from './scored-rows.js';
import { checkSameClasses, type Subject } from './subject.js';
import { tallyOf } from './tally.js';

export interface EvaluateOptions {
  /** Null or absent: the model itself is scored. */
  readonly crossValidation?: { readonly folds: number; readonly repeats: number } | null;
  readonly gates?: readonly Gate[];
  /** Another model, with the same rows read against it. */
  readonly baseline?: Subject | null;
  /** Called after each fold of a cross-validation. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export type ModelVersion = Pick<Model, 'sha256' | 'version'>;

/** What is known of a model after its evaluation. */
export interface Evaluation {
  readonly model: ModelVersion;
  /** Where the rows came from. */
  readonly source: string;
  readonly scored: Scored;
  readonly measured: Measurement | CrossValidation;
  readonly baseline: (ModelVersion & { readonly measured: Measurement }) | null;
  readonly gates: readonly GateResult[];
  /** What a reader of the figures should know, one sentence each. */
  readonly notes: readonly string[];
}

const EVALUATE_OPTIONS = optionNames<EvaluateOptions>({
  crossValidation: true,
  gates: true,
  baseline: true,
  onProgress: true,
  signal: true,
});

/**
 * Measures a model on the rows of a table that say something about it: see `chooseScoredRows`.
 *
 * @throws UsageError for a gate on training rows, for a gate against a baseline that is not there, and for a baseline
 * with other classes
 */
export async function evaluate({ model, dataset }: Subject, options: EvaluateOptions = {}): Promise<Evaluation> {
  requireKnownOptions(options, EVALUATE_OPTIONS);
  const { baseline = null, crossValidation = null, gates = [], onProgress, signal } = options;
  const chosen = chooseScoredRows(dataset, model.provenance, crossValidation !== null);
  checkGateRequest(chosen.scored, gates, baseline);
  if (baseline !== null) checkBaseline({ model, dataset }, baseline);
  const measureSubject = async (subject: Subject): Promise<Measurement | CrossValidation> =>
    crossValidation === null
      ? measureModel(subject, chosen)
      : crossValidate(subject, { ...crossValidation, onProgress, signal });
  const measured = await measureSubject({ model, dataset });
  const baselineMeasured = baseline === null ? null : await measureSubject(baseline);
  return {
    model: versionOf(model),
    source: dataset.source,
    scored: chosen.scored,
    measured,
    baseline: baseline && baselineMeasured && { ...versionOf(baseline.model), measured: baselineMeasured },
    gates: checkGates(gates, measured, baselineMeasured ?? undefined),
    notes: [...notesOn(chosen, measured, baseline), ...notesOnModel(model, dataset, chosen)],
  };
}

function versionOf({ sha256, version }: Model): ModelVersion {
  return { sha256, version };
}

/** The bootstrap's seed is fixed, so that two runs on the same rows agree. */
const BOOTSTRAP_SEED = 0;

function measureModel({ model, dataset }: Subject, { rows }: ScoredRows): Measurement {
  const predictions = predictRows(createClassifier(model), dataset, rows);
  return measure(tallyOf(predictions, dataset.classes), BOOTSTRAP_SEED);
}

function checkGateRequest(scored: Scored, gates: readonly Gate[], baseline: Subject | null): void {
  if (scored === 'training rows' && gates.length > 0) {
    throw new UsageError(
      'a gate needs rows that the model was not trained on, and nothing was held out: score other rows',
      { advice: CROSS_VALIDATE },
    );
  }
  const against = gates.find((gate) => gate.againstBaseline);
  if (against !== undefined && baseline === null) {
    const advice = { option: 'baseline', value: 'FILE', effect: 'names one' };
    throw new UsageError(`the gate ${quote(against.text)} needs a baseline`, { advice });
  }
}

function checkBaseline(subject: Subject, baseline: Subject): void {
  checkSameClasses(subject.model, baseline.model);
  const [rows, found] = [subject.dataset.rowCount, baseline.dataset.rowCount];
  if (rows !== found) throw new UsageError(`the baseline needs the same rows: expected ${rows}, found ${found}`);
}

/** An interval of the accuracy that is wider than this deserves a warning. */
const WIDE = 0.1;

/** Whether the model may know rows that it is scored on. */
function notesOnModel({ provenance }: Model, dataset: Dataset, { scored }: ScoredRows): string[] {
  if (scored !== 'all rows') return [];
  if (provenance.data === null) return ['the model does not say what it was trained on: these rows may be among it'];
  const overlap = overlapWith(dataset, provenance);
  if (overlap === null || overlap.trained === 0) return [];
  const { exact, judged, trained } = overlap;
  const share = `${Math.round((100 * trained) / judged)} %`;
  const part = exact ? `${trained} of these rows, ${share},` : `about ${share} of these rows,`;
  return [`the model was trained on ${part} by its sketch: the figures flatter it`];
}

function notesOn({ scored, rows }: ScoredRows, measured: Measurement, baseline: Subject | null): string[] {
  const notes: string[] = [];
  if (measured.rows === 0) notes.push('there are no rows to score');
  if (scored === 'training rows') {
    notes.push('these are the rows that the model was trained on: the figures say nothing about new ones');
  }
  const interval = measured.intervals.get('accuracy');
  if (scored !== 'training rows' && interval !== undefined && interval.upper - interval.lower > WIDE) {
    const range = `${interval.lower.toFixed(3)} to ${interval.upper.toFixed(3)}`;
    const advice = scored === 'folds' ? '' : '; a cross-validation scores every row of the training table';
    notes.push(`${measured.rows} rows are few: the accuracy is only known to lie from ${range} (95 %)${advice}`);
  }
  if (baseline !== null && scored !== 'folds' && hasLearnedFrom(baseline.model.provenance, baseline.dataset, rows)) {
    notes.push('the baseline was trained on some of these rows: its figures flatter it');
  }
  return notes;
}
