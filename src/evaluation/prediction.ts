import type { Dataset } from '../data/dataset.js';
import { DataError } from '../ground/errors.js';
import type { Model } from '../model/model.js';
import { createPredictor } from '../model/predictor.js';
import { gatherRows } from '../training/gather-rows.js';
import { leafShares, majorityClasses, predictInto } from '../tree/predict.js';
import type { Tree } from '../tree/tree.js';
import type { Predictions } from './tally.js';

/**
 * What a model predicts for some rows of a table that was read against it.
 *
 * @throws DataError for a value that the model cannot predict from, with its line
 */
export function predictRows(model: Model, dataset: Dataset, rows: Uint32Array): Predictions {
  const values = gatherRows(dataset, rows);
  const bad = createPredictor(model).findBadValue(values, rows.length);
  if (bad !== undefined) throw new DataError(`${dataset.source}:${dataset.lines[rows[bad.row]]}: ${bad.message}`);
  return predictWithTree(model.tree, model.training.classWeight, dataset, rows, values);
}

/**
 * What a tree predicts for some rows of a table.
 *
 * @param classWeights one weight per class; null when every class weighs 1
 * @param values the rows' values, row-major
 */
export function predictWithTree(
  tree: Tree,
  classWeights: ArrayLike<number> | null,
  dataset: Dataset,
  rows: Uint32Array,
  values: Float64Array = gatherRows(dataset, rows),
): Predictions {
  const { classCount } = tree;
  const sharesOfNodes = leafShares(tree, classWeights);
  const classOfNode = majorityClasses(sharesOfNodes, classCount);
  const leaves = new Int32Array(rows.length);
  predictInto(tree, values, rows.length, leaves);
  const shares = new Float64Array(rows.length * classCount);
  for (let index = 0; index < rows.length; index++) {
    const start = leaves[index] * classCount;
    shares.set(sharesOfNodes.subarray(start, start + classCount), index * classCount);
  }
  return {
    labels: Int32Array.from(rows, (row) => dataset.labels[row]),
    predicted: leaves.map((leaf) => classOfNode[leaf]),
    shares,
  };
}
