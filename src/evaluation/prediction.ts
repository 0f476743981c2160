import { type Dataset, rowInWords } from '../data/dataset.js';
import { DataError } from '../ground/errors.js';
import type { Classifier } from '../model/classifier.js';
import type { Steps } from '../model/steps.js';
import { gatherRows } from '../training/gather-rows.js';
import type { Predictions } from './tally.js';

/** Rows that are predicted at once: their values fit a cache. */
const CHUNK_ROWS = 4096;

/**
 * What a model predicts for some rows of a table that was read against it. Yields after each chunk of rows.
 *
 * @throws DataError for a value that the model cannot predict from, with its line
 */
export function* predictRows(classifier: Classifier, dataset: Dataset, rows: Uint32Array): Steps<Predictions> {
  const predicted = new Int32Array(rows.length);
  const shares = new Float64Array(rows.length * classifier.classes.length);
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const chunk = rows.subarray(start, start + CHUNK_ROWS);
    const values = gatherRows(dataset, chunk);
    const bad = classifier.findBadValue(values, chunk.length);
    if (bad !== undefined) throw new DataError('cell', `${rowInWords(dataset, chunk[bad.row])}: ${bad.message}`);
    classifier.answerInto(values, chunk.length, {
      labels: predicted.subarray(start),
      shares: shares.subarray(start * classifier.classes.length),
    });
    yield;
  }
  return { labels: Int32Array.from(rows, (row) => dataset.labels[row]), predicted, shares };
}
