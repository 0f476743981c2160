import type { Dataset } from '../data/dataset.js';

/** Rows of a dataset as `predictInto` reads them: row-major, one value per feature. */
export function gatherRows(dataset: Dataset, rows: Uint32Array): Float64Array {
  const featureCount = dataset.features.length;
  const gathered = new Float64Array(rows.length * featureCount);
  dataset.features.forEach(({ values }, column) => {
    for (let i = 0, at = column; i < rows.length; i++, at += featureCount) gathered[at] = values[rows[i]];
  });
  return gathered;
}
