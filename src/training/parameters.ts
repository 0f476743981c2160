/** Every parameter of a training, as the artifact records it. Names are scikit-learn's in camel case. */

import type { ImpurityName } from '../tree/criterion.js';
import type { GrowthParameters } from '../tree/grow/limits.js';

export type EngineName = 'cart' | 'ml-cart';
export type Criterion = ImpurityName;

export interface TrainingParameters extends GrowthParameters {
  readonly engine: EngineName;
  /** null: every class weighs 1. */
  readonly classWeight: 'balanced' | ReadonlyMap<string, number> | null;
  readonly ccpAlpha: number | 'auto';
  readonly seed: number;
  /** Share of each class held out, in [0, 1). */
  readonly holdout: number;
}
