import type { Dataset } from '../data/dataset.js';
import { type UnseenColumn, unseenColumn } from '../data/unseen.js';
import { UNKNOWN_CATEGORY } from '../ground/limits.js';

/** Categories in scored rows that a model never saw. */
export interface Unseen {
  /** Rows that have one, or more. */
  readonly rows: number;
  /** Those of the features that have some. */
  readonly columns: readonly UnseenColumn[];
}

/** @param dataset read against the model; the texts are those of the whole table */
export function unseenIn({ features, rowCount }: Dataset, rows: Uint32Array): Unseen {
  const isUnseen = new Uint8Array(rowCount);
  const columns: UnseenColumn[] = [];
  for (const column of features) {
    if (column.kind === 'number' || column.unseen === undefined) continue;
    const found = rows.filter((row) => column.values[row] === UNKNOWN_CATEGORY);
    if (found.length === 0) continue;
    for (const row of found) isUnseen[row] = 1;
    columns.push(unseenColumn(column, column.unseen, found.length));
  }
  return { rows: rows.reduce((sum, row) => sum + isUnseen[row], 0), columns };
}
