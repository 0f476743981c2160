import { UNKNOWN_CATEGORY } from '../ground/limits.js';
import { createClassifier } from '../model/classifier.js';
import type { Feature, Model } from '../model/model.js';
import { nextDown, nextUp } from '../tree/ensemble.js';
import { floatAbove, floatDown, floatUp, hexOf } from './bits.js';
import { type FlatScorer, flatScorer } from './flat-scorer.js';

/** A row and what the model answers. */
export interface Vector {
  /** One value per feature, as `Classifier` takes them. */
  readonly input: Float64Array;
  /** Index of the class; -1 where the model refuses the row. */
  readonly label: number;
  /** NaN where the model refuses the row. */
  readonly shares: Float64Array;
  /** Node of the leaf; -1 where the model refuses the row. */
  readonly leaf: number;
}

/** Values that the rows of a large model may have: about 70 MB as text. */
const MAX_VALUES = 1 << 22;
/** Rows that a split gets, about. */
const ROWS_PER_SPLIT = 8;

/**
 * The rows by which an export is proved, with the answers of the model's own classifier: for each split what reaches it, with
 * the threshold, its neighbours among 64-bit and 32-bit numbers, every category, an unknown one, and no value; for each leaf
 * a row; and rows that the model refuses. In a tree of many thousand nodes every split has its turn only as far as
 * `MAX_VALUES` goes, evenly; leaves always have theirs.
 */
export function* makeVectors(model: Model): Generator<Vector> {
  const classifier = createClassifier(model);
  const seen = new Set<string>();
  for (const input of inputsOf(flatScorer(model))) {
    const key = Array.from(input, hexOf).join();
    if (seen.has(key)) continue;
    seen.add(key);
    const [labels, shares, leaves] = [new Int32Array(1), new Float64Array(model.classes.length), new Int32Array(1)];
    if (classifier.findBadValue(input, 1) === undefined) {
      classifier.answerInto(input, 1, { labels, shares, leaves });
      yield { input, label: labels[0], shares, leaf: leaves[0] };
    } else {
      yield { input, label: -1, shares: shares.fill(Number.NaN), leaf: -1 };
    }
  }
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
  const { feature, features, next, nodeCount } = scorer;
  const stride = Math.ceil(((nodeCount / 2) * ROWS_PER_SPLIT * features.length) / MAX_VALUES);
  const stack = [{ node: 0, reach: features.map(startOf) }];
  let splits = 0;
  let first: Float64Array | undefined;
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    const { node, reach } = place;
    const others = reach.map((one, index) => anyValue(features[index], one, node + index));
    if (others.includes(undefined)) continue; // no row comes here
    const asked = feature[node];
    if (asked < 0) {
      const input = Float64Array.from(others as number[]);
      first ??= input;
      yield input;
      continue;
    }
    if (splits++ % stride === 0) {
      for (const value of valuesAt(scorer, node, reach[asked]))
        yield Float64Array.from(others as number[]).with(asked, value);
    }
    const side = (left: boolean) => reach.with(asked, narrow(scorer, node, reach[asked], left));
    stack.push({ node: next[node], reach: side(false) }, { node: node + 1, reach: side(true) });
  }
  yield* strangeInputs(features, first!);
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
function anyValue(feature: Feature, { categories, high, low, missing }: Reach, turn: number): number | undefined {
  const values: number[] = [];
  if (feature.kind === 'category') values.push(...categories);
  else if (low < high) {
    if (high < Number.MAX_VALUE) values.push(high);
    if (low > Number.NEGATIVE_INFINITY) values.push(nextUp(low));
    if (values.length === 0) values.push(0);
  }
  if (missing) values.push(Number.NaN);
  return values[turn % values.length];
}

/** What a split is tried with, of the values that come to it. */
function valuesAt({ feature, features, threshold }: FlatScorer, node: number, reach: Reach): number[] {
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
  if (at === 0) near.push(-at);
  return [...near.filter((value) => value > low && value <= high && Number.isFinite(value)), ...gap];
}

/** A row that is answered with one strange value in each place: most are refused. */
function* strangeInputs(features: readonly Feature[], usual: Float64Array): Generator<Float64Array> {
  for (const [index, feature] of features.entries()) {
    const strange = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    if (feature.kind === 'number') strange.push(Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -0);
    else strange.push(UNKNOWN_CATEGORY, UNKNOWN_CATEGORY - 1, feature.categories.length, 0.5, -0, 2 ** 32, 1e300);
    for (const value of strange) yield usual.with(index, value);
  }
}
