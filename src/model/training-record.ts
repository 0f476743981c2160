import type { RecordedParameters } from './hyper-parameters.js';

/**
 * How a tree was trained: enough to train it again from the same table. `classWeight` has one weight per class, in class
 * order; `ccpAlpha` is the number that was used, also where it was chosen automatically.
 */
export interface TrainingRecord extends RecordedParameters {
  /** Name and version, as in `cart/1`. */
  readonly engine: string;
  /** The column that was predicted. Why: docs/decisions/target-is-recorded.md */
  readonly target: string;
  readonly rows: { readonly train: number; readonly holdout: number };
}
