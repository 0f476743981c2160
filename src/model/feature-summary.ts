import type { CategoryColumn, Dataset, NumberColumn } from '../data/dataset.js';
import { histogramEdges } from './histogram.js';
import type { CategorySummary, FeatureSummary, NumberSummary } from './provenance.js';
import { quartiles } from './quantile.js';

/**
 * What a model keeps of the training rows, per feature. The order of the rows has no part in it. Yields after each
 * feature.
 * Why: docs/decisions/spread-is-the-interquartile-range.md
 *
 * @param rows the training rows
 */
export function* summarizeFeatures(dataset: Dataset, rows: Uint32Array): Generator<void, FeatureSummary[]> {
  // For all of them: memory is freed late.
  const scratch = new Float64Array(rows.length);
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

/** @param present for the values that are not missing: as long as `rows` */
function summarizeNumbers(
  { values }: NumberColumn,
  dataset: Dataset,
  rows: Uint32Array,
  present: Float64Array,
): NumberSummary {
  let count = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const value = values[row];
    if (Number.isNaN(value)) continue;
    present[count++] = value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const { lower, upper } = quartiles(present.subarray(0, count));
  const edges = histogramEdges(min, max);
  return {
    kind: 'number',
    min,
    max,
    spread: Math.min(upper - lower, Number.MAX_VALUE),
    missing: rows.length - count,
    histogram: { edges, counts: countBins(values, edges, dataset, rows) },
  };
}

function countBins(values: Float64Array, edges: readonly number[], dataset: Dataset, rows: Uint32Array): number[][] {
  const lastBin = edges.length - 2;
  const binsPerUnit = (lastBin + 1) / (edges[lastBin + 1] - edges[0]);
  const counts = zeroCounts(lastBin + 1, dataset.classes.length);
  for (const row of rows) {
    const value = values[row];
    if (Number.isNaN(value)) continue;
    // Bins are as good as equally wide: the guess is right or one off.
    let bin = lastBin === 0 ? 0 : Math.min(Math.floor((value - edges[0]) * binsPerUnit), lastBin);
    while (value < edges[bin]) bin--;
    while (bin < lastBin && value >= edges[bin + 1]) bin++;
    counts[bin][dataset.labels[row]]++;
  }
  return counts;
}

function summarizeCategories(
  { categories, values }: CategoryColumn,
  dataset: Dataset,
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
