import { UNKNOWN_CATEGORY } from '../ground/limits.js';
import { createClassifier } from '../model/classifier.js';
import type { Feature, Model } from '../model/model.js';
import { badValueFinder } from '../model/row-check.js';
import { ensembleOf } from '../model/single-tree.js';
import { nextDown, nextUp } from '../tree/ensemble.js';
import { ensemblePredictor } from '../tree/predict-ensemble.js';
import { floatAbove, floatDown, floatUp } from './bits.js';
import { type FlatScorer, flatScorer, preparedValue } from './flat-scorer.js';

/** A row and what the model answers. */
export interface Vector {
  /** One value per feature, as `Classifier` takes them. */
  readonly input: Float64Array;
  /** Index of the class; -1 where the model refuses the row. */
  readonly label: number;
  /** NaN where the model refuses the row. */
  readonly shares: Float64Array;
  /** Node of the leaf; -1 where the model refuses the row, or is more than one tree. */
  readonly leaf: number;
  /** Of boosted trees what they add up to, before the link, or NaN where the model refuses the row; null of other models. */
  readonly margins: Float64Array | null;
}

/** Values that the rows of a large model may have: of one tree about 70 MB as text, of several 18 MB, as each row takes longer. */
const MAX_VALUES = { tree: 1 << 22, ensemble: 1 << 20 };
/** Rows that a split gets, about. */
const ROWS_PER_SPLIT = 8;
/** Thresholds of a feature that the rows of an ensemble have where its tree asks for another one. */
const MOST_THRESHOLDS = 61;

/**
 * The rows by which an export is proved, with the answers of the model's own classifier: for each split of each tree what
 * reaches it, with the threshold, its neighbours among 64-bit and 32-bit numbers, every category, an unknown one, and no value;
 * for each leaf a row; and rows that the model refuses. In a model of many thousand nodes splits have their turn only as far as
 * `MAX_VALUES` goes, evenly, and leaves of ensembles too; those of a single tree all have theirs.
 */
export function* makeVectors(model: Model, precision: 'double' | 'float' = 'double'): Generator<Vector> {
  const answer = answerer(model);
  const seen = new Set<string>();
  for (const exact of inputsOf(flatScorer(model))) {
    const input = precision === 'float' ? exact.map(Math.fround) : exact;
    const key = new Uint16Array(input.buffer).join();
    if (seen.has(key)) continue;
    seen.add(key);
    yield answer(input);
  }
}

function answerer(model: Model): (input: Float64Array) => Vector {
  const scorer = ensembleOf(model);
  if (scorer === null) return treeAnswerer(model);
  const findBadValue = badValueFinder(model.features);
  const predictor = ensemblePredictor(scorer.ensemble);
  return (input) => {
    const labels = new Int32Array(1).fill(-1);
    const shares = new Float64Array(model.classes.length).fill(Number.NaN);
    const sums = new Float64Array(scorer.ensemble.combine.outputs).fill(Number.NaN);
    if (findBadValue(input, 1) === undefined) predictor.answerInto(input, 1, { labels, shares, sums });
    return { input, label: labels[0], shares, leaf: -1, margins: scorer.kind === 'boosted' ? sums : null };
  };
}

function treeAnswerer(model: Model): (input: Float64Array) => Vector {
  const classifier = createClassifier(model);
  return (input) => {
    const labels = new Int32Array(1).fill(-1);
    const leaves = new Int32Array(1).fill(-1);
    const shares = new Float64Array(model.classes.length).fill(Number.NaN);
    if (classifier.findBadValue(input, 1) === undefined) classifier.answerInto(input, 1, { labels, shares, leaves });
    return { input, label: labels[0], shares, leaf: leaves[0], margins: null };
  };
}

/** The values of one feature with which a row comes to a node: numbers above `low` up to `high`, or these categories. */
interface Reach {
  readonly low: number;
  readonly high: number;
  /** With `UNKNOWN_CATEGORY` where one that is unknown comes there. */
  readonly categories: readonly number[];
  readonly missing: boolean;
}

function* inputsOf(scorer: FlatScorer): Generator<Float64Array> {
  const { feature, features, next, nodeCount, roots, together, treeCount } = scorer;
  const stride = Math.ceil(
    ((nodeCount / 2) * ROWS_PER_SPLIT * features.length) / MAX_VALUES[together === null ? 'tree' : 'ensemble'],
  );
  const leafStride = together === null ? 1 : stride;
  const others = otherValues(scorer);
  let [splits, leaves] = [0, 0];
  let first: Float64Array | undefined;
  for (let tree = 0; tree < treeCount; tree++) {
    const stack = [{ node: roots[tree], reach: features.map(startOf) }];
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      const { node, reach } = place;
      const usual = reach.map((one, index) => anyValue(scorer, index, one, others[index], node + index));
      if (usual.includes(undefined)) continue; // no row comes here
      const asked = feature[node];
      if (asked < 0) {
        const input = Float64Array.from(usual as number[]);
        first ??= input;
        if (leaves++ % leafStride === 0) yield input;
        continue;
      }
      if (splits++ % stride === 0) {
        for (const value of valuesAt(scorer, node, reach[asked]))
          yield Float64Array.from(usual as number[]).with(asked, value);
      }
      const side = (left: boolean) => reach.with(asked, narrow(scorer, node, reach[asked], left));
      stack.push({ node: next[node], reach: side(false) }, { node: node + 1, reach: side(true) });
    }
  }
  yield* strangeInputs(scorer, first!);
}

/** Of an ensemble thresholds of each feature, some from everywhere: rows come to many leaves of the other trees. */
function otherValues({ feature, features, threshold, together }: FlatScorer): readonly (readonly number[])[] {
  if (together === null) return features.map(() => []);
  const found = features.map(() => new Set<number>());
  for (const [node, asked] of feature.entries()) if (asked >= 0) found[asked].add(threshold[node]);
  return found.map((values) => {
    const all = [...values].filter(Number.isFinite);
    const stride = Math.ceil(all.length / MOST_THRESHOLDS);
    return all.filter((_, index) => index % stride === 0);
  });
}

function startOf(feature: Feature): Reach {
  const categories = feature.kind === 'category' ? feature.categories.map((_, index) => index) : [];
  return {
    low: Number.NEGATIVE_INFINITY,
    high: Number.MAX_VALUE,
    categories: [...categories, UNKNOWN_CATEGORY],
    missing: feature.missing,
  };
}

function narrow({ missingLeft, sets, threshold }: FlatScorer, node: number, reach: Reach, left: boolean): Reach {
  const missing = reach.missing && (missingLeft[node] === 1) === left;
  const set = sets[node];
  if (set !== null) {
    const goes = new Set(set.unknown ? [...set.categories, UNKNOWN_CATEGORY] : set.categories);
    return { ...reach, missing, categories: reach.categories.filter((category) => goes.has(category) === left) };
  }
  const bound = threshold[node];
  return left
    ? { ...reach, missing, high: Math.min(reach.high, bound) }
    : { ...reach, missing, low: Math.max(reach.low, bound) };
}

/** One of the values that come to a place, now this and now that one; undefined where there is none. */
function anyValue(
  { features, together }: FlatScorer,
  index: number,
  { categories, high, low, missing }: Reach,
  others: readonly number[],
  turn: number,
): number | undefined {
  const values: number[] = [];
  if (features[index].kind === 'category') values.push(...categories);
  else if (low < high) {
    if (high < Number.MAX_VALUE) values.push(high);
    if (low > Number.NEGATIVE_INFINITY)
      values.push(together?.arithmetic.input === 'float32' ? floatAbove(low) : nextUp(low));
    values.push(...others.filter((value) => value > low && value <= high));
    if (values.length === 0) values.push(0);
  }
  if (missing) values.push(Number.NaN);
  return values[turn % values.length];
}

/** What a split is tried with, of the values that come to it. */
function valuesAt(scorer: FlatScorer, node: number, reach: Reach): number[] {
  const { feature, features, threshold, together } = scorer;
  const { categories, high, low, missing } = reach;
  const gap = missing ? [Number.NaN] : [];
  if (features[feature[node]].kind === 'category') return [...categories, ...gap];
  const at = threshold[node];
  const near = [
    at,
    nextUp(at),
    nextDown(at),
    floatDown(at),
    floatUp(at),
    floatAbove(floatUp(at)),
    -floatAbove(-floatDown(at)),
  ];
  if (together?.arithmetic.input === 'float32') {
    // Where rounding turns from one 32-bit number to the next.
    const middle = at + (floatAbove(at) - at) / 2;
    near.push(middle, nextUp(middle), nextDown(middle));
  }
  if (at === 0) near.push(-at);
  if (scorer.hasZeroMissing) near.push(0, -0);
  const comes = (value: number) => {
    const prepared = preparedValue(scorer, value);
    return Number.isFinite(value) && prepared > low && prepared <= high;
  };
  return [...near.filter(comes), ...gap];
}

/** A row that is answered with one strange value in each place: most are refused. */
function* strangeInputs({ features, together }: FlatScorer, usual: Float64Array): Generator<Float64Array> {
  const zero = together?.arithmetic.zero ?? 0;
  for (const [index, feature] of features.entries()) {
    const strange = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    if (feature.kind === 'number') strange.push(Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -0);
    else strange.push(UNKNOWN_CATEGORY, UNKNOWN_CATEGORY - 1, feature.categories.length, 0.5, -0, 2 ** 32, 1e300);
    if (feature.kind === 'number' && zero > 0) strange.push(zero, -zero, nextUp(zero), nextDown(-zero));
    for (const value of strange) yield usual.with(index, value);
  }
}
