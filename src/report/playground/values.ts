import { createClassifier } from '../../model/classifier.js';
import type { EnsembleScorer, Model } from '../../model/model.js';
import type { NumberSummary } from '../../model/provenance.js';
import { ensembleOf, requireTree } from '../../model/single-tree.js';
import { largestShare, type TreeAnswers } from '../../tree/answers.js';
import { createLink } from '../../tree/link.js';
import { parentsOf, reachAt } from '../../tree/reach.js';
import { addLeaves, roundValue, treesPerOutput, walkTree } from '../../tree/walk-ensemble.js';
import { hasHistograms } from '../described-feature.js';
import { thresholdsOf } from './thresholds.js';

/** A value as the protocol's REST form takes it: a number, the name of a category, null where it is missing. */
export type Value = number | string | null;

/** A typical row of a class. */
export interface ExampleRow {
  readonly classIndex: number;
  /** One value per feature. */
  readonly values: readonly Value[];
}

/** About how many positions a slider has. */
const POSITIONS = 200;
/** Doubles below it have fewer digits the smaller they are. */
const SMALLEST_NORMAL = 2.2250738585072014e-308;

/**
 * The range and step of a slider, in round numbers; undefined for a single value, a range that is huge or tiny, or one
 * that is not recorded.
 */
export function sliderRange(model: Model, index: number) {
  const summary = numberSummary(model, index);
  if (summary === null) return rangeOfThresholds(model, index);
  const { histogram, max, min } = summary;
  const edges = histogram?.edges ?? [min, max];
  const [from, to] = [edges[0], edges[edges.length - 1]];
  const width = (to - from) / POSITIONS;
  if (!(max > min && width >= SMALLEST_NORMAL && width < Number.POSITIVE_INFINITY)) return undefined;
  if (!isWhole(model, index)) return { from, to, step: roundStep(width) };
  // A browser counts steps from the lower end.
  return { from: Math.floor(from), to, step: Math.max(1, roundStep(width)) };
}

/** Of trees that somebody else trained: where they ask, and a tenth more on both sides. */
function rangeOfThresholds(model: Model, index: number) {
  if (ensembleOf(model) === null) return undefined;
  const { highest, lowest } = thresholdsOf(model, index);
  const margin = (highest - lowest) / 10;
  const step = (highest - lowest) / POSITIONS;
  if (!(step >= SMALLEST_NORMAL && step < Number.POSITIVE_INFINITY)) return undefined;
  return {
    from: Number((lowest - margin).toPrecision(3)),
    to: Number((highest + margin).toPrecision(3)),
    step: roundStep(step),
  };
}

function numberSummary({ provenance }: Model, index: number): NumberSummary | null {
  const summary = provenance.summaries?.[index];
  return summary?.kind === 'number' ? summary : null;
}

/**
 * Whether a feature had integers only, such as years or counts, as far as the model records it: its range, quartiles,
 * thresholds and bins fit to integers.
 */
export function isWhole(model: Model, index: number): boolean {
  const summary = numberSummary(model, index);
  if (summary === null) return false;
  const { histogram, max, min, spread } = summary;
  return (
    Number.isInteger(min) &&
    Number.isInteger(max) &&
    // Quartiles are interpolated at quarters.
    Number.isInteger(4 * spread) &&
    thresholdsOf(model, index).areMidpoints &&
    (histogram === null ||
      histogram.counts.every((counts, bin) => isEmpty(counts) || holdsInteger(histogram.edges, bin)))
  );
}

function isEmpty(counts: readonly number[]): boolean {
  return counts.every((count) => count === 0);
}

/** The last bin holds its upper edge too. */
function holdsInteger(edges: readonly number[], bin: number): boolean {
  const first = Math.ceil(edges[bin]);
  return first < edges[bin + 1] || (bin === edges.length - 2 && first === edges[bin + 1]);
}

/** 1, 2 or 5 times a power of ten, not below `width`. */
function roundStep(width: number): number {
  const [mantissa, exponent] = width.toExponential().split('e').map(Number);
  const digit = [1, 2, 5, 10].find((candidate) => candidate >= mantissa);
  return Number(`${digit}e${exponent}`);
}

function countOf(counts: readonly number[], only: number | undefined): number {
  return only === undefined ? counts.reduce((sum, count) => sum + count, 0) : counts[only];
}

/**
 * The median of the training rows, or the most frequent category, as far as the model records them.
 *
 * @param only of this class; left out: of all
 */
export function typicalValue(model: Model, index: number, only?: number): Value {
  const { features, provenance } = model;
  const feature = features[index];
  const summary = provenance.summaries?.[index] ?? null;
  const totals = summary?.histogram?.counts.map((counts) => countOf(counts, only)) ?? [];
  if (feature.kind === 'category') return feature.categories[Math.max(0, totals.indexOf(Math.max(...totals)))];
  if (summary?.kind !== 'number') {
    const range = rangeOfThresholds(model, index);
    return range === undefined ? 0 : between(range.from, range.to, false);
  }
  const whole = isWhole(model, index);
  if (summary.histogram === null) return between(summary.min, summary.max, whole);
  const half = totals.reduce((sum, total) => sum + total, 0) / 2;
  let bin = 0;
  for (let below = totals[0]; below < half; below += totals[bin]) bin++;
  const { edges } = summary.histogram;
  const [from, to] = [Math.max(edges[bin], summary.min), Math.min(edges[bin + 1], summary.max)];
  // A bin holds its lower edge.
  return between(whole ? from - 0.5 : from, to, whole);
}

/**
 * For each class that the model predicts, up to `most` of them: a row of a tree that reaches the leaf with most rows of it; of
 * several trees one with the typical values of its rows, where they are recorded.
 */
export function exampleRows(model: Model, most: number): ExampleRow[] {
  const scorer = ensembleOf(model);
  return scorer === null ? rowsOfLeaves(model, most) : rowsOfClasses(model, scorer, most);
}

function rowsOfClasses(model: Model, { ensemble }: EnsembleScorer, most: number): ExampleRow[] {
  if (!hasHistograms(model)) return [];
  const link = createLink(ensemble, treesPerOutput(ensemble));
  const shares = new Float64Array(model.classes.length);
  const labelOf = (values: readonly Value[]) => {
    // A tree at a time: to make a predictor of many trees takes longer than a page may.
    const row = encode(model, values).map((value) => roundValue(ensemble.arithmetic, value));
    const leaves = Array.from({ length: ensemble.trees.treeCount }, (_, tree) => walkTree(ensemble, tree, row, 0));
    link(addLeaves(ensemble, leaves), 0, shares, 0);
    return largestShare(shares, 0, shares.length);
  };
  return [...model.classes.keys()]
    .map((index) => ({
      classIndex: index,
      values: model.features.map((_, feature) => typicalValue(model, feature, index)),
    }))
    .filter((row) => labelOf(row.values) === row.classIndex)
    .slice(0, most);
}

function rowsOfLeaves(model: Model, most: number): ExampleRow[] {
  const answers = requireTree(model, 'a playground');
  const { classes, tree } = answers;
  const classifier = createClassifier(model);
  const label = new Int32Array(1);
  const labelOf = (values: readonly Value[]) => {
    classifier.labelsInto(encode(model, values), 1, label);
    return label[0];
  };
  const parents = parentsOf(tree);
  const rowsAt = (node: number) => tree.counts[node * tree.classCount + classes[node]];
  const best = new Map<number, number>();
  for (let node = 0; node < tree.nodeCount; node++) {
    if (tree.feature[node] >= 0) continue;
    const before = best.get(classes[node]);
    if (before === undefined || rowsAt(node) > rowsAt(before)) best.set(classes[node], node);
  }
  return [...model.classes.keys()]
    .flatMap((index) => {
      const leaf = best.get(index);
      return leaf === undefined ? [] : [{ classIndex: index, values: rowOf(model, answers, parents, leaf) }];
    })
    .filter((row) => labelOf(row.values) === row.classIndex)
    .slice(0, most);
}

function encode({ features }: Model, values: readonly Value[]): Float64Array {
  return Float64Array.from(values, (value, index) => {
    const feature = features[index];
    if (value === null) return Number.NaN;
    return feature.kind === 'number' ? Number(value) : feature.categories.indexOf(String(value));
  });
}

/** Typical values, except where they would not reach the leaf. */
function rowOf(model: Model, { tree }: TreeAnswers, parents: Int32Array, leaf: number): Value[] {
  return model.features.map((feature, index) => {
    const typical = typicalValue(model, index);
    const everything = {
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
      categories: feature.kind === 'category' ? [...feature.categories.keys()] : [],
      missing: feature.missing,
    };
    const { low, high, categories } = reachAt(tree, parents, leaf, index, everything);
    if (feature.kind === 'category') return categoryAmong(feature.categories, categories, typical);
    if ((typical as number) > low && (typical as number) <= high) return typical;
    const { max, min } = rangeOf(model, index, low, high);
    const [from, to] = [Math.max(low, min), Math.min(high, max)];
    // Above every value only a missing one is left.
    return low < from || low < to ? between(from, to, isWhole(model, index)) : null;
  });
}

/** Of the training rows; where it is not recorded, something within the reach. */
function rangeOf({ provenance }: Model, index: number, low: number, high: number): { min: number; max: number } {
  const summary = provenance.summaries?.[index];
  if (summary?.kind === 'number') return summary;
  return high < Number.POSITIVE_INFINITY ? { min: high - 1, max: high } : { min: low, max: low + 1 };
}

function categoryAmong(categories: readonly string[], allowed: readonly number[], typical: Value): Value {
  if (allowed.length === 0) return null;
  return allowed.some((index) => categories[index] === typical) ? typical : categories[allowed[0]];
}

/** A number in (from, to], with few digits; an integer if there is one and it has to be. */
function between(from: number, to: number, whole: boolean): number {
  const middle = from / 2 + to / 2;
  if (whole) {
    const integer = [Math.round(middle), Math.floor(middle), Math.floor(to)].find(
      (value) => value > from && value <= to,
    );
    if (integer !== undefined) return integer;
  }
  for (let digits = 2; digits < 17; digits++) {
    const rounded = Number(middle.toPrecision(digits));
    if (rounded > from && rounded <= to && Math.abs(rounded - middle) <= (to - from) / 4) return rounded;
  }
  return to;
}
