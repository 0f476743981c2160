/** Options of the library: which there are, and what each may be. Imports nothing that a browser lacks. */
import { badOption, UsageError } from './errors.js';
import { MAX_TIMER_MS } from './limits.js';
import { nameInWords, namesInWords, shownValue } from './quote.js';
import { nearest } from './suggestion.js';

/** What an option may be. */
export interface OptionRange {
  /** In words, after `expected`. */
  readonly expected: string;
  readonly takes: (value: unknown) => boolean;
  /** Whether it may not be left out. */
  readonly required?: true;
  /** The options that it has itself. */
  readonly options?: Readonly<Record<string, OptionRange>>;
}

/** A range of numbers, whose bounds flags have too. */
export interface NumberRange extends OptionRange {
  readonly least: number;
  /** Undefined where there is no such bound. */
  readonly most: number | undefined;
}

/** One range for each option of an interface: the compiler refuses a table that lacks one, or has one too many. */
export type OptionTable<Options> = { readonly [Name in keyof Required<Options>]: OptionRange };

/**
 * A misspelt option of the library would be ignored, and a senseless value do harm later: TypeScript sees both where they
 * are written out, JavaScript does not. An option that is undefined is absent.
 *
 * @param within the option that these are options of
 * @throws UsageError for an option that is unknown, absent or out of its range: its name, what was expected, what was found
 */
export function checkOptions<Options extends object>(given: Options, table: OptionTable<Options>, within = ''): void {
  if (!isObject(given)) throw badOption(within || 'options', 'an object', given, { found: shownFound(given) });
  const prefix = within === '' ? '' : `${within}.`;
  const ranges: Readonly<Record<string, OptionRange>> = table;
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(ranges, name)) requireKnownOptions(given, Object.keys(ranges), prefix);
  }
  // Without a list of entries, as options are checked with every row by name.
  for (const name in ranges) {
    const { expected, options, required, takes } = ranges[name]!;
    const value: unknown = given[name as keyof Options];
    if (value === undefined && !required) continue;
    checkArgument(prefix + name, value, { expected, takes });
    if (options !== undefined && isObject(value)) checkOptions(value, options, prefix + name);
  }
}

/**
 * @param known names of all that there are
 * @param prefix of the names in messages: `tls.`
 * @throws UsageError for a name that is none of `known`, with the one that may be meant
 */
export function requireKnownOptions(given: object, known: readonly string[], prefix = ''): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = nearest(unknown, known);
  const names = known.map((name) => prefix + name);
  const advice =
    meant === undefined ? `there are ${namesInWords(names, known.length)}` : `did you mean ${prefix}${meant}?`;
  const expected = meant === undefined ? namesInWords(names, known.length) : prefix + meant;
  const value = given[unknown as keyof typeof given];
  const option = prefix + unknown;
  throw new UsageError(`unknown option ${nameInWords(option)}; ${advice}`, { option, value, expected });
}

/**
 * Checks one argument of a function of the library, as TypeScript does for who uses it.
 *
 * @throws UsageError with its name, what was expected, what was found
 */
export function checkArgument(name: string, value: unknown, { expected, takes }: OptionRange): void {
  if (!takes(value)) throw badOption(name, expected, value, { found: shownFound(value) });
}

/** A found value in words. */
export function shownFound(value: unknown): string {
  return typeof value === 'function' ? 'a function' : shownValue(value);
}

/** @param most undefined: as far as whole numbers are exact */
export function wholeNumber(least: number, most?: number): NumberRange {
  const takes = (value: unknown) => Number.isSafeInteger(value) && isWithin(value as number, least, most);
  return { expected: `a whole number ${boundsInWords(least, most)}`, takes, least, most };
}

/** A time that a timer takes. */
export function milliseconds(least: 0 | 1): NumberRange {
  const takes = (value: unknown) => typeof value === 'number' && isWithin(value, least, MAX_TIMER_MS);
  return { expected: `milliseconds ${boundsInWords(least, MAX_TIMER_MS)}`, takes, least, most: MAX_TIMER_MS };
}

function boundsInWords(least: number, most: number | undefined): string {
  return most === undefined ? `of at least ${least}` : `from ${least} to ${most}`;
}

function isWithin(value: number, least: number, most = Number.POSITIVE_INFINITY): boolean {
  return value >= least && value <= most;
}

export const trueOrFalse: OptionRange = {
  expected: 'true or false',
  takes: (value) => typeof value === 'boolean',
};

export const someText: OptionRange = { expected: 'a text', takes: isText };

/** @param every what each of them has to be */
export function listOf(expected: string, every: (value: unknown) => boolean): OptionRange {
  return { expected: `an array of ${expected}`, takes: (value) => Array.isArray(value) && value.every(every) };
}

export const texts: OptionRange = listOf('texts', isText);

export const callback: OptionRange = { expected: 'a function', takes: (value) => typeof value === 'function' };

export const anObject: OptionRange = { expected: 'an object', takes: isObject };

/** What functions of the library give and take, known by some of its members. */
export function objectWith(expected: string, ...members: readonly string[]): OptionRange {
  const has = (value: object) => members.every((name) => value[name as keyof typeof value] !== undefined);
  return { expected, takes: (value) => isObject(value) && has(value) };
}

/** A typed array, whatever realm it comes from. */
export function typedArray(expected: string): OptionRange {
  return { expected, takes: ArrayBuffer.isView };
}

/** Also one of another library or realm. */
export const abortSignal: OptionRange = {
  expected: 'an AbortSignal',
  takes: (value) => isObject(value) && 'aborted' in value && 'addEventListener' in value,
};

export function oneOf(values: readonly (string | number)[]): OptionRange {
  return { expected: values.join(' or '), takes: (value) => values.includes(value as string | number) };
}

/** An option with options of its own. */
export function optionsOf<Options>(options: OptionTable<Options>): OptionRange {
  return { ...anObject, options };
}

export function required<Range extends OptionRange>(range: Range): Range & { readonly required: true } {
  return { ...range, required: true };
}

export function orNull(range: OptionRange): OptionRange {
  return { ...range, expected: `${range.expected}, or null`, takes: (value) => value === null || range.takes(value) };
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
