import { largestShare, sharesInto } from '../tree/answers.js';
import { nextUp } from '../tree/ensemble.js';
import { predictLeaf } from '../tree/predict.js';
import { narrow, type Reach } from '../tree/reach.js';
import type { Tree } from '../tree/tree.js';
import { ensembleAnswerer, ensembleInputs } from './ensemble-verification.js';
import type { Feature, Predicting, TreeScorer, VerificationRow } from './model.js';

/** Splits that get verification rows: the first ones in preorder. */
const MAX_SPLITS = 16;
/** Two per split. */
export const MAX_VERIFICATION_ROWS = 2 * MAX_SPLITS;

type Cell = number | null;

/**
 * Rows made from the splits, not taken from the data, with what the model answers.
 *
 * @param mostSplits fewer than usual, but at least one
 */
export function makeVerificationRows(parts: Predicting, mostSplits = MAX_SPLITS): VerificationRow[] {
  const { features, scorer } = parts;
  const most = Math.min(Math.max(mostSplits, 1), MAX_SPLITS);
  const answer = rowAnswerer(parts);
  const inputs =
    scorer.kind === 'tree' ? treeInputs(features, scorer.tree, most) : ensembleInputs(features, scorer.ensemble, most);
  return inputs.map((input) => ({ input, ...answer(input) }));
}

/**
 * Inputs of a tree: for each of the first splits in preorder one row that reaches it
 * with its feature at the threshold, and one with the next double above; at a category split, with the first category
 * that goes left and the first that goes right. The other features are missing where training had missing values,
 * else at a bound that the way down to the node gives them, else 0. A row that cannot exist is left out. A tree of one leaf
 * has one row, of such values.
 */
function treeInputs(features: readonly Feature[], tree: Tree, most: number): Cell[][] {
  const start: Reach[] = features.map((feature) => ({
    low: Number.NEGATIVE_INFINITY,
    high: Number.MAX_VALUE,
    categories: feature.kind === 'category' ? feature.categories.map((_, index) => index) : [],
    missing: feature.missing,
  }));
  if (tree.left[0] < 0) return [features.map((feature, index) => anyValue(feature, start[index])!)];
  const inputs: Cell[][] = [];
  // The right branch waits on the stack while the left one is walked: that is preorder.
  const stack: { node: number; reach: readonly Reach[] }[] = [{ node: 0, reach: start }];
  for (let splits = 0; stack.length > 0 && splits < most; ) {
    const { node, reach } = stack.pop()!;
    if (tree.left[node] < 0) continue;
    splits++;
    inputs.push(...rowsAtSplit(features, tree, node, reach));
    const asked = tree.feature[node];
    const side = (left: boolean) => reach.with(asked, narrow(tree, node, reach[asked], left));
    stack.push({ node: tree.right[node], reach: side(false) });
    stack.push({ node: tree.left[node], reach: side(true) });
  }
  return inputs;
}

function rowsAtSplit(features: readonly Feature[], tree: Tree, node: number, reach: readonly Reach[]): Cell[][] {
  const asked = tree.feature[node];
  const others = reach.map((other, index) => anyValue(features[index], other));
  const cells =
    features[asked].kind === 'number' ? atThreshold(tree, node, reach[asked]) : atSet(tree, node, reach[asked]);
  const rows: Cell[][] = [];
  for (const cell of cells) {
    const row = others.with(asked, cell);
    if (row.every((value): value is Cell => value !== undefined)) rows.push(row);
  }
  return rows;
}

/** The threshold and the next double above, each as near as a row can come; missing where no number can. */
function atThreshold(tree: Tree, node: number, { low, high, missing }: Reach): (Cell | undefined)[] {
  const threshold = tree.threshold[node];
  const below = Math.min(threshold, high);
  const above = Math.max(nextUp(threshold), nextUp(low));
  const otherwise = missing ? null : undefined;
  return [below > low ? below : otherwise, above <= high ? above : otherwise];
}

function atSet(tree: Tree, node: number, { categories, missing }: Reach): (Cell | undefined)[] {
  const set = tree.categories![node]!;
  const otherwise = missing ? null : undefined;
  const left = categories.find((category) => set.includes(category));
  const right = categories.find((category) => !set.includes(category));
  return [left ?? otherwise, right ?? otherwise];
}

/** A value with which a row comes this far; undefined where there is none. */
function anyValue(feature: Feature, { low, high, categories, missing }: Reach): Cell | undefined {
  if (missing) return null;
  if (feature.kind === 'category') return categories[0];
  if (high <= low) return undefined;
  if (high < Number.MAX_VALUE) return high;
  return low === Number.NEGATIVE_INFINITY ? 0 : nextUp(low);
}

/** @returns what a model answers to the input of a verification row: of a few leaves, not of all nodes of a large tree */
export function rowAnswerer({
  classes,
  scorer,
}: Predicting): (input: readonly Cell[]) => Pick<VerificationRow, 'label' | 'shares' | 'leaves'> {
  return scorer.kind === 'tree' ? treeAnswerer(scorer, classes.length) : ensembleAnswerer(scorer.ensemble);
}

function treeAnswerer(
  { classWeight, tree }: TreeScorer,
  classCount: number,
): (input: readonly Cell[]) => Pick<VerificationRow, 'label' | 'shares' | 'leaves'> {
  const shares = new Float64Array(classCount);
  return (input) => {
    const leaf = predictLeaf(
      tree,
      Float64Array.from(input, (cell) => cell ?? Number.NaN),
    );
    sharesInto(tree, classWeight, leaf, shares, 0);
    return { label: largestShare(shares, 0, classCount), shares: [...shares], leaves: [leaf] };
  };
}
