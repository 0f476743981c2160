import { availableParallelism } from 'node:os';
import type { Dataset } from '../data/dataset.js';
import type { RowHashes } from '../data/row-hash.js';
import { type HashingOptions, Helper } from './beside/helper.js';
import type { FitOptions } from './trainer.js';

/** Of the tables that are there: rows are held out by their hashes, and then ordered by them, in each fold again. */
const known = new WeakMap<Dataset, RowHashes>();

/** The hashes of a table's rows, computed once. */
export async function rowHashesOf(dataset: Dataset, helper: Helper, options: HashingOptions): Promise<RowHashes> {
  const found = known.get(dataset) ?? (await helper.hashRows(options));
  known.set(dataset, found);
  return found;
}

/**
 * For an engine whose result depends on the order of its rows: one that their values alone give. Rows of one hash are equal.
 * It looks random, which ml-cart's speed needs.
 */
export async function orderByHash(
  dataset: Dataset,
  rows: Uint32Array,
  { jobs, signal }: FitOptions,
): Promise<Uint32Array> {
  const helper = new Helper(dataset, jobs ?? availableParallelism());
  const { order } = await rowHashesOf(dataset, helper, { signal }).finally(() => helper.end());
  const isChosen = new Uint8Array(dataset.rowCount);
  for (const row of rows) isChosen[row] = 1;
  return order.filter((row) => isChosen[row]);
}
