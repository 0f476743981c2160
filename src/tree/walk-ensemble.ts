import {
  type Arithmetic,
  type Ensemble,
  lastLeft,
  MISSING_LEFT,
  SET_WORDS,
  UNKNOWN_LEFT,
  ZERO_IS_MISSING,
} from './ensemble.js';

/** A value as an ensemble compares it. */
export function roundValue({ input, zero }: Arithmetic, value: number): number {
  const rounded = input === 'float32' ? Math.fround(value) : value;
  return Math.abs(rounded) <= zero ? 0 : rounded;
}

/** A sum of leaves, or a weighted leaf. */
export function roundSum({ sum }: Arithmetic, value: number): number {
  return sum === 'float32' ? Math.fround(value) : value;
}

/**
 * Which child a value follows: the plain way, by which the fast one is tried.
 *
 * @param value as `roundValue` leaves it
 */
export function goesLeftInEnsemble({ arithmetic, trees }: Ensemble, node: number, value: number): boolean {
  const directions = trees.directions[node];
  if (Number.isNaN(value) || (value === 0 && (directions & ZERO_IS_MISSING) !== 0)) {
    return (directions & MISSING_LEFT) !== 0;
  }
  const set = trees.set === null ? -1 : trees.set[node];
  if (set < 0) return value <= lastLeft(arithmetic, trees.threshold[node]);
  if (value < 0) return (directions & UNKNOWN_LEFT) !== 0;
  return inSet(trees.setBits, set, value);
}

/** Whether a category is in a set. */
export function inSet(setBits: Uint32Array, set: number, category: number): boolean {
  return ((setBits[set * SET_WORDS + (category >>> 5)] >>> (category & 31)) & 1) === 1;
}

/**
 * The leaf of a row in one tree: its node in the pool.
 *
 * @param row values as `roundValue` leaves them, from `offset` on
 */
export function walkTree(ensemble: Ensemble, tree: number, row: Float64Array, offset: number): number {
  const { feature, right, roots } = ensemble.trees;
  let node = roots[tree];
  while (feature[node] >= 0) {
    node = goesLeftInEnsemble(ensemble, node, row[offset + feature[node]]) ? node + 1 : right[node];
  }
  return node;
}

/** How many trees are added to each output. */
export function treesPerOutput({ combine, trees }: Ensemble): Float64Array {
  const counts = new Float64Array(combine.outputs);
  for (let tree = 0; tree < trees.treeCount; tree++) {
    if (trees.output[tree] < 0) for (let k = 0; k < counts.length; k++) counts[k]++;
    else counts[trees.output[tree]]++;
  }
  return counts;
}

/** Comparisons that the longest ways from the roots to the leaves take in all, and one more per tree. */
export function longestWalks({ feature, right, roots, treeCount }: Ensemble['trees']): number {
  const depth = new Int32Array(feature.length);
  let sum = 0;
  for (let tree = 0; tree < treeCount; tree++) {
    let longest = 0;
    for (let node = roots[tree]; node < roots[tree + 1]; node++) {
      longest = Math.max(longest, depth[node]);
      if (feature[node] < 0) continue;
      depth[node + 1] = depth[node] + 1;
      depth[right[node]] = depth[node] + 1;
    }
    sum += longest + 1;
  }
  return sum;
}

/**
 * What the leaves of a row add up to, with the base, in the arithmetic of the model: the plain way.
 *
 * @param leaves its leaf in each tree: nodes in the pool
 */
export function addLeaves({ arithmetic, combine, trees }: Ensemble, leaves: ArrayLike<number>): Float64Array {
  const round = (value: number) => roundSum(arithmetic, value);
  const sums = Float64Array.from({ length: combine.outputs }, (_, k) => combine.base?.[k] ?? 0);
  for (let tree = 0; tree < trees.treeCount; tree++) {
    const only = trees.output[tree];
    const from = trees.value[leaves[tree]];
    for (let k = Math.max(only, 0), end = only < 0 ? sums.length : only + 1; k < end; k++) {
      const value = trees.values[only < 0 ? from + k : from];
      sums[k] = round(sums[k] + round(value * trees.weight[tree]));
    }
  }
  return sums;
}
