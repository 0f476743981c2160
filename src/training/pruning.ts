import type { Dataset } from '../data/dataset.js';
import { stratifiedFolds } from '../data/holdout.js';
import { type HoldoutCells, keyFolds } from '../data/holdout-column.js';
import { badOption } from '../ground/errors.js';
import { nameInWords } from '../ground/quote.js';
import { treeAnswers } from '../tree/answers.js';
import { predictInto } from '../tree/predict.js';
import { type PruningPath, pruningPathInTurns, weakestLinks } from '../tree/prune.js';
import type { Tree } from '../tree/tree.js';
import { isTurnOver } from '../tree/turns.js';
import { classCounts } from './class-weights.js';
import { gatherRows } from './gather-rows.js';
import { createPace, inTurns } from './pace.js';

const MOST_FOLDS = 10;

/** One tree of the pruning path, and how trees pruned equally hard perform on rows they were not grown from. */
export interface PruningStep {
  /** Pruning with this alpha gives the tree. */
  readonly alpha: number;
  readonly leaves: number;
  /** Impurity of the leaves, each weighted by its share of the training weight, summed. */
  readonly impurity: number;
  /** Share of the training rows' class weight that is predicted wrong, over all folds. */
  readonly cvError: number;
  readonly cvStandardError: number;
}

export interface PruningOptions {
  readonly seed: number;
  /** The share of the keys that was held out, where a column of keys says so. Default 0. */
  readonly holdout?: number;
  /** Grows a tree from some of the training rows, with the same parameters. */
  readonly grow: (rows: Uint32Array, onProgress: (share: number) => void) => Promise<Tree>;
  /** Called with the share of the folds that is done, in [0, 1]. */
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The pruning path of a tree with its cross-validated error, as rpart has it (Therneau and Atkinson, An Introduction
 * to Recursive Partitioning Using the RPART Routines, section 4): step i stands for all alphas up to that of step
 * i + 1, so the trees of the folds are pruned with the geometric mean of the two.
 *
 * @param rows the training rows, which `tree` was grown from
 * @param weights one weight per class; null when every class weighs 1
 */
export async function crossValidatePruning(
  tree: Tree,
  dataset: Dataset,
  rows: Uint32Array,
  weights: Float64Array | null,
  { grow, holdout = 0, onProgress, seed, signal }: PruningOptions,
): Promise<PruningStep[]> {
  const pace = createPace({ signal });
  const turn = () => pace(0);
  const path = distinctSteps(await inTurns(pruningPathInTurns(tree, weights), turn));
  const alphas = path.map((_, i) => (i + 1 < path.length ? midpoint(path, i) : Number.POSITIVE_INFINITY));
  const { classCount } = tree;
  const wrong = new Float64Array(alphas.length * classCount);
  const rowsOfClass = classCounts(dataset, rows);
  const smallestClass = rowsOfClass.reduce((least, count) => (count > 0 ? Math.min(least, count) : least), rows.length);
  const folds =
    dataset.holdoutBy?.rule === 'md5-key/1'
      ? foldsByKey(dataset.holdoutBy, rows, { seed, holdout })
      : stratifiedFolds(dataset, rows, { seed, folds: Math.max(2, Math.min(MOST_FOLDS, smallestClass)) });
  for (const [fold, held] of folds.entries()) {
    const outside = new Set(held);
    const grown = await grow(
      rows.filter((row) => !outside.has(row)),
      (share) => onProgress?.((fold + share) / folds.length),
    );
    const labels = Uint16Array.from(held, (row) => dataset.labels[row]);
    await inTurns(addWrongRows(wrong, alphas, grown, weights, gatherRows(dataset, held), labels), turn);
    onProgress?.((fold + 1) / folds.length);
  }
  return path.map((step, i) => ({
    ...step,
    ...weightedError(wrong.subarray(i * classCount, (i + 1) * classCount), rowsOfClass, weights),
  }));
}

/** Rows of one key are in one fold; folds without rows are left out. @throws UsageError where one key has all rows */
function foldsByKey(
  by: HoldoutCells,
  rows: Uint32Array,
  options: { readonly seed: number; readonly holdout: number },
): Uint32Array[] {
  const folds = keyFolds(by, rows, { ...options, folds: MOST_FOLDS }).filter(({ length }) => length > 0);
  if (folds.length > 1) return folds;
  const expected = `a number, as too few keys of ${nameInWords(by.column)} are trained on to divide them`;
  throw badOption('ccpAlpha', expected, 'auto');
}

/** The largest alpha whose error is within one standard error of the least. */
export function chooseAlpha(steps: readonly PruningStep[]): number {
  const best = steps.reduce((least, step) => (step.cvError <= least.cvError ? step : least));
  const bound = best.cvError + best.cvStandardError;
  const chosen = steps.findLastIndex((step) => step.cvError <= bound);
  // The last step is the root alone; its alpha has no upper end to take a mean with.
  return chosen + 1 < steps.length ? midpoint(steps, chosen) : steps[chosen].alpha;
}

function midpoint(steps: readonly { readonly alpha: number }[], i: number): number {
  return Math.sqrt(steps[i].alpha * steps[i + 1].alpha);
}

/** One step per alpha: where links tie, the tree after the last tied one; for alpha 0 (no pruning), the first tree. */
function distinctSteps({
  alphas,
  impurities,
  leaves,
}: PruningPath): Pick<PruningStep, 'alpha' | 'leaves' | 'impurity'>[] {
  return alphas
    .map((alpha, i) => ({ alpha, leaves: leaves[i], impurity: impurities[i] }))
    .filter(({ alpha }, i) => (alpha === 0 ? i === 0 : alpha !== alphas[i + 1]));
}

/**
 * Adds to `wrong[i * classCount + class]` the rows that `tree`, pruned with `alphas[i]`, predicts wrong. One walk along
 * the path serves all alphas, which ascend: collapsing a link moves the rows of its leaves into the node. Yields now
 * and then.
 */
function* addWrongRows(
  wrong: Float64Array,
  alphas: readonly number[],
  tree: Tree,
  weights: Float64Array | null,
  values: Float64Array,
  labels: Uint16Array,
): Generator<void, void> {
  const { classCount } = tree;
  const turn = { steps: 0 };
  const predicted = treeAnswers(tree, weights).classes;
  const counts = countRows(tree, values, labels);
  const isLeaf = Uint8Array.from(tree.feature, (feature) => (feature < 0 ? 1 : 0));
  const current = new Float64Array(classCount);
  const move = (node: number, sign: 1 | -1): void => {
    isLeaf[node] = sign > 0 ? 1 : 0;
    for (let k = 0; k < classCount; k++) {
      if (k !== predicted[node]) current[k] += sign * counts[node * classCount + k];
    }
  };
  for (let node = 0; node < tree.nodeCount; node++) if (isLeaf[node] === 1) move(node, 1);
  const links = weakestLinks(tree, weights);
  let link = links.next();
  for (const [i, alpha] of alphas.entries()) {
    for (; alpha > 0 && !link.done && link.value.alpha <= alpha; link = links.next()) {
      const end = branchEnd(tree, link.value.node);
      for (let inner = link.value.node + 1; inner < end; inner++) if (isLeaf[inner] === 1) move(inner, -1);
      move(link.value.node, 1);
      if (isTurnOver(turn, link.value.steps * classCount)) yield;
    }
    for (let k = 0; k < classCount; k++) wrong[i * classCount + k] += current[k];
    if (isTurnOver(turn, classCount)) yield;
  }
}

/** Rows per node and class: `counts[node * classCount + class]`. */
function countRows(tree: Tree, values: Float64Array, labels: Uint16Array): Uint32Array {
  const { classCount, left, right } = tree;
  const counts = new Uint32Array(tree.nodeCount * classCount);
  const leaves = new Int32Array(labels.length);
  predictInto(tree, values, labels.length, leaves);
  leaves.forEach((leaf, row) => {
    counts[leaf * classCount + labels[row]]++;
  });
  for (let node = tree.nodeCount - 1; node >= 0; node--) {
    if (left[node] < 0) continue;
    for (let k = 0; k < classCount; k++) {
      counts[node * classCount + k] = counts[left[node] * classCount + k] + counts[right[node] * classCount + k];
    }
  }
  return counts;
}

/** In preorder a branch ends after its rightmost leaf. */
function branchEnd(tree: Tree, node: number): number {
  let last = node;
  while (tree.right[last] >= 0) last = tree.right[last];
  return last + 1;
}

/** Weighted mean of the loss (1 where wrong), and its standard error over all rows. */
function weightedError(
  wrong: Float64Array,
  rows: Uint32Array,
  weights: Float64Array | null,
): Pick<PruningStep, 'cvError' | 'cvStandardError'> {
  let lost = 0;
  let total = 0;
  for (let k = 0; k < rows.length; k++) {
    const weight = weights === null ? 1 : weights[k];
    lost += weight * wrong[k];
    total += weight * rows[k];
  }
  const cvError = lost / total;
  let squares = 0;
  for (let k = 0; k < rows.length; k++) {
    const weight = weights === null ? 1 : weights[k];
    const deviations = wrong[k] * (1 - cvError) * (1 - cvError) + (rows[k] - wrong[k]) * cvError * cvError;
    squares += weight * weight * deviations;
  }
  return { cvError, cvStandardError: Math.sqrt(squares) / total };
}
