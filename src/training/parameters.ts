import { anObject, checkArgument } from '../ground/options.js';
import { expectInRange } from '../ground/parameter-table.js';
import { checkHyperParameters, defaultHyperParameters, type HyperParameters } from '../model/hyper-parameters.js';
import { ENGINE_NAMES, type EngineName, engines } from './engines.js';
import { requireHonoured } from './honoured.js';

export type Criterion = HyperParameters['criterion'];

/** Every parameter of a training. */
export interface TrainingParameters extends HyperParameters {
  readonly engine: EngineName;
}

const engineRange = { kind: 'choice', choices: ENGINE_NAMES } as const;

/** The defaults of `cart`: scikit-learn's, with one row in five held out. */
export const defaultParameters: TrainingParameters = defaultsOf('cart');

/** The defaults of an engine. @throws UsageError for one that there is not */
export function defaultsOf(engine: EngineName): TrainingParameters {
  expectInRange('engine', engineRange, engine);
  return { engine, ...defaultHyperParameters, ...engines[engine].defaults };
}

/**
 * @throws UsageError for a parameter that is unknown, out of its range or not honoured by the engine: its name, what was
 *   expected, what was found
 */
export function checkParameters(parameters: TrainingParameters): void {
  checkArgument('parameters', parameters, anObject);
  checkHyperParameters(parameters);
  expectInRange('engine', engineRange, parameters.engine);
  requireHonoured(engines[parameters.engine].trainer, parameters);
}
