import { predictorSteps } from '../predict-ensemble.js';
import type { ForestPlan } from './forest.js';
import { forestOf } from './forest-pool.js';
import { type GrownTree, isInBag } from './grown-tree.js';

/** Rows that are asked at once. */
const CHUNK_ROWS = 1 << 12;

/** The leaf of each row that a tree was not grown from, as its node, in the order of their places. Yields now and then. */
export function* leavesOutOfBag(
  { objective, training }: ForestPlan,
  tree: Omit<GrownTree, 'outOfBag'>,
): Generator<void, Uint32Array> {
  const { classCount, columns, rows } = training;
  const hasCategories = columns.some(({ categoryCount }) => categoryCount > 0);
  const shape = { featureCount: columns.length, classCount, weights: objective.weights, hasCategories };
  const predictor = yield* predictorSteps(yield* forestOf([tree], shape));
  const asked = placesOutOfBag(tree, rows, columns[0].values.length);
  const leafAt = new Uint32Array(rows.length);
  const leaves = new Int32Array(CHUNK_ROWS);
  const values = new Float64Array(CHUNK_ROWS * columns.length);
  for (let start = 0; start < asked.length; start += CHUNK_ROWS) {
    const chunk = asked.subarray(start, start + CHUNK_ROWS);
    for (const [column, { values: all }] of columns.entries()) {
      for (let i = 0, at = column; i < chunk.length; i++, at += columns.length) values[at] = all[rows[chunk[i]]];
    }
    predictor.answerInto(values, chunk.length, { leaves });
    for (let i = 0; i < chunk.length; i++) leafAt[chunk[i]] = leaves[i];
    yield;
  }
  let count = 0;
  for (let place = 0; place < rows.length; place++) if (!isInBag(tree, place)) leafAt[count++] = leafAt[place];
  return leafAt.slice(0, count);
}

/** In the order of their rows in the table: its columns are read from one end to the other. */
function placesOutOfBag(tree: Pick<GrownTree, 'bag'>, rows: Uint32Array, rowCount: number): Uint32Array {
  const placeAfter = new Uint32Array(rowCount);
  for (let place = 0; place < rows.length; place++) if (!isInBag(tree, place)) placeAfter[rows[place]] = place + 1;
  let count = 0;
  for (let row = 0; row < rowCount; row++) if (placeAfter[row] > 0) placeAfter[count++] = placeAfter[row] - 1;
  return placeAfter.subarray(0, count);
}
