import { badOption } from '../ground/errors.js';
import { namesInWords } from '../ground/quote.js';
import {
  defaultHyperParameters,
  HYPER_PARAMETERS,
  type HyperParameters,
  PARTITION_PARAMETERS,
} from '../model/hyper-parameters.js';
import type { Trainer } from './trainer.js';

/**
 * What an engine cannot do is refused, never ignored. A parameter that its list lacks, as a new one does, is one of those.
 *
 * @throws UsageError for a parameter that the engine does not look at and that is not at its default
 */
export function requireHonoured(
  { engine, honours }: Pick<Trainer, 'engine' | 'honours'>,
  parameters: HyperParameters,
): void {
  for (const name of HYPER_PARAMETERS) {
    if (honours.includes(name) || PARTITION_PARAMETERS.includes(name)) continue;
    const [value, only] = [parameters[name], defaultHyperParameters[name]];
    if (value === only) continue;
    const expected = `${only ?? 'none'}, as the engine ${nameOf(engine)} has no such parameter`;
    throw badOption(name, expected, value, { found: inWords(value) });
  }
}

/** Of a trainer, without its version. */
export function nameOf(engine: string): string {
  return engine.split('/')[0]!;
}

function inWords(value: HyperParameters[keyof HyperParameters]): string {
  return value instanceof Map ? `weights of ${namesInWords([...value.keys()])}` : String(value);
}
