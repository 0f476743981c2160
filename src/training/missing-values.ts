import type { Dataset, FeatureColumn } from '../data/dataset.js';
import { leftIsHeavier } from '../tree/predict.js';
import type { Tree } from '../tree/tree.js';

/** Where a row without a value of a feature makes a model take such rows. */
export const MISSING_RULES = [
  /** Anywhere in the table: the model takes its own held-out rows. */
  'table',
  /** Only in training rows, as models of version 1 have it. */
  'training rows',
] as const;
export type MissingRule = (typeof MISSING_RULES)[number];

/** Whether a row of the table has no value, be it one that is left out, as it has no class. */
export function hasGap({ missesLeftOut = false, values }: FeatureColumn): boolean {
  return missesLeftOut || values.includes(Number.NaN);
}

/**
 * A tree that takes the missing values of every feature that misses one somewhere in its table. The engines do so where a
 * training row has none; of the other features a missing value follows the child with more training rows, the right one
 * on ties: as it does at a split where no training row missed the value.
 * Why: docs/decisions/missing-anywhere-in-the-table.md
 *
 * @param rows those that the tree was grown from
 */
export function takeMissingValues(tree: Tree, { features }: Dataset, rows: Uint32Array): Tree {
  const isUntrained = features.map((column) => hasGap(column) && !rows.some((row) => Number.isNaN(column.values[row])));
  return withDirections(tree, isUntrained);
}

/** @param isUntrained per feature, whether it misses a value somewhere but in no training row */
export function withDirections(tree: Tree, isUntrained: readonly boolean[]): Tree {
  if (!isUntrained.includes(true)) return tree;
  const missingLeft = tree.missingLeft.map((left, node) => {
    const feature = tree.feature[node];
    return feature >= 0 && isUntrained[feature] ? Number(leftIsHeavier(tree, node)) : left;
  });
  return { ...tree, missingLeft };
}
