/** Tables to grow trees on. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../../src/data/dataset.js';
import type { TableFiles } from './sklearn-fit.js';

/** Seeded normal features, exact in 32 bits, and three classes that overlap: a whole tree has tens of thousands of nodes. */
export function makeTable(rowCount: number, featureCount: number): Dataset {
  const normal = normalNumbers(rowCount + featureCount);
  const columns = Array.from({ length: featureCount }, () => new Float64Array(rowCount));
  const labels = new Uint16Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const scores = [1.5 * normal(), 1.5 * normal(), 1.5 * normal()];
    columns.forEach((values, i) => {
      values[row] = Math.fround(normal());
      scores[i % 3] += values[row] * (1 + (i % 2));
    });
    labels[row] = scores.indexOf(Math.max(...scores));
  }
  return {
    source: 'bench',
    target: 'class',
    features: columns.map((values, i) => ({ name: `f${i}`, kind: 'number', values })),
    classes: ['a', 'b', 'c'],
    labels,
    rowCount,
    lines: new Uint32Array(0),
    warnings: [],
  };
}

/** Box and Muller's, from a linear congruential generator. */
function normalNumbers(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Row-major 32-bit floats, and 32-bit labels. */
export function writeTable({ features, labels, rowCount }: Dataset, folder: string): TableFiles {
  const name = `${rowCount}x${features.length}`;
  const rows = new Float32Array(rowCount * features.length);
  features.forEach(({ values }, column) => {
    for (let row = 0; row < rowCount; row++) rows[row * features.length + column] = values[row];
  });
  const files = { values: join(folder, `${name}.values`), labels: join(folder, `${name}.labels`), rows: rowCount };
  writeFileSync(files.values, rows);
  writeFileSync(files.labels, Int32Array.from(labels));
  return files;
}
