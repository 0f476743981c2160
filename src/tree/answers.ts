import { checkArgument, wholeNumber } from '../ground/options.js';
import { aTree, someRows, type Tree } from './tree.js';

/** What every node of a tree answers, computed once. */
export interface TreeAnswers {
  readonly tree: Tree;
  /** One weight per class; null when every class weighs 1. */
  readonly classWeights: ArrayLike<number> | null;
  /** `shares[node * classCount + class]`: counts times class weights, normalised to 1. */
  readonly shares: Float64Array;
  /** `classes[node]`: the class with the largest share, the lowest one on ties. */
  readonly classes: Int32Array;
  /** `samples[node]`: training rows, not weighted. */
  readonly samples: Float64Array;
}

/** Shares that one step computes. */
const STEP_SHARES = 1 << 14;

/** @param classWeights one weight per class; null when every class weighs 1 */
export function treeAnswers(tree: Tree, classWeights: ArrayLike<number> | null): TreeAnswers {
  checkArgument('tree', tree, aTree);
  const steps = answerSteps(tree, classWeights);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The steps of `treeAnswers`: a large tree takes a tenth of a second. */
export function* answerSteps(tree: Tree, classWeights: ArrayLike<number> | null): Generator<void, TreeAnswers> {
  const { classCount, nodeCount } = tree;
  const answers: TreeAnswers = {
    tree,
    classWeights,
    shares: new Float64Array(nodeCount * classCount),
    classes: new Int32Array(nodeCount),
    samples: new Float64Array(nodeCount),
  };
  const nodes = Math.max(1, Math.floor(STEP_SHARES / classCount));
  for (let start = 0; start < nodeCount; start += nodes) {
    fillAnswers(answers, start, Math.min(start + nodes, nodeCount));
    yield;
  }
  return answers;
}

function fillAnswers({ tree, classWeights, shares, classes, samples }: TreeAnswers, start: number, end: number): void {
  const { classCount } = tree;
  for (let node = start, at = start * classCount; node < end; node++, at += classCount) {
    samples[node] = sharesInto(tree, classWeights, node, shares, at);
    classes[node] = largestShare(shares, at, classCount);
  }
}

/**
 * Class shares of one node: counts times class weights, normalised to 1.
 *
 * @param shares receives them, from `at` on
 * @returns training rows of the node
 */
export function sharesInto(
  { classCount, counts }: Tree,
  classWeights: ArrayLike<number> | null,
  node: number,
  shares: Float64Array,
  at: number,
): number {
  let rows = 0;
  let total = 0;
  for (let k = 0, from = node * classCount; k < classCount; k++) {
    const count = counts[from + k];
    const weighted = count * (classWeights === null ? 1 : classWeights[k]);
    rows += count;
    total += weighted;
    shares[at + k] = weighted;
  }
  for (let k = 0; k < classCount; k++) shares[at + k] /= total;
  return rows;
}

/** The class with the largest of the shares that begin at `from`, the lowest one on ties. */
export function largestShare(shares: Float64Array, from: number, classCount: number): number {
  let best = 0;
  for (let k = 1; k < classCount; k++) if (shares[from + k] > shares[from + best]) best = k;
  return best;
}

/**
 * Class shares of every node: `shares[node * classCount + class]` = counts times class weights, normalised to 1.
 *
 * @param classWeights one weight per class; null when every class weighs 1
 */
export function leafShares(tree: Tree, classWeights: ArrayLike<number> | null): Float64Array {
  return treeAnswers(tree, classWeights).shares;
}

/** The class with the largest share of every node, the lowest class on ties. */
export function majorityClasses(shares: Float64Array, classCount: number): Int32Array {
  checkArgument('shares', shares, someRows);
  checkArgument('classCount', classCount, wholeNumber(1));
  return new Int32Array(shares.length / classCount).map((_, node) =>
    largestShare(shares, node * classCount, classCount),
  );
}
