/** The tables beside the reference trees, read without the product's own reader. */
import { readFileSync } from 'node:fs';
import type { Dataset } from '../../../src/data/dataset.js';
import type { PlainTable } from './brute-force.js';

/** Reads `test/fixtures/reference/<name>.csv`: plain numbers, the class in the last column, nothing quoted. */
export function readFixtureTable(name: string): PlainTable & { readonly classes: readonly string[] } {
  const text = readFileSync(new URL(`../../fixtures/reference/${name}.csv`, import.meta.url), 'utf8');
  const [header, ...rows] = text
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','));
  const last = header.length - 1;
  const classes = [...new Set(rows.map((row) => row[last]))].sort();
  return {
    columns: header.slice(0, last).map((_, i) => rows.map((row) => (row[i] === '' ? null : Number(row[i])))),
    categoryCounts: new Array<number>(last).fill(0),
    labels: rows.map((row) => classes.indexOf(row[last])),
    classCount: classes.length,
    classes,
  };
}

/** The same table as the product wants it. */
export function datasetOf({ columns, categoryCounts, labels, classCount }: PlainTable): Dataset {
  return {
    source: 'table.csv',
    target: 'class',
    features: columns.map((column, i) => {
      const name = `f${i}`;
      const values = Float64Array.from(column, (value) => value ?? Number.NaN);
      if (categoryCounts[i] === 0) return { name, kind: 'number', values };
      return {
        name,
        kind: 'category',
        values,
        categories: Array.from({ length: categoryCounts[i] }, (_, c) => `v${c}`),
      };
    }),
    classes: Array.from({ length: classCount }, (_, c) => `class_${c}`),
    labels: Uint16Array.from(labels),
    rowCount: labels.length,
    lines: Uint32Array.from(labels, (_, row) => row + 2),
    warnings: [],
  };
}
