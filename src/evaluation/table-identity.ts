import type { Dataset } from '../data/dataset.js';
import { hashRows, type RowHashes } from '../data/row-hash.js';
import { datasetSha256 } from '../data/sha256.js';
import { TABLE_HASH, tableSha256 } from '../data/table-hash.js';

/** The row hashes of tables, which take longest and are asked for again: by the baseline, and by the overlap. */
const known = new WeakMap<Dataset, RowHashes>();

export function rowHashesOf(dataset: Dataset): RowHashes {
  const hashes = known.get(dataset) ?? hashRows(dataset);
  known.set(dataset, hashes);
  return hashes;
}

/** The hash of a table as a model records it; null where rows alone do not determine it. @param hash its name */
export function tableHashOf(dataset: Dataset, hash: string): string | null {
  if (hash === 'csv/1') return datasetSha256(dataset);
  return hash === TABLE_HASH ? tableSha256(dataset, rowHashesOf(dataset)) : null;
}
