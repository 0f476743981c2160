import { defaultGrowth } from '../tree/grow/limits.js';
import type { EngineName, TrainingParameters } from './parameters.js';

/** What `cart` uses where nothing else is asked for: scikit-learn's defaults, and one row in five held out. */
export const defaultParameters: TrainingParameters = {
  engine: 'cart',
  ...defaultGrowth,
  classWeight: null,
  ccpAlpha: 0,
  seed: 0,
  holdout: 0.2,
};

/**
 * The defaults of an engine. Those of `ml-cart` are the package's own: `minSamplesSplit` is its minNumSamples and
 * `minImpurityDecrease` its gainThreshold.
 */
export function defaultsOf(engine: EngineName): TrainingParameters {
  return engine === 'cart'
    ? defaultParameters
    : { ...defaultParameters, engine, minSamplesSplit: 3, minImpurityDecrease: 0.01 };
}
