import type { Dataset } from '../data/dataset.js';
import { holdOut, RANK_RULES } from '../data/holdout.js';
import { estimateOverlap, type Overlap } from '../data/sketch.js';
import { UsageError } from '../ground/errors.js';
import type { Partition, Provenance } from '../model/provenance.js';
import type { TrainingRecord } from '../model/training-record.js';
import { rowHashesOf, tableHashOf } from './table-identity.js';

/** Which rows a model is scored on, as reports call them. */
export type Scored = 'holdout' | 'training rows' | 'all rows' | 'folds';

/** What scores rows where none were held out. */
export const CROSS_VALIDATE = {
  option: 'crossValidation',
  value: '10',
  effect: 'scores each row with a tree that was not trained on it',
};

export interface ScoredRows {
  readonly scored: Scored;
  /** Indices into the dataset. */
  readonly rows: Uint32Array;
}

/**
 * Chooses the rows that say something about a model: of the table that it was trained on only the held-out ones, of
 * any other table all. Where nothing was held out, or nobody knows what, the training rows are all there is, and they are
 * called so.
 *
 * @param folds whether the model is cross-validated: then every row is scored, by a tree that never saw it
 * @throws UsageError where the held-out rows cannot be found again
 */
export function chooseScoredRows(dataset: Dataset, provenance: Provenance, folds: boolean): ScoredRows {
  const all = Uint32Array.from({ length: dataset.rowCount }, (_, row) => row);
  if (folds) return { scored: 'folds', rows: all };
  if (!isTrainingTable(dataset, provenance)) return { scored: 'all rows', rows: all };
  const { partition, training } = provenance;
  if (training === null || partition === null || training.rows.holdout === 0)
    return { scored: 'training rows', rows: all };
  if (!isKnownRule(partition.rule)) {
    throw new UsageError(
      `the rows that the model held out were chosen by ${partition.rule}, and this release knows only ${RANK_RULES.join(' and ')}: score rows that it was not trained on`,
      { advice: CROSS_VALIDATE },
    );
  }
  return { scored: 'holdout', rows: findHeldOut(dataset, training, partition).holdout };
}

/** Whether a model learned from any of these rows. */
export function hasLearnedFrom(provenance: Provenance, dataset: Dataset, rows: Uint32Array): boolean {
  if (!isTrainingTable(dataset, provenance)) return false;
  const { partition, training } = provenance;
  if (training === null || partition === null || !isKnownRule(partition.rule)) return true;
  const trained = new Set(findHeldOut(dataset, training, partition).train);
  return rows.some((row) => trained.has(row));
}

/** How much of a table a model was trained on, by the sketch of its rows; null where there is none. */
export function overlapWith(dataset: Dataset, { sketch }: Provenance): Overlap | null {
  return sketch === null ? null : estimateOverlap(sketch, rowHashesOf(dataset));
}

function findHeldOut(dataset: Dataset, { holdout, seed }: TrainingRecord, { rule }: Partition) {
  const hashes = rule === 'hash-rank/2' ? { hashes: rowHashesOf(dataset) } : {};
  return holdOut(dataset, { holdout, seed, partition: rule, ...hashes });
}

function isKnownRule(rule: string): boolean {
  return RANK_RULES.some((known) => known === rule);
}

function isTrainingTable(dataset: Dataset, { data }: Provenance): boolean {
  return data !== null && tableHashOf(dataset, data.hash) === data.sha256;
}
