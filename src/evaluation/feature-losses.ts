import { singleTree } from '../model/single-tree.js';
import type { Steps } from '../model/steps.js';
import { gatherRows } from '../training/gather-rows.js';
import { type PermutationImportance, permutationSteps } from '../tree/importance.js';
import { findScoredRows, type Scored } from './scored-rows.js';
import type { Subject } from './subject.js';

/** What the accuracy loses when the values of a feature are shuffled among the rows. */
export interface FeatureLosses {
  readonly scored: Scored;
  readonly rows: number;
  readonly repeats: number;
  /** One entry per feature. */
  readonly losses: readonly PermutationImportance[];
}

const REPEATS = 10;
/** More rows are thinned out evenly: they would take seconds and make the means no better to look at. */
const MOST_ROWS = 100_000;
const SEED = 0;

/** Yields after each shuffle. On the rows that the model itself would be scored on, also where it is cross-validated. Null without rows, and for a model of more than one tree. */
export function* measureFeatureLosses(
  { dataset, model }: Subject,
  includeTrainingRows = false,
): Steps<FeatureLosses | null> {
  const answers = singleTree(model);
  const chosen = yield* findScoredRows({ dataset, model }, { includeTrainingRows });
  if (answers === null || chosen.rows.length === 0) return null;
  const step = Math.ceil(chosen.rows.length / MOST_ROWS);
  const rows = chosen.rows.filter((_, index) => index % step === 0);
  const { classes, tree } = answers;
  const labels = Array.from(rows, (row) => dataset.labels[row]);
  const options = { seed: SEED, repeats: REPEATS };
  const losses = yield* permutationSteps(tree, classes, gatherRows(dataset, rows), labels, options);
  return { scored: chosen.scored, rows: rows.length, repeats: REPEATS, losses };
}
