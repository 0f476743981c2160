import { MAX_CATEGORIES } from '../ground/limits.js';
import { SET_WORDS, type TreePool } from '../tree/ensemble.js';
import { refuseValue } from './foreign-value.js';

/** A split as another library has it, in the words of ours. */
export interface ForeignSplit {
  readonly feature: number;
  /** Of a number. */
  readonly threshold: number;
  /** Categories that go left; null where the feature is a number. */
  readonly set: readonly number[] | null;
  /** Of `MISSING_LEFT`, `ZERO_IS_MISSING`, `UNKNOWN_LEFT` those that hold. */
  readonly directions: number;
  readonly left: number;
  readonly right: number;
}

/** A tree whose nodes lie in any order. */
export interface ForeignTree {
  /** In messages. */
  readonly path: string;
  readonly nodeCount: number;
  readonly root: number;
  /** Null where leaves have a value for each output. */
  readonly output: number | null;
  readonly weight: number;
  /** Null at a leaf. */
  split(node: number): ForeignSplit | null;
  /** Of a leaf: one, or one per output. */
  values(leaf: number): ArrayLike<number>;
  /** Null where it is not known; so is one that is no finite number from 0. */
  cover(node: number): number | null;
}

export interface PoolLimits {
  readonly outputs: number;
  /** Categories per feature; 0 for a number. */
  readonly categoryCounts: readonly number[];
}

/** Trees of another library, put in preorder one after another, every index checked. */
export class PoolBuilder {
  readonly #limits: PoolLimits;
  readonly #roots: number[] = [0];
  readonly #output: number[] = [];
  readonly #weight: number[] = [];
  readonly #feature: number[] = [];
  readonly #threshold: number[] = [];
  readonly #right: number[] = [];
  readonly #directions: number[] = [];
  readonly #set: number[] = [];
  readonly #setBits: number[] = [];
  readonly #value: number[] = [];
  readonly #values: number[] = [];
  readonly #cover: number[] = [];
  /** Where the values of leaves of one class begin, by class: most leaves of a forest are such, and have them together. */
  readonly #pure = new Map<number, number>();
  #covered = true;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  /** @throws ArtifactError for a tree that is none, or asks for what is not there */
  add(tree: ForeignTree): void {
    const seen = new Uint8Array(tree.nodeCount);
    // The split whose right child a node is, below the nodes that come before it.
    const waiting: { readonly node: number; readonly parent: number }[] = [{ node: tree.root, parent: -1 }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { node, parent } = next;
      if (!(node >= 0 && node < tree.nodeCount && Number.isInteger(node))) {
        refuseValue(tree.path, `the index of a node, below ${tree.nodeCount}`, node);
      }
      if (seen[node] === 1) refuseValue(tree.path, 'every node below one other', `node ${node} twice`);
      seen[node] = 1;
      const at = this.#feature.length;
      if (parent >= 0) this.#right[parent] = at;
      const split = tree.split(node);
      this.#addNode(tree, node, split);
      if (split === null) continue;
      waiting.push({ node: split.right, parent: at }, { node: split.left, parent: -1 });
    }
    this.#roots.push(this.#feature.length);
    this.#output.push(tree.output ?? -1);
    this.#weight.push(finite(tree.weight, `${tree.path}: weight`));
  }

  #addNode(tree: ForeignTree, node: number, split: ForeignSplit | null): void {
    const { path } = tree;
    const cover = tree.cover(node);
    const isKnown = cover !== null && cover >= 0 && Number.isFinite(cover);
    // A tree of one leaf needs none: every row comes there.
    this.#covered &&= isKnown || (node === tree.root && split === null);
    this.#cover.push(isKnown ? cover : 0);
    this.#feature.push(split === null ? -1 : this.#askedFeature(split, path));
    this.#right.push(-1);
    this.#directions.push(split?.directions ?? 0);
    this.#threshold.push(
      split === null || split.set !== null ? 0 : finite(split.threshold, `${path}: threshold of node ${node}`),
    );
    this.#set.push(split === null || split.set === null ? -1 : this.#addSet(split.set, split.feature, path));
    if (split !== null) {
      this.#value.push(-1);
      return;
    }
    const values = tree.values(node);
    const count = tree.output === null ? this.#limits.outputs : 1;
    if (values.length !== count) refuseValue(path, `leaves of ${count}`, values);
    const only = onlyOutput(values);
    const known = only < 0 ? undefined : this.#pure.get(only);
    this.#value.push(known ?? this.#values.length);
    if (known !== undefined) return;
    if (only >= 0) this.#pure.set(only, this.#values.length);
    for (let k = 0; k < count; k++) this.#values.push(finite(values[k], `${path}: value of node ${node}`));
  }

  #askedFeature({ feature, set }: ForeignSplit, path: string): number {
    const { categoryCounts } = this.#limits;
    if (!(feature >= 0 && feature < categoryCounts.length && Number.isInteger(feature))) {
      refuseValue(path, `the index of a feature, below ${categoryCounts.length}`, feature);
    }
    if (set === null && categoryCounts[feature] > 0) {
      refuseValue(path, `splits by category for feature ${feature}, as it has some`, 'a threshold');
    }
    return feature;
  }

  #addSet(set: readonly number[], feature: number, path: string): number {
    const count = Math.min(this.#limits.categoryCounts[feature], MAX_CATEGORIES);
    const words = new Array<number>(SET_WORDS).fill(0);
    for (const category of set) {
      if (!(category >= 0 && category < count && Number.isInteger(category))) {
        refuseValue(path, `the index of a category, below ${count}`, category);
      }
      words[category >>> 5] |= 1 << (category & 31);
    }
    return this.#setBits.push(...words) / SET_WORDS - 1;
  }

  /** Of a split: what its children have in all, as the artifact has it. */
  #sumCovers(): Float64Array {
    const cover = Float64Array.from(this.#cover);
    for (let node = cover.length - 1; node >= 0; node--) {
      if (this.#feature[node] >= 0) cover[node] = cover[node + 1] + cover[this.#right[node]];
    }
    return cover;
  }

  pool(): TreePool {
    const { categoryCounts } = this.#limits;
    return {
      treeCount: this.#output.length,
      featureCount: categoryCounts.length,
      roots: Int32Array.from(this.#roots),
      output: Int32Array.from(this.#output),
      weight: Float64Array.from(this.#weight),
      feature: Int32Array.from(this.#feature),
      threshold: Float64Array.from(this.#threshold),
      right: Int32Array.from(this.#right),
      directions: Uint8Array.from(this.#directions),
      set: categoryCounts.some((count) => count > 0) ? Int32Array.from(this.#set) : null,
      setBits: Uint32Array.from(this.#setBits),
      value: Int32Array.from(this.#value),
      values: Float64Array.from(this.#values),
      cover: this.#covered ? this.#sumCovers() : null,
    };
  }
}

/** The output that has all of a vector's share; -1: there are several, or it is no vector. */
function onlyOutput(values: ArrayLike<number>): number {
  let only = -1;
  for (let k = 0; k < values.length; k++) {
    if (values[k] === 0) continue;
    if (values[k] !== 1 || only >= 0) return -1;
    only = k;
  }
  return values.length > 1 ? only : -1;
}

function finite(value: number, path: string): number {
  // -0 as 0, as the artifact has it.
  return Number.isFinite(value) ? value + 0 : refuseValue(path, 'a finite number', value);
}
