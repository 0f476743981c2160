import type { Dataset, FeatureColumn } from '../data/dataset.js';
import { assembleArtifact } from '../formats/registry.js';
import { checkOptions, type OptionTable, trueOrFalse } from '../ground/options.js';
import { type Classifier, classifierSteps } from '../model/classifier.js';
import { withoutRows } from '../model/feature-summary.js';
import type { Feature } from '../model/model.js';
import type { PredictingModel } from '../model/predicting-model.js';
import type { Score } from '../model/provenance.js';
import type { Steps } from '../model/steps.js';
import { decimalsFor } from '../model/threshold-text.js';
import { gatherRows } from '../training/gather-rows.js';
import { scorerOf } from '../training/grown.js';
import { hasGap } from '../training/missing-values.js';
import { inTurns } from '../training/pace.js';
import type { TrainingParameters } from '../training/parameters.js';
import { phaseReporter } from '../training/progress.js';
import {
  type Fitted,
  missingRuleOf,
  type Training,
  type TrainOptions,
  trainAndUse,
  trainTable,
} from '../training/train.js';
import { type TreeAnswers, treeAnswers } from '../tree/answers.js';
import { predictInto } from '../tree/predict.js';
import type { Tree } from '../tree/tree.js';
import { scoreOfLeaves } from './leaf-score.js';
import { accuracy, logLoss } from './metrics.js';
import { predictRows } from './prediction.js';

/** Rows that are predicted at once: their values fit a cache. */
const CHUNK_ROWS = 4096;

export interface TrainModelOptions extends TrainOptions {
  /** Leave what reveals single rows out of the model: the sketch, histograms, and the exact smallest and largest values. */
  readonly withholdRows?: boolean;
}

export interface TrainedModel {
  readonly model: PredictingModel;
  /** Of the model's file, as `serializeModel` gives it. */
  readonly text: string;
  /** Null where it was not asked for. */
  readonly pruningPath: Training['pruningPath'];
  readonly warnings: readonly string[];
}

const trainModelTable: OptionTable<TrainModelOptions> = { ...trainTable, withholdRows: trueOrFalse };

/**
 * From a table to a model that can be written: training, its two metrics on both sides of the hold-out, and what the
 * artifact keeps of the features.
 * Why: docs/decisions/train-model-measures-itself.md
 *
 * @throws UsageError for a parameter or an option out of range, or one that the engine cannot honour
 * @throws DataError where the training rows cannot make a tree
 */
export async function trainModel(
  dataset: Dataset,
  parameters: TrainingParameters,
  options: TrainModelOptions = {},
): Promise<TrainedModel> {
  checkOptions(options, trainModelTable);
  const report = phaseReporter(options.onProgress);
  const { training, used } = await trainAndUse(dataset, parameters, options, (rows, helper) => {
    const begun = helper.begin('summaries', { rows });
    return async (fitted, turn) => {
      const { grown, partition } = fitted;
      const { score, train } = await inTurns(scoring(dataset, fitted), turn);
      report('measuring', 0.2);
      const metrics = {
        train,
        holdout: partition.holdout.length === 0 ? null : await inTurns(score(partition.holdout), turn),
        ...(grown.kind === 'forest' && { outOfBag: grown.outOfBag }),
      };
      report('measuring', 0.4);
      return { metrics, summaries: await begun.result(options.signal) };
    };
  });
  const { metrics, summaries } = used;
  const byTable = missingRuleOf(options) === 'table';
  const shown = options.withholdRows === true ? summaries.map(withoutRows) : summaries;
  const { data, grown, heldOutBy, pruningPath, record, warnings } = training;
  const sketch = options.withholdRows === true ? null : training.sketch;
  const { model, text } = assembleArtifact({
    features: dataset.features.map((column, index) =>
      featureOf(column, byTable ? hasGap(column) : summaries[index].missing > 0),
    ),
    classes: dataset.classes,
    scorer: scorerOf(grown, record.classWeight),
    provenance: {
      training: record,
      metrics,
      data,
      partition: heldOutBy,
      sketch,
      summaries: shown,
      decimals: grown.kind === 'tree' ? decimalsOf(dataset.features, grown.tree) : null,
    },
  });
  report('measuring', 1);
  return { model, text, pruningPath, warnings };
}

/** For each number as many as its closest training values take. */
export function decimalsOf(
  columns: readonly Pick<FeatureColumn, 'kind'>[],
  { feature, gap }: Tree,
): (number | null)[] | null {
  if (gap === undefined) return null;
  const smallest = new Float64Array(columns.length).fill(Number.POSITIVE_INFINITY);
  for (let node = 0; node < gap.length; node++) {
    if (feature[node] >= 0) smallest[feature[node]] = Math.min(smallest[feature[node]], gap[node]);
  }
  return columns.map(({ kind }, index) => (kind === 'number' ? decimalsFor(smallest[index]) : null));
}

/** @param missing whether a row may have no value */
function featureOf(column: FeatureColumn, missing: boolean): Feature {
  const { kind, name } = column;
  if (kind === 'number') return { name, kind, missing };
  const { categories, other } = column;
  return { name, kind, missing, categories, ...(other !== undefined && { other }) };
}

type ScoreRows = (rows: Uint32Array) => Steps<Score>;

/** The steps to the score of the rows that a model was just grown from, and what scores others. */
function* scoring(
  dataset: Dataset,
  { classWeights, grown, partition }: Fitted,
): Steps<{ readonly train: Score; readonly score: ScoreRows }> {
  if (grown.kind === 'tree') {
    const answers = treeAnswers(grown.tree, classWeights);
    yield;
    // A tree has counted its own rows.
    const train = scoreOfLeaves(answers, grown.tree.counts);
    return { train, score: (rows) => scoreByLeaves(dataset, rows, answers) };
  }
  const features = dataset.features.map((column) => featureOf(column, true));
  const classifier = yield* classifierSteps({ features, classes: dataset.classes, scorer: scorerOf(grown, null) });
  const score: ScoreRows = (rows) => scoreByShares(dataset, rows, classifier);
  return { train: yield* score(partition.train), score };
}

/** Rows times classes, which may be more than memory holds, are never laid out. Yields after each chunk. */
function* scoreByLeaves(dataset: Dataset, rows: Uint32Array, answers: TreeAnswers): Steps<Score> {
  const { classCount } = answers.tree;
  const counts = new Uint32Array(answers.tree.counts.length);
  const leaves = new Int32Array(CHUNK_ROWS);
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const chunk = rows.subarray(start, start + CHUNK_ROWS);
    predictInto(answers.tree, gatherRows(dataset, chunk), chunk.length, leaves);
    for (let i = 0; i < chunk.length; i++) counts[leaves[i] * classCount + dataset.labels[chunk[i]]]++;
    yield;
  }
  return scoreOfLeaves(answers, counts);
}

function* scoreByShares(dataset: Dataset, rows: Uint32Array, classifier: Classifier): Steps<Score> {
  const { labels, predicted, shares } = yield* predictRows(classifier, dataset, rows);
  const each = rows.map((_, index) => index);
  return { accuracy: accuracy(labels, predicted), logLoss: logLoss(labels, each, shares, classifier.classes.length) };
}
