import { availableParallelism } from 'node:os';
import { hashRowsInBackground } from '../data/background-hash.js';
import type { Dataset } from '../data/dataset.js';
import type { FitOptions } from './trainer.js';

/**
 * For an engine whose result depends on the order of its rows: one that their values alone give. Rows of one hash are equal.
 * It looks random, which ml-cart's speed needs.
 */
export async function orderByHash(
  dataset: Dataset,
  rows: Uint32Array,
  { jobs, signal }: FitOptions,
): Promise<Uint32Array> {
  const { order } = await hashRowsInBackground(dataset, jobs ?? availableParallelism(), { signal });
  const isChosen = new Uint8Array(dataset.rowCount);
  for (const row of rows) isChosen[row] = 1;
  return order.filter((row) => isChosen[row]);
}
