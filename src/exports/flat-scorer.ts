import { UNKNOWN_CATEGORY } from '../ground/limits.js';
import type { EnsembleScorer, Feature, Model } from '../model/model.js';
import { ensembleOf, requireTree } from '../model/single-tree.js';
import {
  type Arithmetic,
  type Combine,
  lastLeft,
  MISSING_LEFT,
  UNKNOWN_LEFT,
  ZERO_IS_MISSING,
} from '../tree/ensemble.js';
import { leftIsHeavier } from '../tree/predict.js';
import type { Tree } from '../tree/tree.js';
import { inSet, roundSum, roundValue, treesPerOutput } from '../tree/walk-ensemble.js';
import { floatDown } from './bits.js';

/** What of a category goes left at a node. */
export interface CategorySet {
  /** Ascending. */
  readonly categories: readonly number[];
  /** Whether a category that the model does not know goes left. */
  readonly unknown: boolean;
}

/** How several trees answer together. */
export interface Together {
  readonly kind: EnsembleScorer['kind'];
  /** Which output a tree is added to; -1 where its leaves have a value for each. */
  readonly output: Int32Array;
  /** How many trees are added to each output. */
  readonly treesPerOutput: Float64Array;
  /** What values and sums are rounded to. Thresholds are those of `<=`, whatever it says. */
  readonly arithmetic: Arithmetic;
  readonly combine: Combine;
}

/**
 * A model as tables, which every language writes down in its own words. Nodes are in preorder: the left child of `node` is
 * `node + 1`.
 */
export interface FlatScorer {
  readonly features: readonly Feature[];
  readonly classes: readonly string[];
  readonly version: string;
  readonly sha256: string;
  readonly treeCount: number;
  /** The first node of each tree; one more entry says where the last tree ends. */
  readonly roots: Int32Array;
  readonly nodeCount: number;
  /** Index of the feature that a node asks for; -1 at a leaf. */
  readonly feature: Int32Array;
  /** Left when value <= threshold, of a value as `preparedValue` leaves it; 0 where the question is for a category. */
  readonly threshold: Float64Array;
  /** The right child; at a leaf with several answers its row of `answers`; 0 at a leaf with one. */
  readonly next: Int32Array;
  /** At a leaf of a tree that is added to one output, what is added: weighted and rounded. 0 elsewhere. */
  readonly value: Float64Array;
  /** 1 where a missing value goes left. */
  readonly missingLeft: Uint8Array;
  /** 1 where zero goes where a missing value goes, and would go elsewhere. */
  readonly zeroMissing: Uint8Array;
  /** Null at a leaf and where a number is asked for. */
  readonly sets: readonly (CategorySet | null)[];
  /** The distinct answers of leaves, row-major: of one tree a share per class; of several what is added to each output. */
  readonly answers: Float64Array;
  readonly answerWidth: number;
  readonly answerCount: number;
  /** Null where the model is one tree, whose leaf alone is the answer. */
  readonly together: Together | null;
  /** Whether a row may lack a value, and whether a feature is a category: code for it is written only then. */
  readonly hasMissing: boolean;
  readonly hasCategories: boolean;
  /** Whether a node asks for one. */
  readonly hasSets: boolean;
  readonly hasZeroMissing: boolean;
}

export function flatScorer(model: Model): FlatScorer {
  const scorer = ensembleOf(model);
  return scorer === null ? flatTree(model) : flatEnsemble(model, scorer);
}

function flatTree(model: Model): FlatScorer {
  const { shares, tree } = requireTree(model, 'an export');
  const { features } = model;
  const { classCount, nodeCount } = tree;
  const isLeaf = (node: number) => tree.feature[node] < 0;
  const { answers, rowOf } = distinctAnswers(nodeCount, classCount, (node) =>
    isLeaf(node) ? shares.subarray(node * classCount, (node + 1) * classCount) : null,
  );
  const sets = Array.from({ length: nodeCount }, (_, node) => setAt(tree, node));
  return {
    ...described(model, sets),
    treeCount: 1,
    roots: Int32Array.of(0, nodeCount),
    nodeCount,
    feature: tree.feature,
    threshold: tree.threshold.map((threshold, node) => (isLeaf(node) || sets[node] !== null ? 0 : threshold)),
    next: tree.right.map((right, node) => (isLeaf(node) ? rowOf[node] : right)),
    value: new Float64Array(nodeCount),
    missingLeft: tree.missingLeft.map((left, node) =>
      isLeaf(node) || !features[tree.feature[node]].missing ? 0 : left,
    ),
    zeroMissing: new Uint8Array(nodeCount),
    answers,
    answerWidth: classCount,
    answerCount: answers.length / classCount,
    together: null,
    hasZeroMissing: false,
  };
}

function described({ classes, features, sha256, version }: Model, sets: FlatScorer['sets']) {
  return {
    ...{ features, classes, version, sha256, sets },
    hasMissing: features.some(({ missing }) => missing),
    hasCategories: features.some(({ kind }) => kind === 'category'),
    hasSets: sets.some((set) => set !== null),
  };
}

function setAt(tree: Tree, node: number): CategorySet | null {
  const categories = tree.categories?.[node] ?? null;
  return categories === null ? null : { categories, unknown: leftIsHeavier(tree, node) };
}

function flatEnsemble(model: Model, { ensemble, kind }: EnsembleScorer): FlatScorer {
  const { arithmetic, combine, trees } = ensemble;
  const { directions, feature, roots, treeCount } = trees;
  // A value for each of one output is a value.
  const output = combine.outputs === 1 ? new Int32Array(treeCount) : trees.output;
  const nodeCount = feature.length;
  const sets = Array.from({ length: nodeCount }, (_, node) => poolSetAt(model, ensemble, node));
  const value = new Float64Array(nodeCount);
  const vectors = new Map<number, Float64Array>();
  for (let tree = 0; tree < treeCount; tree++) {
    const weighted = (at: number) => roundSum(arithmetic, trees.values[at] * trees.weight[tree]);
    for (let node = roots[tree]; node < roots[tree + 1]; node++) {
      const at = trees.value[node];
      if (at < 0) continue;
      if (output[tree] >= 0) value[node] = weighted(at);
      else
        vectors.set(
          node,
          new Float64Array(combine.outputs).map((_, k) => weighted(at + k)),
        );
    }
  }
  const { answers, rowOf } = distinctAnswers(nodeCount, combine.outputs, (node) => vectors.get(node) ?? null);
  const threshold = trees.threshold.map((one, node) =>
    feature[node] < 0 || sets[node] !== null ? 0 : flatThreshold(arithmetic, one),
  );
  const missingLeft = directions.map((bits) => Number((bits & MISSING_LEFT) !== 0));
  const zeroMissing = directions.map((bits, node) => {
    if ((bits & ZERO_IS_MISSING) === 0 || sets[node] !== null) return 0;
    return Number(0 <= threshold[node] !== (missingLeft[node] === 1));
  });
  return {
    ...described(model, sets),
    ...{ treeCount, roots, nodeCount, feature, threshold, value, missingLeft, zeroMissing, answers },
    next: trees.right.map((right, node) => (feature[node] < 0 ? rowOf[node] : right)),
    answerWidth: combine.outputs,
    answerCount: answers.length / combine.outputs,
    together: { kind, output, treesPerOutput: treesPerOutput(ensemble), arithmetic, combine },
    hasZeroMissing: zeroMissing.includes(1),
  };
}

/** Of values that are rounded to 32 bits any threshold between two of them does: the lower one is one of them itself. */
function flatThreshold(arithmetic: Arithmetic, threshold: number): number {
  const last = lastLeft(arithmetic, threshold);
  return arithmetic.input === 'float32' ? floatDown(last) : last;
}

function poolSetAt({ features }: Model, { trees }: EnsembleScorer['ensemble'], node: number): CategorySet | null {
  const set = trees.set === null ? -1 : trees.set[node];
  const asked = features[trees.feature[node]];
  if (set < 0 || asked?.kind !== 'category') return null;
  const bits = trees.directions[node];
  const zeroLeft = (bits & ZERO_IS_MISSING) === 0 ? null : (bits & MISSING_LEFT) !== 0;
  const isLeft = (category: number) =>
    category === 0 && zeroLeft !== null ? zeroLeft : inSet(trees.setBits, set, category);
  return { categories: [...asked.categories.keys()].filter(isLeft), unknown: (bits & UNKNOWN_LEFT) !== 0 };
}

/** Many leaves answer the same: all of those that are pure. In the order of the first leaf that does. */
function distinctAnswers(
  nodeCount: number,
  width: number,
  answerOf: (node: number) => Float64Array | null,
): { readonly answers: Float64Array; readonly rowOf: Int32Array } {
  const rows = new Map<string, number>();
  const answers: Float64Array[] = [];
  const rowOf = new Int32Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) {
    const answer = answerOf(node);
    if (answer === null) continue;
    const key = new Uint16Array(answer.slice().buffer).join();
    const row = rows.get(key) ?? rows.size;
    if (row === rows.size) {
      rows.set(key, row);
      answers.push(answer);
    }
    rowOf[node] = row;
  }
  const all = new Float64Array(answers.length * width);
  for (const [row, answer] of answers.entries()) all.set(answer, row * width);
  return { answers: all, rowOf };
}

/** A value of a row as the nodes ask for it: rounded where the arithmetic of the model rounds it. */
export function preparedValue({ together }: FlatScorer, value: number): number {
  return together === null ? value : roundValue(together.arithmetic, value);
}

/** What a leaf adds to the outputs of its tree, or answers in a model of one tree; one number where `output` says which. */
export function leafAnswer({ answers, answerWidth, next, together, value }: FlatScorer, tree: number, leaf: number) {
  if (together !== null && together.output[tree] >= 0) return value.subarray(leaf, leaf + 1);
  return answers.subarray(next[leaf] * answerWidth, (next[leaf] + 1) * answerWidth);
}

/**
 * Whether a value follows the left child.
 *
 * @param value as `preparedValue` leaves it: a number, the index of a category, -1 where the model does not know it, NaN
 * where it is missing
 */
export function followsLeft(
  { missingLeft, sets, threshold, zeroMissing }: FlatScorer,
  node: number,
  value: number,
): boolean {
  if (Number.isNaN(value) || (value === 0 && zeroMissing[node] === 1)) return missingLeft[node] === 1;
  const set = sets[node];
  if (set === null) return value <= threshold[node];
  return value === UNKNOWN_CATEGORY ? set.unknown : set.categories.includes(value);
}
