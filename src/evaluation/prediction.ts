import { type Dataset, rowInWords } from '../data/dataset.js';
import { DataError } from '../ground/errors.js';
import type { Classifier } from '../model/classifier.js';
import { gatherRows } from '../training/gather-rows.js';
import type { Predictions } from './tally.js';

/**
 * What a model predicts for some rows of a table that was read against it.
 *
 * @throws DataError for a value that the model cannot predict from, with its line
 */
export function predictRows(classifier: Classifier, dataset: Dataset, rows: Uint32Array): Predictions {
  const values = gatherRows(dataset, rows);
  const bad = classifier.findBadValue(values, rows.length);
  if (bad !== undefined) throw new DataError('cell', `${rowInWords(dataset, rows[bad.row])}: ${bad.message}`);
  const predicted = new Int32Array(rows.length);
  const shares = new Float64Array(rows.length * classifier.classes.length);
  classifier.answerInto(values, rows.length, { labels: predicted, shares });
  return { labels: Int32Array.from(rows, (row) => dataset.labels[row]), predicted, shares };
}
