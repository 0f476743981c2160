/** How a node asks: the numbers of TreeEnsemble of ai.onnx.ml 5, and one for what asks nothing. */
export const MODES = {
  BRANCH_LEQ: 0,
  BRANCH_LT: 1,
  BRANCH_GTE: 2,
  BRANCH_GT: 3,
  BRANCH_EQ: 4,
  BRANCH_NEQ: 5,
  BRANCH_MEMBER: 6,
  LEAF: 7,
} as const;

/** The nodes of all trees, leaves too, whatever operator they come from. */
export interface NodeTable {
  /** In messages. */
  readonly path: string;
  readonly nodeCount: number;
  /** The first node of each tree, in their order. */
  readonly roots: readonly number[];
  /** Per node, of `MODES`. */
  readonly mode: ArrayLike<number>;
  /** What follows is of nodes that ask. */
  readonly feature: ArrayLike<number>;
  readonly split: ArrayLike<number>;
  /** What BRANCH_MEMBER looks for, by node. */
  readonly members: ReadonlyMap<number, readonly number[]>;
  /** 1 where a missing value is as good as a true answer. */
  readonly missingTrue: ArrayLike<number>;
  readonly whenTrue: ArrayLike<number>;
  readonly whenFalse: ArrayLike<number>;
  /** What is added to which outputs, by leaf. */
  readonly weights: ReadonlyMap<number, readonly LeafWeight[]>;
}

export interface LeafWeight {
  readonly output: number;
  readonly value: number;
}

/** Whether a node compares with one number, in order. */
export function isOrdered(mode: number): boolean {
  return mode <= MODES.BRANCH_GT;
}
