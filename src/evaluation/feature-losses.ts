import { askedFeatures } from '../model/asked-features.js';
import { createClassifier } from '../model/classifier.js';
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
/** So many trees are asked about fewer rows: all shuffles take so many comparisons at most, which is some seconds. */
const MOST_COMPARISONS = 2_000_000_000;
const SEED = 0;

/** Yields after each shuffle. On the rows that the model itself would be scored on, also where it is cross-validated. Null without rows. */
export function* measureFeatureLosses(
  { dataset, model }: Subject,
  includeTrainingRows = false,
): Steps<FeatureLosses | null> {
  const chosen = yield* findScoredRows({ dataset, model }, { includeTrainingRows });
  if (chosen.rows.length === 0) return null;
  const { labelsInto, longestWalk } = createClassifier(model);
  const asked = new Set(askedFeatures(model));
  const most = Math.min(MOST_ROWS, MOST_COMPARISONS / (longestWalk * REPEATS * Math.max(1, asked.size)));
  const step = Math.ceil(chosen.rows.length / Math.max(1, most));
  const rows = chosen.rows.filter((_, index) => index % step === 0);
  const labels = Array.from(rows, (row) => dataset.labels[row]);
  const options = { seed: SEED, repeats: REPEATS };
  const predictor = { featureCount: model.features.length, asks: (index: number) => asked.has(index), labelsInto };
  const losses = yield* permutationSteps(predictor, gatherRows(dataset, rows), labels, options);
  return { scored: chosen.scored, rows: rows.length, repeats: REPEATS, losses };
}
