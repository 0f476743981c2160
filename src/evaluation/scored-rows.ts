import type { Dataset } from '../data/dataset.js';
import { holdOut, PARTITION } from '../data/holdout.js';
import { datasetSha256 } from '../data/sha256.js';
import { UsageError } from '../ground/errors.js';
import type { Provenance } from '../model/provenance.js';

/** Which rows a model is scored on, as reports call them. */
export type Scored = 'holdout' | 'training rows' | 'all rows' | 'folds';

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
  if (partition.rule !== PARTITION) {
    throw new UsageError(
      `the rows that the model held out were chosen by ${partition.rule}, and this release knows only ${PARTITION}: use --cross-validate, or --data with rows that it was not trained on`,
    );
  }
  return { scored: 'holdout', rows: holdOut(dataset, training).holdout };
}

/** Whether a model learned from any of these rows. */
export function hasLearnedFrom(provenance: Provenance, dataset: Dataset, rows: Uint32Array): boolean {
  if (!isTrainingTable(dataset, provenance)) return false;
  const { partition, training } = provenance;
  if (training === null || partition?.rule !== PARTITION) return true;
  const trained = new Set(holdOut(dataset, training).train);
  return rows.some((row) => trained.has(row));
}

function isTrainingTable(dataset: Dataset, { data }: Provenance): boolean {
  return data !== null && datasetSha256(dataset) === data.sha256;
}
