import { requireKnownOptions } from '../ground/options.js';
import { nameInWords } from '../ground/quote.js';
import { defaultHyperParameters, type HyperParameters, hyperParameterTable } from '../model/hyper-parameters.js';
import type { ImpurityName } from '../tree/criterion.js';
import { expectInRange, expectThat } from '../tree/grow/limits.js';

export const ENGINE_NAMES = ['cart', 'ml-cart'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];
export type Criterion = ImpurityName;

/** Every parameter of a training. */
export interface TrainingParameters extends HyperParameters {
  readonly engine: EngineName;
}

/** The defaults of `cart`: scikit-learn's, with one row in five held out. */
export const defaultParameters: TrainingParameters = { engine: 'cart', ...defaultHyperParameters };

/**
 * @throws UsageError for a parameter that is unknown or out of its range: its name, what was expected, what was found
 */
export function checkParameters(parameters: TrainingParameters): void {
  requireKnownOptions(parameters, Object.keys(defaultParameters));
  const { ccpAlpha, classWeight, engine, ...others } = parameters;
  expectInRange('engine', { kind: 'choice', choices: ENGINE_NAMES }, engine);
  for (const [name, value] of Object.entries(others)) {
    expectInRange(name, hyperParameterTable[name as keyof typeof others].range, value);
  }
  if (ccpAlpha !== 'auto') expectInRange('ccpAlpha', hyperParameterTable.ccpAlpha.range, ccpAlpha);
  if (classWeight instanceof Map) checkWeights(classWeight);
  else if (classWeight !== null) expectInRange('classWeight', hyperParameterTable.classWeight.range, classWeight);
}

function checkWeights(weights: ReadonlyMap<string, number>): void {
  for (const [label, weight] of weights) {
    const fits = weight > 0 && Number.isFinite(weight);
    expectThat('classWeight', fits, `a finite number above 0 for ${nameInWords(label)}`, weight);
  }
}
