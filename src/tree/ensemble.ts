/**
 * Trees that answer together, as a struct of arrays: one pool has the nodes of all. The nodes of a tree are in preorder,
 * so the left child of `node` is `node + 1`.
 *
 * A row is as for a single tree: one value per feature; a number, the index of a category, NaN where the value is missing,
 * and -1 (`UNKNOWN_CATEGORY`) for a category that training never saw.
 */
export interface TreePool {
  readonly treeCount: number;
  readonly featureCount: number;
  /** `roots[tree]`: the first node of a tree; one more entry says where the last tree ends. */
  readonly roots: Int32Array;
  /** `output[tree]`: which output its leaves are added to; -1 where a leaf has a value for each. */
  readonly output: Int32Array;
  /** `weight[tree]`: what its leaves are multiplied by. */
  readonly weight: Float64Array;
  /** `feature[node]`: the feature that the node asks for; -1 at a leaf. */
  readonly feature: Int32Array;
  /** `threshold[node]`: left when value <= threshold, or < where the arithmetic says so; 0 at a leaf and at a category split. */
  readonly threshold: Float64Array;
  /** `right[node]`: the right child, in the pool; -1 at a leaf. */
  readonly right: Int32Array;
  /** `directions[node]`: of `MISSING_LEFT`, `ZERO_IS_MISSING`, `UNKNOWN_LEFT`, those that hold; 0 at a leaf. */
  readonly directions: Uint8Array;
  /** `set[node]`: which of the sets a category split asks for; -1 elsewhere. Null where no feature is a category. */
  readonly set: Int32Array | null;
  /** Sets of categories that go left, `SET_WORDS` each: bit c % 32 of word c / 32 is the category c. */
  readonly setBits: Uint32Array;
  /** `value[node]`: where the values of a leaf begin in `values`, one or one per output; -1 at a split. */
  readonly value: Int32Array;
  readonly values: Float64Array;
  /**
   * `cover[node]`: how much of the training rows came to the node, in the measure of whoever trained it: rows, weights or
   * second derivatives. Null where it is not known.
   */
  readonly cover: Float64Array | null;
}

/** A missing value goes left. */
export const MISSING_LEFT = 1;
/** Zero goes where a missing value goes. */
export const ZERO_IS_MISSING = 2;
/** A category that training never saw goes left. */
export const UNKNOWN_LEFT = 4;

/** 32-bit words of a set of categories: a feature has at most 255. */
export const SET_WORDS = 8;

/** How the numbers of a model are computed: as whoever trained it computes them. */
export interface Arithmetic {
  /** What a value is rounded to before anything else. */
  readonly input: 'float64' | 'float32';
  /** How a value is compared with a threshold: what holds goes left. */
  readonly split: '<=' | '<';
  /** What every sum of leaves, and a leaf times its weight, is rounded to. */
  readonly sum: 'float64' | 'float32';
  /** Values as near to 0 as this count as 0. */
  readonly zero: number;
}

/** How the leaves of a row become the shares of the classes. */
export interface Combine {
  /** A mean is a sum, divided by how many trees are added to the output. */
  readonly by: 'sum' | 'mean';
  /** One number per output, which the sum begins with; null: it begins with 0. */
  readonly base: readonly number[] | null;
  /** Numbers before the link: one per class; of two classes also one alone, for the second. */
  readonly outputs: number;
  readonly link: 'none' | 'sigmoid' | 'softmax';
  /** What an output is multiplied by before the link. */
  readonly scale: number;
  /** Name and version of the arithmetic of the link: see `link.ts`. */
  readonly function: LinkFunction;
}

/**
 * `float64/1` and `float32/1` add the terms of a softmax one after another, `float64/2` adds eight or more as numpy does, in
 * eight sums. `float32/2` is that of onnxruntime. All have the exponential function of glibc.
 */
export type LinkFunction = 'float64/1' | 'float64/2' | 'float32/1' | 'float32/2';

/** Trees, and how they answer together. */
export interface Ensemble {
  readonly trees: TreePool;
  readonly arithmetic: Arithmetic;
  readonly combine: Combine;
}

/** How many classes an ensemble tells apart. */
export function ensembleClassCount({ combine: { outputs } }: Pick<Ensemble, 'combine'>): number {
  return Math.max(outputs, 2);
}

/** The largest number that is `<=`, where the arithmetic has `<`; the threshold itself where it has `<=`. */
export function lastLeft({ split }: Arithmetic, threshold: number): number {
  return split === '<' ? nextDown(threshold) : threshold;
}

const bits = new DataView(new ArrayBuffer(8));

/** The next double above; of -0 as of 0, and infinity of the largest one. */
export function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  if (Number.isNaN(value) || value === Number.POSITIVE_INFINITY) return value;
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return bits.getFloat64(0);
}

/** The next double below. */
export function nextDown(value: number): number {
  return -nextUp(-value);
}
