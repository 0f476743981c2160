import type { CategoryColumn, Dataset, NumberColumn } from '../data/dataset.js';
import { histogramEdges } from './histogram.js';
import type { CategorySummary, FeatureSummary, NumberSummary } from './provenance.js';
import { quartiles } from './quantile.js';

type LabelledColumns = Pick<Dataset, 'classes' | 'features' | 'labels'>;

/**
 * What a model keeps of the training rows, per feature. The order of the rows has no part in it. Yields after each
 * feature.
 * Why: docs/decisions/spread-is-the-interquartile-range.md
 *
 * @param rows the training rows
 */
export function* summarizeFeatures(dataset: LabelledColumns, rows: Uint32Array): Generator<void, FeatureSummary[]> {
  // For all of them: memory is freed late.
  const scratch = [new Float64Array(rows.length), new Float64Array(rows.length)] as const;
  const summaries: FeatureSummary[] = [];
  for (const column of dataset.features) {
    summaries.push(
      column.kind === 'number'
        ? summarizeNumbers(column, dataset, rows, scratch)
        : summarizeCategories(column, dataset, rows),
    );
    yield;
  }
  return summaries;
}

/** @param scratch two as long as `rows` */
function summarizeNumbers(
  { values }: NumberColumn,
  dataset: LabelledColumns,
  rows: Uint32Array,
  scratch: readonly [Float64Array, Float64Array],
): NumberSummary {
  const present = presentValues(values, rows, scratch[0]);
  const { min, max } = rangeOf(present);
  const edges = histogramEdges(min, max);
  const counts = countBins(values, edges, dataset, rows);
  const totals = counts.map((bin) => bin.reduce((sum, count) => sum + count, 0));
  const { lower, upper } = quartiles({ values: present, edges, totals }, scratch[1]);
  return {
    kind: 'number',
    min,
    max,
    spread: Math.min(upper - lower, Number.MAX_VALUE),
    missing: rows.length - present.length,
    histogram: { edges, counts },
  };
}

/*
 * Loops by index, in functions of their own: the first one of a process is mostly interpreted, where an iterator makes an
 * object for each row, and what follows a loop makes V8 throw its code away.
 */

/** Those that are not missing. */
function presentValues(values: Float64Array, rows: Uint32Array, scratch: Float64Array): Float64Array {
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]];
    if (!Number.isNaN(value)) scratch[count++] = value;
  }
  return scratch.subarray(0, count);
}

function rangeOf(values: Float64Array): { min: number; max: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (values[i] < min) min = values[i];
    if (values[i] > max) max = values[i];
  }
  return { min, max };
}

/** Rows per bin and class. */
function countBins(
  values: Float64Array,
  edges: readonly number[],
  { classes, labels }: LabelledColumns,
  rows: Uint32Array,
): number[][] {
  const classCount = classes.length;
  const counts = new Uint32Array((edges.length - 1) * classCount);
  addToBins(values, Float64Array.from(edges), labels, rows, counts, classCount);
  return Array.from({ length: edges.length - 1 }, (_, bin) => [
    ...counts.subarray(bin * classCount, (bin + 1) * classCount),
  ]);
}

function addToBins(
  values: Float64Array,
  edges: Float64Array,
  labels: Dataset['labels'],
  rows: Uint32Array,
  counts: Uint32Array,
  classCount: number,
): void {
  const lastBin = edges.length - 2;
  // Halves: the difference of two doubles may be too large for a double.
  const start = edges[0] / 2;
  const binsPerUnit = (lastBin + 1) / (edges[lastBin + 1] / 2 - start);
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]];
    if (Number.isNaN(value)) continue;
    // Bins are as good as equally wide: the guess is right or one off.
    let bin = lastBin === 0 ? 0 : Math.min(Math.floor((value / 2 - start) * binsPerUnit), lastBin);
    while (value < edges[bin]) bin--;
    while (bin < lastBin && value >= edges[bin + 1]) bin++;
    counts[bin * classCount + labels[rows[i]]]++;
  }
}

function summarizeCategories(
  { categories, values }: CategoryColumn,
  dataset: LabelledColumns,
  rows: Uint32Array,
): CategorySummary {
  const counts = zeroCounts(categories.length, dataset.classes.length);
  let missing = 0;
  for (const row of rows) {
    const category = values[row];
    if (Number.isNaN(category)) missing++;
    else counts[category][dataset.labels[row]]++;
  }
  return { kind: 'category', missing, histogram: { counts } };
}

function zeroCounts(bins: number, classCount: number): number[][] {
  return Array.from({ length: bins }, () => new Array<number>(classCount).fill(0));
}

/** A summary from which nobody can read a single row: no histogram, and a range that ends at round numbers. */
export function withoutRows(summary: FeatureSummary): FeatureSummary {
  if (summary.kind === 'category' || summary.histogram === null) return { ...summary, histogram: null };
  const { edges } = summary.histogram;
  return { ...summary, min: edges[0], max: edges[edges.length - 1], histogram: null };
}
