import { type OptionRange, typedArray } from '../ground/options.js';

/**
 * A binary classification tree as a struct of arrays. Nodes are in preorder, 0 is the root, so a child's index is
 * always above its parent's and the left child of `node` is `node + 1`.
 *
 * A row is a Float64Array with one value per feature: a number, the index of a category, NaN where the value is
 * missing, and -1 (`UNKNOWN_CATEGORY`) for a category that training never saw.
 * Why: docs/decisions/unchecked-indexed-access.md
 */
export interface Tree {
  readonly nodeCount: number;
  readonly classCount: number;
  readonly featureCount: number;
  /** `feature[node]`: the feature that the node asks for; -1 at a leaf. */
  readonly feature: Int32Array;
  /** `threshold[node]`: left when value <= threshold; 0 at a leaf and at a category split. */
  readonly threshold: Float64Array;
  /**
   * `categories[node]`: ascending indices of the categories that go left; null at a leaf and at a number split.
   * Categories that no row of the node had are listed when they follow a heavier left child. The whole array is null
   * where no feature is a category.
   */
  readonly categories: readonly (readonly number[] | null)[] | null;
  /** `left[node]`, `right[node]`: children; -1 at a leaf. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** `missingLeft[node]`: 1 when a missing value goes left. */
  readonly missingLeft: Uint8Array;
  /** `counts[node * classCount + class]`: training rows, unweighted. */
  readonly counts: Uint32Array;
  /** `impurity[node]`, of the class-weighted shares. */
  readonly impurity: Float64Array;
  /**
   * `gap[node]`: how far the two training values beside the threshold are apart; infinite where there is no threshold.
   * Only a tree that was just grown has it.
   */
  readonly gap?: Float64Array;
}

export const aTree: OptionRange = {
  expected: 'a tree, as growTree gives it',
  takes: (value) => ArrayBuffer.isView((value as Tree | null | undefined)?.feature),
};
export const someRows = typedArray('a Float64Array');

export { UNKNOWN_CATEGORY } from '../ground/limits.js';
