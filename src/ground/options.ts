import { UsageError } from './errors.js';
import { nameInWords, namesInWords } from './quote.js';
import { nearest } from './suggestion.js';

/** The names of the options of an interface: the compiler refuses a list that lacks one, or has one too many. */
export function optionNames<Options>(names: Readonly<Record<keyof Options, true>>): readonly string[] {
  return Object.keys(names);
}

/**
 * A misspelt option of the library would be ignored: TypeScript sees it where it is written out, JavaScript does not.
 *
 * @param known names of all that there are
 * @throws UsageError for a name that is none of `known`, with the one that may be meant
 */
export function requireKnownOptions(given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = nearest(unknown, known);
  const advice = meant === undefined ? `there are ${namesInWords(known, known.length)}` : `did you mean ${meant}?`;
  const expected = meant ?? namesInWords(known, known.length);
  const value = given[unknown as keyof typeof given];
  throw new UsageError(`unknown option ${nameInWords(unknown)}; ${advice}`, { option: unknown, value, expected });
}
