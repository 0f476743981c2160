/** Makes one pool of the trees of a forest, whose leaves are shares of the classes. */
import { DataError } from '../../ground/errors.js';
import { type Ensemble, MISSING_LEFT, SET_WORDS, type TreePool, UNKNOWN_LEFT } from '../ensemble.js';
import type { GrownTree } from './grown-tree.js';

/** Nodes of all trees: a file of so many is about a gigabyte. */
const MAX_NODES = 1 << 26;

/**
 * Shares are rounded to whole parts of so many: sums of up to 2^21 shares are exact, so no order of the trees changes a bit.
 */
const PARTS = 0x1_0000_0000;

/** What of a tree is kept. */
type PooledTree = Omit<GrownTree, 'bag' | 'outOfBag'>;

export interface ForestShape {
  readonly featureCount: number;
  readonly classCount: number;
  /** One per class; null: every class weighs 1. */
  readonly weights: Float64Array | null;
  /** Whether a feature is a category. */
  readonly hasCategories: boolean;
}

/** Yields after each tree. @throws DataError where the forest is too large */
export function* forestOf(trees: readonly PooledTree[], shape: ForestShape): Generator<void, Ensemble> {
  const pool = emptyPool(trees, shape);
  const values = new LeafValues(trees, shape);
  let sets = 0;
  for (const [index, tree] of trees.entries()) {
    sets = addTree(pool, index, tree, sets);
    values.add(pool, index, tree);
    yield;
  }
  return {
    trees: { ...pool, values: values.taken() },
    arithmetic: { input: 'float64', split: '<=', sum: 'float64', zero: 0 },
    combine: { by: 'mean', base: null, outputs: shape.classCount, link: 'none', scale: 1, function: 'float64/1' },
  };
}

function emptyPool(trees: readonly PooledTree[], { featureCount, hasCategories }: ForestShape): TreePool {
  const roots = new Int32Array(trees.length + 1);
  let nodes = 0;
  let sets = 0;
  for (const [index, { categories, feature }] of trees.entries()) {
    nodes += feature.length;
    if (nodes > MAX_NODES) refuseNodes(nodes);
    roots[index + 1] = nodes;
    for (const set of categories ?? []) if (set !== null) sets++;
  }
  return {
    treeCount: trees.length,
    featureCount,
    roots,
    output: new Int32Array(trees.length).fill(-1),
    weight: new Float64Array(trees.length).fill(1),
    feature: new Int32Array(nodes),
    threshold: new Float64Array(nodes),
    right: new Int32Array(nodes),
    directions: new Uint8Array(nodes),
    set: hasCategories ? new Int32Array(nodes).fill(-1) : null,
    setBits: new Uint32Array(SET_WORDS * sets),
    value: new Int32Array(nodes).fill(-1),
    values: new Float64Array(0),
    cover: new Float64Array(nodes),
  };
}

function refuseNodes(nodes: number): never {
  throw new DataError('too-large', `expected a forest of at most ${MAX_NODES} nodes, found at least ${nodes}`, {
    advice: {
      option: 'minSamplesLeaf',
      value: '5',
      effect: 'makes the trees smaller',
      or: { option: 'trees', value: '50', effect: 'grows fewer' },
    },
  });
}

/** @returns how many sets the pool has after it */
function addTree(pool: TreePool, index: number, tree: PooledTree, firstSet: number): number {
  const { categories, feature, missingLeft, right, samples, threshold } = tree;
  const root = pool.roots[index];
  let sets = firstSet;
  pool.feature.set(feature, root);
  pool.threshold.set(threshold, root);
  for (let node = 0; node < feature.length; node++) {
    const at = root + node;
    pool.cover![at] = samples[node];
    pool.right[at] = feature[node] < 0 ? -1 : root + right[node];
    if (feature[node] < 0) continue;
    if (missingLeft[node] === 1) pool.directions[at] |= MISSING_LEFT;
    const set = categories?.[node];
    if (!set) continue;
    if (samples[node + 1] > samples[right[node]]) pool.directions[at] |= UNKNOWN_LEFT;
    pool.set![at] = sets;
    for (const category of set) pool.setBits[sets * SET_WORDS + (category >>> 5)] |= 1 << (category & 31);
    sets++;
  }
  return sets;
}

/** The shares of all leaves; those of one class have one vector together. */
class LeafValues {
  readonly #values: Float64Array;
  readonly #pure: Int32Array;
  readonly #shape: ForestShape;
  #length = 0;

  constructor(trees: readonly PooledTree[], shape: ForestShape) {
    const { classCount } = shape;
    let mixed = 0;
    for (const { leafCounts } of trees) {
      for (let from = 0; from < leafCounts.length; from += classCount) {
        if (onlyClass(leafCounts, from, classCount) < 0) mixed++;
      }
    }
    this.#values = new Float64Array((mixed + classCount) * classCount);
    this.#pure = new Int32Array(classCount).fill(-1);
    this.#shape = shape;
  }

  add(pool: TreePool, index: number, { feature, leafCounts }: PooledTree): void {
    const { classCount } = this.#shape;
    for (let node = 0, from = 0; node < feature.length; node++) {
      if (feature[node] >= 0) continue;
      const only = onlyClass(leafCounts, from, classCount);
      pool.value[pool.roots[index] + node] = only < 0 ? this.#addMixed(leafCounts, from) : this.#addPure(only);
      from += classCount;
    }
  }

  taken(): Float64Array {
    return this.#values.slice(0, this.#length);
  }

  #addPure(only: number): number {
    if (this.#pure[only] < 0) {
      this.#pure[only] = this.#length;
      this.#values[this.#length + only] = 1;
      this.#length += this.#shape.classCount;
    }
    return this.#pure[only];
  }

  #addMixed(counts: Uint32Array, from: number): number {
    const { classCount, weights } = this.#shape;
    const start = this.#length;
    let mass = 0;
    for (let k = 0; k < classCount; k++) {
      const weight = weights === null ? counts[from + k] : counts[from + k] * weights[k];
      this.#values[start + k] = weight;
      mass += weight;
    }
    for (let k = 0; k < classCount; k++) {
      this.#values[start + k] = Math.round((this.#values[start + k] / mass) * PARTS) / PARTS;
    }
    this.#length += classCount;
    return start;
  }
}

/** The class that all rows of a leaf have; -1: they have several. */
function onlyClass(counts: Uint32Array, from: number, classCount: number): number {
  let only = -1;
  for (let k = 0; k < classCount; k++) {
    if (counts[from + k] === 0) continue;
    if (only >= 0) return -1;
    only = k;
  }
  return only;
}
