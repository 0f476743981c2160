/**
 * Parameters as rows of a table, from which their types, defaults, checks, flags, records and docs derive. Imports nothing
 * that a browser lacks.
 */
import { badOption } from './errors.js';
import { nameInWords } from './quote.js';

/** What a parameter may be. */
export type ParameterRange =
  /** @property orNull null means no bound */
  | { readonly kind: 'integer'; readonly least: number; readonly orNull?: true }
  /**
   * @property below the value that it does not reach
   * @property orAuto it may be `auto`: chosen from the data
   */
  | { readonly kind: 'number'; readonly least: number; readonly below?: number; readonly orAuto?: true }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** A weight for each class that does not weigh 1, or a rule that gives one to each; null: every class weighs 1. */
  | { readonly kind: 'class weights'; readonly above: number; readonly rules: readonly string[] };

/** One parameter. */
export interface ParameterRow<Range extends ParameterRange = ParameterRange> {
  /** What it does, as a sentence begins. */
  readonly words: string;
  /** What a report calls it. */
  readonly label: string;
  readonly range: Range;
  readonly default: unknown;
}

export type ParameterTable = Readonly<Record<string, ParameterRow>>;

/** What a range takes. */
export type ValueOf<Range extends ParameterRange> = Range extends { readonly kind: 'integer' }
  ? number | (Range extends { readonly orNull: true } ? null : never)
  : Range extends { readonly kind: 'number' }
    ? number | (Range extends { readonly orAuto: true } ? 'auto' : never)
    : Range extends { readonly kind: 'choice' }
      ? Range['choices'][number]
      : Range extends { readonly kind: 'class weights' }
        ? Range['rules'][number] | ReadonlyMap<string, number> | null
        : never;

/** The parameters of a table, by name. */
export type ValuesOf<Table extends ParameterTable> = {
  readonly [Name in keyof Table]: ValueOf<Table[Name]['range']>;
};

/** The default of each row, which its range takes. */
export function defaultsOfTable<const Table extends ParameterTable>(
  table: Table & { readonly [Name in keyof Table]: { readonly default: ValueOf<Table[Name]['range']> } },
): ValuesOf<Table> {
  const entries = Object.entries<ParameterRow>(table);
  return Object.fromEntries(entries.map(([name, row]) => [name, row.default])) as ValuesOf<Table>;
}

/** @throws UsageError for the first parameter out of its range: its name, what was expected, what was found */
export function expectInTable<Table extends ParameterTable>(table: Table, values: ValuesOf<Table>): void {
  for (const name of Object.keys(table)) expectInRange(name, table[name].range, values[name]);
}

/** @throws UsageError for a value out of its range: its name, what was expected, what was found */
export function expectInRange(name: string, range: ParameterRange, value: unknown): void {
  if (range.kind === 'choice') {
    expectThat(name, range.choices.includes(value as string), range.choices.join(' or '), value);
  } else if (range.kind === 'integer') {
    if (range.orNull && value === null) return;
    const fits = Number.isSafeInteger(value) && (value as number) >= range.least;
    expectThat(name, fits, `a whole number of at least ${range.least}`, value);
  } else if (range.kind === 'number') {
    if (!(range.orAuto && value === 'auto')) expectNumber(name, range, value);
  } else if (value instanceof Map) {
    expectWeights(name, range.above, value);
  } else if (value !== null) {
    expectThat(name, range.rules.includes(value as string), range.rules.join(' or '), value);
  }
}

function expectNumber(name: string, range: Extract<ParameterRange, { kind: 'number' }>, value: unknown): void {
  const { below = Number.POSITIVE_INFINITY, least } = range;
  const expected =
    range.below === undefined
      ? `a finite number of at least ${least}`
      : `a number of at least ${least} and below ${below}`;
  expectThat(name, typeof value === 'number' && value >= least && value < below, expected, value);
}

function expectWeights(name: string, above: number, weights: ReadonlyMap<string, number>): void {
  for (const [label, weight] of weights) {
    const fits = weight > above && Number.isFinite(weight);
    expectThat(name, fits, `a finite number above ${above} for ${nameInWords(label)}`, weight);
  }
}

/** @throws UsageError */
export function expectThat(name: string, holds: boolean, expected: string, found: unknown): void {
  if (!holds) throw badOption(name, expected, found);
}
