/** Every parameter of a training, as the artifact records it. Names are scikit-learn's in camel case. */

export type EngineName = 'cart' | 'ml-cart';
export type Criterion = 'gini' | 'entropy';

export interface TrainingParameters {
  readonly engine: EngineName;
  readonly criterion: Criterion;
  /** null: no bound. */
  readonly maxDepth: number | null;
  readonly minSamplesSplit: number;
  readonly minSamplesLeaf: number;
  /** null: no bound, grown depth-first; a number: grown best-first. */
  readonly maxLeafNodes: number | null;
  readonly minImpurityDecrease: number;
  /** null: every class weighs 1. */
  readonly classWeight: 'balanced' | ReadonlyMap<string, number> | null;
  readonly ccpAlpha: number | 'auto';
  readonly seed: number;
  /** Share of each class held out, in [0, 1). */
  readonly holdout: number;
}
