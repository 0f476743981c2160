import type { TreeAnswers } from './answers.js';
import { type Ensemble, MISSING_LEFT, type TreePool, UNKNOWN_LEFT, ZERO_IS_MISSING } from './ensemble.js';
import { goesLeft } from './predict.js';
import { inSet, roundSum, roundValue, treesPerOutput } from './walk-ensemble.js';

/** One tree or several, in the one form in which they are explained: see `TreePool`. */
export interface ExplainedTrees
  extends Pick<
    TreePool,
    'treeCount' | 'featureCount' | 'roots' | 'output' | 'weight' | 'feature' | 'right' | 'value' | 'values'
  > {
  readonly cover: Float64Array;
  /** Numbers that a row is answered with, before any link: margins, or shares of the classes. */
  readonly outputs: number;
  /** What each output begins with. */
  readonly base: Float64Array;
  /** What the sum of each output is divided by. */
  readonly divisor: Float64Array;
  /** A value as splits compare it. */
  roundValue(value: number): number;
  roundSum(sum: number): number;
  goesLeft(node: number, value: number): boolean;
}

/** The outputs of a tree are the shares of its classes. */
export function explainedTree({ samples, shares, tree }: TreeAnswers): ExplainedTrees {
  const { classCount, feature, featureCount, nodeCount, right } = tree;
  return {
    treeCount: 1,
    featureCount,
    roots: Int32Array.of(0, nodeCount),
    output: Int32Array.of(-1),
    weight: Float64Array.of(1),
    feature,
    right,
    value: new Int32Array(nodeCount).map((_, node) => node * classCount),
    values: shares,
    cover: samples,
    outputs: classCount,
    base: new Float64Array(classCount),
    divisor: new Float64Array(classCount).fill(1),
    roundValue: (value) => value,
    roundSum: (sum) => sum,
    goesLeft: (node, value) => goesLeft(tree, node, value),
  };
}

/** Null where it is not known how many training rows came to each node. */
export function explainedEnsemble(ensemble: Ensemble): ExplainedTrees | null {
  const { arithmetic, combine, trees } = ensemble;
  const { cover } = trees;
  if (cover === null || !isKnown(trees, cover)) return null;
  const { outputs } = combine;
  return {
    ...trees,
    cover,
    outputs,
    base: Float64Array.from({ length: outputs }, (_, k) => combine.base?.[k] ?? 0),
    divisor: combine.by === 'mean' ? treesPerOutput(ensemble) : new Float64Array(outputs).fill(1),
    roundValue: (value) => roundValue(arithmetic, value),
    roundSum: (sum) => roundSum(arithmetic, sum),
    goesLeft: sideOf(trees, arithmetic.split === '<'),
  };
}

/** Whether rows came to each tree; one that asks nothing needs none. */
function isKnown({ feature, roots, treeCount }: TreePool, cover: Float64Array): boolean {
  for (let tree = 0; tree < treeCount; tree++) {
    const root = roots[tree];
    if (feature[root] >= 0 && !(cover[root] > 0 && cover[root] < Number.POSITIVE_INFINITY)) return false;
  }
  return true;
}

/** As `goesLeftInEnsemble`, which looks for the neighbour of a threshold each time. */
function sideOf({ directions, set, setBits, threshold }: TreePool, strict: boolean): ExplainedTrees['goesLeft'] {
  return (node, value) => {
    const ways = directions[node];
    if (Number.isNaN(value) || (value === 0 && (ways & ZERO_IS_MISSING) !== 0)) return (ways & MISSING_LEFT) !== 0;
    const asked = set === null ? -1 : set[node];
    if (asked >= 0) return value < 0 ? (ways & UNKNOWN_LEFT) !== 0 : inSet(setBits, asked, value);
    return strict ? value < threshold[node] : value <= threshold[node];
  };
}

/** The part of a split's training rows that went to a child of it; one half where none came. */
export function partOf({ cover, right }: ExplainedTrees, split: number, child: number): number {
  const all = cover[split + 1] + cover[right[split]];
  return all > 0 ? cover[child] / all : 0.5;
}
