import type { Dataset } from '../../src/data/dataset.js';

/** A table of number features f0, f1, … and classes c0, c1, …, one row per line below a header. */
export function makeDataset(rows: readonly (readonly number[])[], labels: readonly number[]): Dataset {
  const classCount = Math.max(...labels) + 1;
  return {
    source: 'table.csv',
    target: 'class',
    features: rows[0].map((_, feature) => ({
      name: `f${feature}`,
      kind: 'number',
      values: Float64Array.from(rows, (row) => row[feature]),
    })),
    classes: Array.from({ length: classCount }, (_, k) => `c${k}`),
    labels: Uint16Array.from(labels),
    rowCount: rows.length,
    lines: Uint32Array.from(rows, (_, row) => row + 2),
    warnings: [],
  };
}

export function everyRow({ rowCount }: Dataset): Uint32Array {
  return Uint32Array.from({ length: rowCount }, (_, row) => row);
}
