import { largestShare } from '../tree/answers.js';
import {
  type Arithmetic,
  type Ensemble,
  ensembleClassCount,
  lastLeft,
  MISSING_LEFT,
  nextDown,
  nextUp,
} from '../tree/ensemble.js';
import { createLink } from '../tree/link.js';
import type { Reach } from '../tree/reach.js';
import { addLeaves, inSet, roundValue, treesPerOutput, walkTree } from '../tree/walk-ensemble.js';
import type { Feature, VerificationRow } from './model.js';

type Cell = number | null;

/** Thresholds of a feature that cells are made of. */
const MOST_VALUES = 16;
/** Values that all rows have in all, about: a model of very many trees has few rows. */
const MOST_CELLS = 1 << 15;

/**
 * Inputs made from the splits, not taken from the data. Trees are taken at even distances, or several times where they are few.
 * The way down goes right at depth d where bit d % 4 of its number is set, and ends at the first split with a leaf on that
 * side. There are two rows for it: one with the largest value that goes left, one with the smallest that goes right; at a
 * split of categories one with the first of each side. The other features have thresholds of their own, within the bounds of
 * the way, or every fourth is missing where it may be. A row that cannot exist is left out.
 *
 * @param most splits, at least one
 */
export function ensembleInputs(features: readonly Feature[], ensemble: Ensemble, most: number): Cell[][] {
  const { treeCount } = ensemble.trees;
  const cells = features.length + ensembleClassCount(ensemble) + treeCount;
  const ways = Math.max(1, Math.min(most, Math.floor(MOST_CELLS / cells)));
  const values = thresholdsOf(features, ensemble);
  const inputs: Cell[][] = [];
  for (let way = 0; way < ways; way++) {
    const tree = ways <= treeCount ? Math.floor((way * treeCount) / ways) : way % treeCount;
    const { asked, reach, sides } = wayDown(features, ensemble, tree, way);
    const others = reach.map((other, index) =>
      anyCell(features[index], ensemble.arithmetic, other, values[index], way + index),
    );
    for (const side of sides) {
      const input = asked < 0 ? others : others.with(asked, side);
      if (input.every((cell): cell is Cell => cell !== undefined)) inputs.push(input);
    }
  }
  return inputs;
}

interface WayDown {
  /** The feature that the last split asks for; -1 where the tree is a leaf. */
  readonly asked: number;
  /** What the splits before leave of each feature. */
  readonly reach: readonly Reach[];
  /** Values of the feature that go left and right there; undefined where there is none. */
  readonly sides: readonly (Cell | undefined)[];
}

function wayDown(features: readonly Feature[], ensemble: Ensemble, tree: number, way: number): WayDown {
  const { feature, right, roots } = ensemble.trees;
  let reach: readonly Reach[] = features.map((known) => ({
    low: Number.NEGATIVE_INFINITY,
    high: ensemble.arithmetic.input === 'float32' ? MAX_FLOAT : Number.MAX_VALUE,
    categories: known.kind === 'category' ? known.categories.map((_, index) => index) : [],
    missing: known.missing,
  }));
  let node = roots[tree];
  if (feature[node] < 0) return { asked: -1, reach, sides: [null] };
  for (let depth = 0; ; depth++) {
    const asked = feature[node];
    const goesRight = ((way >>> (depth % 4)) & 1) === 1;
    const child = goesRight ? right[node] : node + 1;
    if (feature[child] < 0) return { asked, reach, sides: sidesOf(features[asked], ensemble, node, reach[asked]) };
    reach = reach.with(asked, narrowed(ensemble, node, reach[asked], !goesRight));
    node = child;
  }
}

function narrowed(ensemble: Ensemble, node: number, { low, high, categories, missing }: Reach, left: boolean): Reach {
  const { directions, set, setBits, threshold } = ensemble.trees;
  const stays = missing && ((directions[node] & MISSING_LEFT) !== 0) === left;
  const index = set === null ? -1 : set[node];
  if (index >= 0) {
    return { low, high, categories: categories.filter((c) => inSet(setBits, index, c) === left), missing: stays };
  }
  const last = lastInput(ensemble.arithmetic, threshold[node]);
  return left
    ? { low, high: Math.min(high, last), categories, missing: stays }
    : { low: Math.max(low, last), high, categories, missing: stays };
}

function sidesOf(feature: Feature, ensemble: Ensemble, node: number, reach: Reach): (Cell | undefined)[] {
  const { set, setBits, threshold } = ensemble.trees;
  const otherwise = reach.missing ? null : undefined;
  if (feature.kind === 'category') {
    const found = (left: boolean) => reach.categories.find((c) => inSet(setBits, set![node], c) === left);
    return [found(true) ?? otherwise, found(false) ?? otherwise];
  }
  const last = lastInput(ensemble.arithmetic, threshold[node]);
  const below = Math.min(last, reach.high);
  const above = nextInput(ensemble.arithmetic, Math.max(last, reach.low));
  return [below > reach.low ? below : otherwise, above <= reach.high ? above : otherwise];
}

function anyCell(
  feature: Feature,
  arithmetic: Arithmetic,
  { low, high, categories, missing }: Reach,
  values: readonly number[],
  turn: number,
): Cell | undefined {
  if (missing && turn % 4 === 3) return null;
  const otherwise = missing ? null : undefined;
  if (feature.kind === 'category') {
    return categories.length > 0 ? categories[turn % categories.length] : otherwise;
  }
  if (high <= low) return otherwise;
  const value = values.length > 0 ? values[turn % values.length] : 0;
  if (value > high) return high;
  return value > low ? value : nextInput(arithmetic, low);
}

/** Of each feature the thresholds that come first, each once, as values that go left. */
function thresholdsOf(features: readonly Feature[], { arithmetic, trees }: Ensemble): number[][] {
  const found = features.map(() => new Set<number>());
  let open = features.filter(({ kind }) => kind === 'number').length;
  for (let node = 0; node < trees.feature.length && open > 0; node++) {
    const asked = trees.feature[node];
    if (asked < 0 || features[asked].kind !== 'number' || found[asked].size === MOST_VALUES) continue;
    found[asked].add(lastInput(arithmetic, trees.threshold[node]));
    if (found[asked].size === MOST_VALUES) open--;
  }
  return found.map((values) => [...values]);
}

/** The largest value that goes left, as the model rounds values. */
function lastInput(arithmetic: Arithmetic, threshold: number): number {
  const last = lastLeft(arithmetic, threshold);
  if (arithmetic.input === 'float64') return Math.max(last, -Number.MAX_VALUE);
  const rounded = Math.fround(last);
  return Number.isFinite(rounded)
    ? rounded > last
      ? nextFloat(rounded, nextDown)
      : rounded
    : Math.sign(last) * MAX_FLOAT;
}

/** The next value above that the model tells from it. */
function nextInput({ input }: Arithmetic, value: number): number {
  if (input === 'float64') return nextUp(value);
  return value >= MAX_FLOAT ? Number.POSITIVE_INFINITY : nextFloat(value, nextUp);
}

const MAX_FLOAT = Math.fround(3.4028234663852886e38);
const float = new Float32Array(1);
const floatBits = new Int32Array(float.buffer);

/** The next 32-bit number in a direction. @param next `nextUp` or `nextDown`, of doubles */
function nextFloat(value: number, next: (value: number) => number): number {
  float[0] = value;
  if (float[0] === 0) return next(0) > 0 ? MIN_FLOAT : -MIN_FLOAT;
  floatBits[0] += next(float[0]) > float[0] === float[0] > 0 ? 1 : -1;
  return float[0];
}

const MIN_FLOAT = 1.401298464324817e-45;

/** @returns what an ensemble answers to the input of a verification row, the plain way */
export function ensembleAnswerer(
  ensemble: Ensemble,
): (input: readonly Cell[]) => Pick<VerificationRow, 'label' | 'shares' | 'leaves'> {
  const { arithmetic, trees } = ensemble;
  const link = createLink(ensemble, treesPerOutput(ensemble));
  const shares = new Float64Array(ensembleClassCount(ensemble));
  return (input) => {
    const row = Float64Array.from(input, (cell) => roundValue(arithmetic, cell ?? Number.NaN));
    const nodes = Array.from({ length: trees.treeCount }, (_, tree) => walkTree(ensemble, tree, row, 0));
    link(addLeaves(ensemble, nodes), 0, shares, 0);
    return {
      label: largestShare(shares, 0, shares.length),
      shares: [...shares],
      leaves: nodes.map((node, tree) => node - trees.roots[tree]),
    };
  };
}
