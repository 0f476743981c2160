import { RequestError } from '../../ground/errors.js';
import { quote } from '../../ground/quote.js';

/** Names are parts of paths and of URLs, labels of metrics and words of log lines: a name is what each of them takes as it is. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export const NAME_RULE = 'up to 128 ASCII letters, digits, dots, hyphens and underscores, a letter or a digit first';

export function isModelName(name: string): boolean {
  return NAME.test(name);
}

/** @throws RequestError naming the field */
export function requireModelName(name: string, field: string): void {
  if (!isModelName(name))
    throw new RequestError([{ field, description: `expected ${NAME_RULE}, found ${quote(name)}` }]);
}
