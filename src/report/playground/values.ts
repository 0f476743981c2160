import type { Feature, Model, NumberFeature } from '../../model/model.js';
import { createPredictor } from '../../model/predictor.js';
import { parentsOf } from '../drawing/reach.js';

/** A value as the protocol's REST form takes it: a number, the name of a category, null where it is missing. */
export type Value = number | string | null;

/** A row for people to begin with. */
export interface ExampleRow {
  readonly classIndex: number;
  /** One value per feature. */
  readonly values: readonly Value[];
}

/** How many positions a slider has, about. */
const POSITIONS = 200;
/** Doubles below have fewer digits the smaller they are. */
const SMALLEST_NORMAL = 2.2250738585072014e-308;

/** From where to where a slider goes, at round numbers; undefined where it has no room: for one value, or a range that is huge or tiny. */
export function sliderRange({ histogram: { edges }, max, min }: NumberFeature) {
  const [from, to] = [edges[0], edges[edges.length - 1]];
  const width = (to - from) / POSITIONS;
  if (!(max > min && width >= SMALLEST_NORMAL && width < Number.POSITIVE_INFINITY)) return undefined;
  const step = roundStep(width);
  const whole = [min, max, ...edges].every(Number.isInteger);
  return { from, to, step: whole ? Math.max(step, 1) : step };
}

/** 1, 2 or 5 times a power of ten, not below `width`. */
function roundStep(width: number): number {
  const [mantissa, exponent] = width.toExponential().split('e').map(Number);
  const digit = [1, 2, 5, 10].find((candidate) => candidate >= mantissa);
  return Number(`${digit}e${exponent}`);
}

/** A value in the middle of the training rows, or the most frequent category. */
export function typicalValue(feature: Feature): Value {
  const totals = feature.histogram.counts.map((counts) => counts.reduce((sum, count) => sum + count, 0));
  if (feature.kind === 'category') return feature.categories[totals.indexOf(Math.max(...totals))];
  const half = totals.reduce((sum, total) => sum + total, 0) / 2;
  let bin = 0;
  for (let below = totals[0]; below < half; below += totals[bin]) bin++;
  const { edges } = feature.histogram;
  return between(Math.max(edges[bin], feature.min), Math.min(edges[bin + 1], feature.max));
}

/** For each class that the tree predicts, up to `most` of them: a row that reaches the leaf with most rows of it. */
export function exampleRows(model: Model, most: number): ExampleRow[] {
  const { classes, tree } = model;
  const { classIndex, leafOf } = createPredictor(model);
  const parents = parentsOf(tree);
  const rowsAt = (node: number) => tree.counts[node * tree.classCount + classIndex[node]];
  const best = new Map<number, number>();
  for (let node = 0; node < tree.nodeCount; node++) {
    if (tree.feature[node] >= 0) continue;
    const before = best.get(classIndex[node]);
    if (before === undefined || rowsAt(node) > rowsAt(before)) best.set(classIndex[node], node);
  }
  return [...classes.keys()]
    .flatMap((index) => {
      const leaf = best.get(index);
      return leaf === undefined ? [] : [{ classIndex: index, values: rowOf(model, parents, leaf) }];
    })
    .filter((row) => classIndex[leafOf(encode(model, row.values))] === row.classIndex)
    .slice(0, most);
}

function encode({ features }: Model, values: readonly Value[]): Float64Array {
  return Float64Array.from(values, (value, index) => {
    const feature = features[index];
    if (value === null) return Number.NaN;
    return feature.kind === 'number' ? Number(value) : feature.categories.indexOf(String(value));
  });
}

/** Typical values, but for those that would lead elsewhere. */
function rowOf({ features, tree }: Model, parents: Int32Array, leaf: number): Value[] {
  const lower = features.map(() => Number.NEGATIVE_INFINITY);
  const upper = features.map(() => Number.POSITIVE_INFINITY);
  const allowed = features.map((feature) => (feature.kind === 'category' ? [...feature.categories.keys()] : []));
  for (let child = leaf, node = parents[leaf]; node >= 0; child = node, node = parents[node]) {
    const feature = tree.feature[node];
    const wentLeft = tree.left[node] === child;
    const set = tree.categories?.[node] ?? null;
    if (set !== null) allowed[feature] = allowed[feature].filter((category) => set.includes(category) === wentLeft);
    else if (wentLeft) upper[feature] = Math.min(upper[feature], tree.threshold[node]);
    else lower[feature] = Math.max(lower[feature], tree.threshold[node]);
  }
  return features.map((feature, index) => {
    const typical = typicalValue(feature);
    if (feature.kind === 'category') return categoryAmong(feature.categories, allowed[index], typical);
    if ((typical as number) > lower[index] && (typical as number) <= upper[index]) return typical;
    const [from, to] = [Math.max(lower[index], feature.min), Math.min(upper[index], feature.max)];
    // Above every value there is none: the way is that of a missing one.
    return lower[index] < from || lower[index] < to ? between(from, to) : null;
  });
}

function categoryAmong(categories: readonly string[], allowed: readonly number[], typical: Value): Value {
  if (allowed.length === 0) return null;
  return allowed.some((index) => categories[index] === typical) ? typical : categories[allowed[0]];
}

/** A number in (from, to], with few digits. */
function between(from: number, to: number): number {
  const middle = from / 2 + to / 2;
  for (let digits = 2; digits < 17; digits++) {
    const rounded = Number(middle.toPrecision(digits));
    if (rounded > from && rounded <= to && Math.abs(rounded - middle) <= (to - from) / 4) return rounded;
  }
  return to;
}
