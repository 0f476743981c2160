import { nameInWords } from '../ground/quote.js';
import {
  checkGrowth,
  expectInteger,
  expectKnown,
  expectNotNegative,
  expectOneOf,
  expectThat,
} from '../tree/grow/limits.js';
import { defaultParameters } from './defaults.js';
import type { TrainingParameters } from './parameters.js';

/** @throws UsageError for a parameter that is unknown or out of its range: its name, what was expected, what was found */
export function checkParameters(parameters: TrainingParameters): void {
  expectKnown(parameters, Object.keys(defaultParameters));
  const { ccpAlpha, classWeight, engine, holdout, seed } = parameters;
  expectOneOf('engine', engine, ['cart', 'ml-cart']);
  checkGrowth(parameters);
  if (ccpAlpha !== 'auto') expectNotNegative('ccpAlpha', ccpAlpha);
  expectInteger('seed', seed, 0);
  expectThat('holdout', holdout >= 0 && holdout < 1, 'a share of at least 0 and below 1', holdout);
  if (classWeight instanceof Map) {
    for (const [label, weight] of classWeight) {
      expectThat(
        `classWeight of ${nameInWords(label)}`,
        weight > 0 && Number.isFinite(weight),
        'a finite number above 0',
        weight,
      );
    }
  } else if (classWeight !== null) expectOneOf('classWeight', classWeight, ['balanced']);
}
