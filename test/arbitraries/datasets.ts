import type { Dataset, FeatureColumn } from '../../src/data/dataset.js';

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

/** Seeded numbers, numbers with missing values, and categories: at least six columns. */
export function mixedDataset(rowCount: number, featureCount: number): Dataset {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  const features: FeatureColumn[] = Array.from({ length: featureCount }, (_, i) => {
    const values = Float64Array.from({ length: rowCount }, () => (i % 2 === 0 ? random() : Math.floor(random() * 50)));
    if (i === 3) for (let row = 0; row < rowCount; row += 3) values[row] = Number.NaN;
    if (i !== 5) return { name: `f${i}`, kind: 'number', values };
    return { name: 'f5', kind: 'category', values, categories: Array.from({ length: 50 }, (_, c) => `v${c}`) };
  });
  const [a, b, c] = [features[0].values, features[3].values, features[5].values];
  const labels = Uint16Array.from(a, (value, row) => {
    const score = value * 2 + (Number.isNaN(b[row]) ? 1 : b[row] / 50) + (c[row] % 7) / 5 + random();
    return Math.min(2, Math.floor(score / 1.4));
  });
  return {
    source: 'table.csv',
    target: 'class',
    features,
    classes: ['a', 'b', 'c'],
    labels,
    rowCount,
    lines: Uint32Array.from(labels, (_, row) => row + 2),
    warnings: [],
  };
}
