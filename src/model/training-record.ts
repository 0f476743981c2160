import type { ImpurityName } from '../tree/criterion.js';

/** How a tree was trained: enough to train it again from the same table. */
export interface TrainingRecord {
  /** Name and version, as in `cart/1`. */
  readonly engine: string;
  readonly criterion: ImpurityName;
  readonly maxDepth: number | null;
  readonly minSamplesSplit: number;
  readonly minSamplesLeaf: number;
  readonly maxLeafNodes: number | null;
  readonly minImpurityDecrease: number;
  /** One weight per class, in class order; null when every class weighs 1. */
  readonly classWeight: readonly number[] | null;
  /** The number that was used, also where it was chosen automatically. */
  readonly ccpAlpha: number;
  /** The column that was predicted. Why: docs/decisions/target-is-recorded.md */
  readonly target: string;
  readonly seed: number;
  readonly holdout: number;
  readonly rows: { readonly train: number; readonly holdout: number };
}
