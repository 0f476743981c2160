import type { Tree } from '../tree.js';

/** A tree with what is kept of it: a forest of whole trees would be three times as large. Nodes are in preorder. */
export interface GrownTree {
  readonly number: number;
  /** -1 at a leaf. */
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly categories: Tree['categories'];
  readonly right: Int32Array;
  readonly missingLeft: Uint8Array;
  /** Rows of the bag at each node. */
  readonly samples: Uint32Array;
  /** `leafCounts[leaf * classCount + class]`: rows of the bag; the leaves in their order. */
  readonly leafCounts: Uint32Array;
  /** The node of the leaf of each row that is not in the bag, in the order of their places. */
  readonly outOfBag: Uint32Array;
  /** Bit `place % 8` of byte `place / 8`: whether the row at that place of the plan is in the bag. */
  readonly bag: Uint8Array;
}

/** Whether the row at a place of the plan is in a tree's bag. */
export function isInBag({ bag }: Pick<GrownTree, 'bag'>, place: number): boolean {
  return ((bag[place >>> 3] >>> (place & 7)) & 1) === 1;
}
