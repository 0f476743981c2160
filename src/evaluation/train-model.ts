import type { Dataset } from '../data/dataset.js';
import { assembleModel } from '../formats/iris-json/format.js';
import { nameInWords } from '../ground/quote.js';
import { summarizeFeatures } from '../model/feature-summary.js';
import type { Feature, Model, Score } from '../model/model.js';
import { gatherRows } from '../training/gather-rows.js';
import type { TrainingParameters } from '../training/parameters.js';
import { type Fitted, type Training, type TrainOptions, trainAndUse } from '../training/train.js';
import { leafShares, majorityClasses, predictInto } from '../tree/predict.js';
import type { Tree } from '../tree/tree.js';
import { accuracy, logLoss } from './metrics.js';

/** Rows that are laid out for prediction at once: their values fit a cache. */
const CHUNK_ROWS = 4096;

export interface TrainedModel {
  readonly model: Model;
  /** Null where it was not asked for. */
  readonly pruningPath: Training['pruningPath'];
  readonly warnings: readonly string[];
}

/**
 * From a table to a model that can be written: training, its two metrics on both sides of the hold-out, and what the
 * artifact keeps of the features.
 *
 * @throws UsageError for a parameter out of range, or one that the engine cannot honour
 * @throws DataError where the training rows cannot make a tree
 */
export async function trainModel(
  dataset: Dataset,
  parameters: TrainingParameters,
  options: TrainOptions = {},
): Promise<TrainedModel> {
  const { training, used } = await trainAndUse(dataset, parameters, options, (fitted) => {
    const { holdout, train: trainRows } = fitted.partition;
    const features = summarizeFeatures(dataset, trainRows);
    const gaps = warnOfGaps(dataset, features, holdout);
    for (const warning of gaps) options.onWarning?.(warning);
    const metrics = {
      train: scoreRows(dataset, trainRows, fitted),
      holdout: holdout.length === 0 ? null : scoreRows(dataset, holdout, fitted),
    };
    return { features, gaps, metrics };
  });
  const { features, gaps, metrics } = used;
  const { pruningPath, record, tree, warnings } = training;
  const model = assembleModel({ features, classes: dataset.classes, tree, training: record, metrics });
  return { model, pruningPath, warnings: [...warnings, ...gaps] };
}

/** A model refuses missing values that training never saw, also those of its own held-out rows. */
function warnOfGaps(dataset: Dataset, features: readonly Feature[], holdout: Uint32Array): string[] {
  return dataset.features
    .filter(({ values }, column) => features[column].missing === 0 && holdout.some((row) => Number.isNaN(values[row])))
    .map(
      ({ name }) =>
        `${dataset.source}: ${nameInWords(name)}: values are missing in held-out rows only: the model will refuse rows without one`,
    );
}

function scoreRows(dataset: Dataset, rows: Uint32Array, { classWeights, tree }: Fitted): Score {
  const { classCount } = tree;
  const nodeShares = leafShares(tree, classWeights);
  const classes = majorityClasses(nodeShares, classCount);
  const leaves = predictRows(dataset, rows, tree);
  const labels = Uint16Array.from(rows, (row) => dataset.labels[row]);
  return {
    accuracy: accuracy(
      labels,
      leaves.map((leaf) => classes[leaf]),
    ),
    logLoss: logLoss(labels, leaves, nodeShares, classCount),
  };
}

/** The leaf of each row. */
function predictRows(dataset: Dataset, rows: Uint32Array, tree: Tree): Int32Array {
  const leaves = new Int32Array(rows.length);
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const chunk = rows.subarray(start, start + CHUNK_ROWS);
    predictInto(tree, gatherRows(dataset, chunk), chunk.length, leaves.subarray(start));
  }
  return leaves;
}
