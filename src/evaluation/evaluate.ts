import type { Overlap } from '../data/sketch.js';
import { UsageError } from '../ground/errors.js';
import {
  abortSignal,
  anObject,
  callback,
  checkOptions,
  isObject,
  listOf,
  type OptionTable,
  optionsOf,
  orNull,
  required,
  trueOrFalse,
} from '../ground/options.js';
import { quote } from '../ground/quote.js';
import { createClassifier } from '../model/classifier.js';
import type { Model } from '../model/model.js';
import { ensembleOf } from '../model/single-tree.js';
import { runStepsInTurns, type Steps } from '../model/steps.js';
import { measureAgreement } from './agreement.js';
import { type CrossValidation, crossValidate, foldsTable } from './cross-validation.js';
import type { Gate } from './gate-grammar.js';
import { checkGates, type GateResult } from './gates.js';
import { type Measurement, measure } from './measurement.js';
import { notesOn, shareInWords } from './notes.js';
import { predictRows } from './prediction.js';
import { findScoredRows, type Scored, type ScoredRows } from './scored-rows.js';
import { evidenceInWords } from './sides.js';
import { checkSameClasses, requireSubject, type Subject } from './subject.js';
import { type Tally, tallyOf } from './tally.js';
import { unseenIn } from './unseen.js';

export interface EvaluateOptions {
  /** Null or absent: the model itself is scored. */
  readonly crossValidation?: { readonly folds: number; readonly repeats: number } | null;
  readonly gates?: readonly Gate[];
  /** Score rows that the model was trained on with the others, and hold it to gates on them. */
  readonly includeTrainingRows?: boolean;
  /** Another model, with the same rows read against it. */
  readonly baseline?: Subject | null;
  /** Called after each fold of a cross-validation. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called now and then with the share of a cross-validation, the baseline's included, that is done, in [0, 1]. */
  readonly onShare?: (share: number) => void;
  readonly signal?: AbortSignal;
}

export type ModelVersion = Pick<Model, 'sha256' | 'version'>;

/** The result of an evaluation. */
export interface Evaluation {
  readonly model: ModelVersion;
  /** Where the rows came from. */
  readonly source: string;
  readonly scored: Scored;
  /** How much of the table the model was trained on; absent where that does not matter, or nobody knows. */
  readonly overlap?: Overlap;
  readonly measured: Measurement | CrossValidation;
  readonly baseline: (ModelVersion & { readonly measured: Measurement }) | null;
  readonly gates: readonly GateResult[];
  /** What a reader of the figures should know, one sentence each. */
  readonly notes: readonly string[];
}

const subjectTable: OptionTable<Subject> = { model: required(anObject), dataset: required(anObject) };

const evaluateTable: OptionTable<EvaluateOptions> = {
  crossValidation: orNull(optionsOf(foldsTable)),
  gates: listOf('gates, as parseGate gives them', isObject),
  includeTrainingRows: trueOrFalse,
  baseline: orNull(optionsOf(subjectTable)),
  onProgress: callback,
  onShare: callback,
  signal: abortSignal,
};

/**
 * Measures a model on the rows of a table that say something about it: see `findScoredRows`.
 *
 * @throws the signal's reason once it is aborted
 * @throws UsageError for an option that is unknown or out of its range, for a gate on training rows, for a gate against a baseline that is not there, and for a baseline
 * with other classes
 */
export async function evaluate(evaluated: Subject, options: EvaluateOptions = {}): Promise<Evaluation> {
  requireSubject(evaluated);
  const { model, dataset } = evaluated;
  checkOptions(options, evaluateTable);
  const { baseline = null, crossValidation = null, gates = [], onProgress, onShare, signal } = options;
  const { includeTrainingRows = false } = options;
  signal?.throwIfAborted();
  const folds = crossValidation !== null;
  const chosen = await runStepsInTurns(findScoredRows({ model, dataset }, { folds, includeTrainingRows }), signal);
  if (chosen.flattered && !includeTrainingRows && gates.length > 0) throw gateOnTrainingRows(chosen);
  checkBaselineGates(gates, baseline);
  if (baseline !== null) checkBaseline({ model, dataset }, baseline);
  const subjects = baseline === null ? 1 : 2;
  const measureSubject = async (subject: Subject, index: number): Promise<Measurement | CrossValidation> => {
    const outOfBag = subject.model.provenance.metrics?.outOfBag;
    const measured = await (crossValidation === null
      ? runStepsInTurns(measureModel(subject, chosen), signal)
      : crossValidate(subject, {
          ...crossValidation,
          onProgress,
          onShare: (share) => onShare?.((index + share) / subjects),
          signal,
        }));
    return outOfBag ? { ...measured, outOfBag } : measured;
  };
  const measured = await measureSubject({ model, dataset }, 0);
  const baselineMeasured = baseline === null ? null : await measureSubject(baseline, 1);
  return {
    model: versionOf(model),
    source: dataset.source,
    scored: chosen.scored,
    ...(chosen.overlap && { overlap: chosen.overlap }),
    measured,
    baseline: baseline && baselineMeasured && { ...versionOf(baseline.model), measured: baselineMeasured },
    gates: checkGates(gates, measured, baselineMeasured ?? undefined),
    notes: notesOn({ model, dataset }, chosen, measured, baseline),
  };
}

function versionOf({ sha256, version }: Model): ModelVersion {
  return { sha256, version };
}

/** The bootstrap's seed is fixed, so that two runs on the same rows agree. */
const BOOTSTRAP_SEED = 0;

function* measureModel({ model, dataset }: Subject, { rows }: ScoredRows): Steps<Measurement> {
  const classifier = createClassifier(model);
  const predictions = yield* predictRows(classifier, dataset, rows);
  const tally = tallyOf(predictions, dataset.classes);
  yield;
  const measured = { ...(yield* measureTally(tally)), unseen: unseenIn(dataset, rows) };
  const forest = ensembleOf(model);
  const isForest = forest?.kind === 'forest' && forest.ensemble.combine.outputs === classifier.classes.length;
  const agreement =
    isForest && classifier.treeCount > 1 ? yield* measureAgreement(forest, classifier, dataset, rows) : null;
  return agreement === null ? measured : { ...measured, agreement };
}

/** What is measured of predictions that are counted. */
export function measureTally(tally: Tally): Steps<Measurement> {
  return measure(tally, BOOTSTRAP_SEED);
}

export function gateOnTrainingRows({ evidence, overlap }: Pick<ScoredRows, 'evidence' | 'overlap'>): UsageError {
  const isAll = overlap === null || overlap.share === 1;
  const trained = evidence ? `these (${evidenceInWords(evidence)})` : isAll ? 'all of these' : shareInWords(overlap);
  return new UsageError(
    `a gate needs rows that the model was not trained on, and it was trained on ${trained}: score other rows, or cross-validate`,
    { advice: { option: 'includeTrainingRows', value: true, effect: 'holds it to the gate on these all the same' } },
  );
}

function checkBaselineGates(gates: readonly Gate[], baseline: Subject | null): void {
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
