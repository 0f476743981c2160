import { UNKNOWN_CATEGORY } from '../ground/limits.js';
import type { Feature, Model } from '../model/model.js';
import { requireTree } from '../model/single-tree.js';
import { leftIsHeavier } from '../tree/predict.js';
import type { Tree } from '../tree/tree.js';

/** What of a category goes left at a node. */
export interface CategorySet {
  /** Ascending. */
  readonly categories: readonly number[];
  /** Whether a category that the model does not know goes left. */
  readonly unknown: boolean;
}

/**
 * A model as tables, which every language writes down in its own words. Nodes are in preorder: the left child of `node` is
 * `node + 1`, the root is 0.
 */
export interface FlatScorer {
  readonly features: readonly Feature[];
  readonly classes: readonly string[];
  readonly version: string;
  readonly sha256: string;
  readonly nodeCount: number;
  /** Index of the feature that a node asks for; -1 at a leaf. */
  readonly feature: Int32Array;
  /** Left when value <= threshold; 0 at a leaf and where the question is for a category. */
  readonly threshold: Float64Array;
  /** The right child; at a leaf the row of `answers` that it gives. */
  readonly next: Int32Array;
  /** 1 where a missing value goes left. */
  readonly missingLeft: Uint8Array;
  /** Null at a leaf and where a number is asked for. */
  readonly sets: readonly (CategorySet | null)[];
  /** The distinct answers of leaves, row-major: one share per class. */
  readonly answers: Float64Array;
  readonly answerCount: number;
  /** Whether a row may lack a value, and whether a feature is a category: code for it is written only then. */
  readonly hasMissing: boolean;
  readonly hasCategories: boolean;
  /** Whether a node asks for one. */
  readonly hasSets: boolean;
}

/** @throws UsageError for a model that is not one tree */
export function flatScorer(model: Model): FlatScorer {
  const { shares, tree } = requireTree(model, 'an export');
  const { answers, rowOf } = distinctAnswers(tree, shares);
  const { features, classes, version, sha256 } = model;
  const sets = Array.from({ length: tree.nodeCount }, (_, node) => setAt(tree, node));
  const isLeaf = (node: number) => tree.feature[node] < 0;
  return {
    ...{ features, classes, version, sha256, answers },
    nodeCount: tree.nodeCount,
    feature: tree.feature,
    threshold: tree.threshold.map((threshold, node) => (isLeaf(node) || isSet(tree, node) ? 0 : threshold)),
    next: tree.right.map((right, node) => (isLeaf(node) ? rowOf(node) : right)),
    missingLeft: tree.missingLeft.map((left, node) =>
      isLeaf(node) || !features[tree.feature[node]].missing ? 0 : left,
    ),
    sets,
    answerCount: answers.length / classes.length,
    hasMissing: features.some(({ missing }) => missing),
    hasCategories: features.some(({ kind }) => kind === 'category'),
    hasSets: sets.some((set) => set !== null),
  };
}

function isSet({ categories }: Tree, node: number): boolean {
  return categories !== null && categories[node] !== null;
}

function setAt(tree: Tree, node: number): CategorySet | null {
  const categories = tree.categories?.[node] ?? null;
  return categories === null ? null : { categories, unknown: leftIsHeavier(tree, node) };
}

/** Many leaves answer the same: all of those that are pure. In the order of the first leaf that does. */
function distinctAnswers(
  { classCount, feature, nodeCount }: Tree,
  shares: Float64Array,
): { readonly answers: Float64Array; readonly rowOf: (node: number) => number } {
  const rows = new Map<string, number>();
  const answers: number[] = [];
  const found = new Int32Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) {
    if (feature[node] >= 0) continue;
    const answer = shares.subarray(node * classCount, (node + 1) * classCount);
    const key = answer.join();
    const row = rows.get(key) ?? rows.size;
    if (row === rows.size) {
      rows.set(key, row);
      answers.push(...answer);
    }
    found[node] = row;
  }
  return { answers: Float64Array.from(answers), rowOf: (node) => found[node] };
}

/** Whether a value follows the left child. Category indices; -1 where the model does not know the category; NaN where it is missing. */
export function followsLeft({ missingLeft, sets, threshold }: FlatScorer, node: number, value: number): boolean {
  if (Number.isNaN(value)) return missingLeft[node] === 1;
  const set = sets[node];
  if (set === null) return value <= threshold[node];
  return value === UNKNOWN_CATEGORY ? set.unknown : set.categories.includes(value);
}
