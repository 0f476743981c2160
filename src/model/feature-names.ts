import { nameInWords, namesInWords } from '../ground/quote.js';
import { nearest } from '../ground/suggestion.js';

/** Why a value by name cannot be used: no feature has the name. Says which one may be meant, or all that there are. */
export function unknownFeature(name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  const advice = meant === undefined ? `: expected ${namesInWords(names)}` : `, did you mean ${nameInWords(meant)}?`;
  return `unknown feature ${nameInWords(name)}${advice}`;
}

/** Why a row by name cannot be used: a feature has no value, not even the one that stands for a missing one. */
export function absentFeature(name: string, missing: string): string {
  return `${nameInWords(name)}: expected a value (${missing} where it is missing), found none`;
}
