import type { Dataset } from '../data/dataset.js';
import { heldOutRows, holdOut, RANK_RULES } from '../data/holdout.js';
import { COLUMN_RULES, requireHoldout } from '../data/holdout-column.js';
import { estimateOverlap, type Overlap } from '../data/sketch.js';
import { UsageError } from '../ground/errors.js';
import { namesInWords } from '../ground/quote.js';
import type { Partition, Provenance } from '../model/provenance.js';
import type { Steps } from '../model/steps.js';
import type { TrainingRecord } from '../model/training-record.js';
import { evidenceOf, type SidesEvidence } from './sides.js';
import type { Subject } from './subject.js';
import { rowHashesOf, tableHashOf } from './table-identity.js';

/** Which rows a model is scored on, as reports call them. */
export type Scored = 'holdout' | 'training rows' | 'all rows' | 'folds';

/** How the rows to score are chosen. */
export interface ScoringOptions {
  /** Whether the model is cross-validated: then every row is scored, by a tree that never saw it. */
  readonly folds?: boolean;
  /** Score rows that the model was trained on with the others. */
  readonly includeTrainingRows?: boolean;
}

export interface ScoredRows {
  readonly scored: Scored;
  /** Indices into the dataset. */
  readonly rows: Uint32Array;
  /** How much of the table the model was trained on; null where that does not matter, or nobody knows. */
  readonly overlap: Overlap | null;
  /** What shows that the model was trained on these rows, where the sketch says too little. */
  readonly evidence?: SidesEvidence;
  /** Whether the figures are those of rows that are known to be training rows, but for few. */
  readonly flattered: boolean;
}

/**
 * Up to this share of rows that training had, all of them are scored: values that are rounded, or categories, make rows of
 * different tables equal by chance. Why: docs/decisions/overlap-by-the-sketch.md
 */
const CHANCE_SHARE = 0.1;

/** A sketch that judges fewer rows, and knows none of them, says little of the others. */
const FEW_JUDGED = 10;

/**
 * The rows that say something about a model, as `chooseScoredRows` chooses them; of a table of which the sketch says too
 * little, the sides of the cuts are looked at.
 *
 * @throws UsageError where the held-out rows cannot be found again; DataError for a value that the model cannot predict from
 */
export function* findScoredRows({ dataset, model }: Subject, options: ScoringOptions = {}): Steps<ScoredRows> {
  const chosen = chooseScoredRows(dataset, model.provenance, options);
  if (chosen.scored !== 'all rows' || chosen.flattered || !isUnsure(chosen.overlap)) return chosen;
  const evidence = yield* evidenceOf({ dataset, model });
  if (evidence === null) return chosen;
  const heldOut = heldOutSide(dataset, model.provenance);
  return { ...ofTrained(chosen, heldOut, chosen.overlap, options), evidence };
}

/** Whether a model may have been trained on a table for all that its sketch says. */
export function isUnsure(overlap: Overlap | null): boolean {
  return overlap === null || (overlap.trained === 0 && !overlap.exact && overlap.judged < FEW_JUDGED);
}

/**
 * Chooses the rows that say something about a model: of the table that it was trained on the held-out ones; of a table that
 * has many of its training rows those on the held-out side of its cuts; of any other table all. Where nothing was held
 * out, or nobody knows what, the training rows are all there is, and they are called so.
 *
 * @throws UsageError where the held-out rows cannot be found again
 */
export function chooseScoredRows(
  dataset: Dataset,
  provenance: Provenance,
  { folds = false, includeTrainingRows = false }: ScoringOptions = {},
): ScoredRows {
  const rows = Uint32Array.from({ length: dataset.rowCount }, (_, row) => row);
  if (folds) return { scored: 'folds', rows, overlap: null, flattered: false };
  const isOwn = isTrainingTable(dataset, provenance);
  const overlap = isOwn ? ownOverlap(dataset, provenance) : overlapWith(dataset, provenance);
  // Nobody knows which rows it was trained on, but for the column that says so.
  if (provenance.data?.hash === 'aggregates/1' && dataset.holdoutBy !== undefined) {
    return ofTrained({ rows }, heldOutSide(dataset, provenance), null, { includeTrainingRows });
  }
  if (!isOwn && (overlap?.share ?? 0) <= CHANCE_SHARE) return { scored: 'all rows', rows, overlap, flattered: false };
  const heldOut = isOwn ? ownHoldout(dataset, provenance) : heldOutSide(dataset, provenance);
  const trained = ofTrained({ rows }, heldOut, overlap, { includeTrainingRows });
  return isOwn && trained.scored === 'holdout' ? { ...trained, overlap: null } : trained;
}

/** Of a table that the model was trained on. @param heldOut rows of it that it was not trained on */
function ofTrained(
  { rows }: Pick<ScoredRows, 'rows'>,
  heldOut: Uint32Array,
  overlap: Overlap | null,
  { includeTrainingRows = false }: ScoringOptions,
): ScoredRows {
  if (heldOut.length === 0) return { scored: 'training rows', rows, overlap, flattered: true };
  if (includeTrainingRows) return { scored: 'all rows', rows, overlap, flattered: true };
  return { scored: 'holdout', rows: heldOut, overlap, flattered: false };
}

/** Whether a model learned from any of these rows, as far as is known. */
export function hasLearnedFrom(provenance: Provenance, dataset: Dataset, rows: Uint32Array): boolean {
  if (!isTrainingTable(dataset, provenance)) return (overlapWith(dataset, provenance, rows)?.trained ?? 0) > 0;
  const { partition, training } = provenance;
  if (training === null || partition === null || !isKnownRule(partition.rule)) return true;
  const trained = new Set(holdOutAgain(dataset, training, partition).train);
  return rows.some((row) => trained.has(row));
}

/** How much of a table a model was trained on, by the sketch of its rows; null where there is none. */
function overlapWith(dataset: Dataset, { sketch }: Provenance, rows?: Uint32Array): Overlap | null {
  return sketch === null ? null : estimateOverlap(sketch, rowHashesOf(dataset), rows);
}

/** Of the training table itself; null where nobody knows how many rows were held out. */
function ownOverlap({ rowCount }: Dataset, { training }: Provenance): Overlap | null {
  if (training === null) return null;
  const trained = training.rows.train;
  return { judged: rowCount, trained, share: trained / rowCount, exact: true };
}

/** The rows of the training table that were held out. */
function ownHoldout(dataset: Dataset, { partition, training }: Provenance): Uint32Array {
  if (training === null || partition === null || training.rows.holdout === 0) return new Uint32Array(0);
  requireKnownRule(partition);
  return holdOutAgain(dataset, training, partition).holdout;
}

/** The rows of another table that were held out, or would have been. */
function heldOutSide(dataset: Dataset, { partition, training }: Provenance): Uint32Array {
  if (training === null || partition === null) return new Uint32Array(0);
  requireKnownRule(partition);
  if (partition.column !== undefined) return holdOutAgain(dataset, training, partition).holdout;
  if (partition.cuts === null) return new Uint32Array(0);
  return heldOutRows(dataset, { cuts: partition.cuts, hashes: rowHashesOf(dataset), seed: training.seed });
}

function holdOutAgain(dataset: Dataset, { holdout, seed }: TrainingRecord, { column, rule }: Partition) {
  if (column !== undefined) {
    requireHoldout(dataset, column);
    return holdOut(dataset, { holdout, seed });
  }
  const hashes = rule === 'hash-rank/2' ? { hashes: rowHashesOf(dataset) } : {};
  return holdOut(dataset, { holdout, seed, partition: rule, ...hashes });
}

const KNOWN_RULES = [...RANK_RULES, ...COLUMN_RULES];

function requireKnownRule({ rule }: Partition): void {
  if (isKnownRule(rule)) return;
  throw new UsageError(
    `the rows that the model held out were chosen by ${rule}, and this release knows only ${namesInWords(KNOWN_RULES)}: score rows that it was not trained on`,
    {
      advice: {
        option: 'crossValidation',
        value: '10',
        effect: 'scores each row with a tree that was not trained on it',
      },
    },
  );
}

function isKnownRule(rule: string): boolean {
  return KNOWN_RULES.some((known) => known === rule);
}

function isTrainingTable(dataset: Dataset, { data }: Provenance): boolean {
  return data !== null && tableHashOf(dataset, data.hash) === data.sha256;
}
