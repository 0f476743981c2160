import { defaultsOfTable, type GrowthParameters, growthTable, type ParameterRow } from '../tree/grow/limits.js';

/** Every parameter of a training but the engine. Names are scikit-learn's in camel case. */
export interface HyperParameters extends GrowthParameters {
  /** null: every class weighs 1. */
  readonly classWeight: 'balanced' | ReadonlyMap<string, number> | null;
  readonly ccpAlpha: number | 'auto';
  readonly seed: number;
  /** Share of each class held out, in [0, 1). */
  readonly holdout: number;
}

/**
 * One row for each, whose range is that of a number where the parameter can be one: `classWeight` has a weight per class,
 * and may be `balanced`; `ccpAlpha` may be `auto`.
 */
export const hyperParameterTable = {
  ...growthTable,
  classWeight: {
    words: 'balanced, or the weight of each class that does not weigh 1',
    range: { kind: 'choice', choices: ['balanced'] },
    default: null,
  },
  ccpAlpha: {
    words: 'Prune branches that lower the impurity by less than this per leaf; auto: chosen by cross-validation',
    range: { kind: 'number', least: 0 },
    default: 0,
  },
  seed: { words: 'Another seed holds out other rows', range: { kind: 'integer', least: 0 }, default: 0 },
  holdout: {
    words: 'Share of each class, below 1, that is held out to score the model on',
    range: { kind: 'number', least: 0, below: 1 },
    default: 0.2,
  },
} as const satisfies { [Name in keyof HyperParameters]: ParameterRow<HyperParameters[Name]> };

export const defaultHyperParameters: HyperParameters = defaultsOfTable<HyperParameters>(hyperParameterTable);
