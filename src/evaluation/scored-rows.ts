import type { Dataset } from '../data/dataset.js';
import { holdOut, PARTITION } from '../data/holdout.js';
import { datasetSha256 } from '../data/sha256.js';
import { UsageError } from '../ground/errors.js';
import type { TrainingRecord } from '../training/record.js';

/** Which rows a model is scored on, as reports call them. */
export type Scored = 'holdout' | 'training rows' | 'all rows' | 'folds';

export interface ScoredRows {
  readonly scored: Scored;
  /** Indices into the dataset. */
  readonly rows: Uint32Array;
}

/**
 * Chooses the rows that say something about a model: of the table that it was trained on only the held-out ones, of
 * any other table all. Where nothing was held out, the training rows are all there is, and they are called so.
 *
 * @param folds whether the model is cross-validated: then every row is scored, by a tree that never saw it
 * @throws UsageError where the held-out rows cannot be found again
 */
export function chooseScoredRows(dataset: Dataset, record: TrainingRecord, folds: boolean): ScoredRows {
  const all = Uint32Array.from({ length: dataset.rowCount }, (_, row) => row);
  if (folds) return { scored: 'folds', rows: all };
  if (!isTrainingTable(dataset, record)) return { scored: 'all rows', rows: all };
  if (record.rows.holdout === 0) return { scored: 'training rows', rows: all };
  if (record.partition !== PARTITION) {
    throw new UsageError(
      `the rows that the model held out were chosen by ${record.partition}, and this release knows only ${PARTITION}: use --cross-validate, or --data with rows that it was not trained on`,
    );
  }
  return { scored: 'holdout', rows: holdOut(dataset, record).holdout };
}

/** Whether a model learned from any of these rows. */
export function hasLearnedFrom(record: TrainingRecord, dataset: Dataset, rows: Uint32Array): boolean {
  if (!isTrainingTable(dataset, record)) return false;
  if (record.partition !== PARTITION) return true;
  const trained = new Set(holdOut(dataset, record).train);
  return rows.some((row) => trained.has(row));
}

function isTrainingTable(dataset: Dataset, record: TrainingRecord): boolean {
  return datasetSha256(dataset) === record.dataSha256;
}
