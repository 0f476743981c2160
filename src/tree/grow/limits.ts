/**
 * What bounds a tree, as options of the library and the command line give it: one table, from which defaults, checks, flags,
 * the reader of training records and the docs derive. Names are scikit-learn's in camel case.
 */
import { badOption } from '../../ground/errors.js';
import type { ImpurityName } from '../criterion.js';
import type { Limits } from './grow.js';

export interface GrowthParameters {
  readonly criterion: ImpurityName;
  /** null: no bound. */
  readonly maxDepth: number | null;
  readonly minSamplesSplit: number;
  readonly minSamplesLeaf: number;
  /** null: no bound, grown depth-first; a number: grown best-first. */
  readonly maxLeafNodes: number | null;
  readonly minImpurityDecrease: number;
}

/** What a hyper-parameter may be. */
export type ParameterRange =
  | { readonly kind: 'integer'; readonly least: number; readonly orNull?: boolean }
  /** @property below the value that it does not reach */
  | { readonly kind: 'number'; readonly least: number; readonly below?: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] };

/** One hyper-parameter. */
export interface ParameterRow<Value, Range extends ParameterRange = ParameterRange> {
  /** What it does, as a sentence begins. */
  readonly words: string;
  readonly range: Range;
  /** scikit-learn's, where it has the parameter. */
  readonly default: Value;
}

export const growthTable = {
  criterion: { words: 'What a split lowers', range: { kind: 'choice', choices: ['gini', 'entropy'] }, default: 'gini' },
  maxDepth: {
    words: 'Most questions on the way to a leaf',
    range: { kind: 'integer', least: 1, orNull: true },
    default: null,
  },
  minSamplesSplit: {
    words: 'Fewest training rows of a node that is split',
    range: { kind: 'integer', least: 2 },
    default: 2,
  },
  minSamplesLeaf: { words: 'Fewest training rows of a leaf', range: { kind: 'integer', least: 1 }, default: 1 },
  maxLeafNodes: {
    words: 'Most leaves; the best splits are made first',
    range: { kind: 'integer', least: 2, orNull: true },
    default: null,
  },
  minImpurityDecrease: {
    words: 'Least that a split has to lower the impurity by',
    range: { kind: 'number', least: 0 },
    default: 0,
  },
} as const satisfies { [Name in keyof GrowthParameters]: ParameterRow<GrowthParameters[Name]> };

export const defaultGrowth: GrowthParameters = defaultsOfTable<GrowthParameters>(growthTable);

/** The default of each row. */
export function defaultsOfTable<Parameters>(
  table: {
    readonly [Name in keyof Parameters]: ParameterRow<Parameters[Name]>;
  },
): Parameters {
  const entries = Object.entries<ParameterRow<unknown>>(table);
  return Object.fromEntries(entries.map(([name, row]) => [name, row.default])) as Parameters;
}

export function limitsOf(parameters: GrowthParameters): Limits {
  return {
    maxDepth: parameters.maxDepth ?? Number.POSITIVE_INFINITY,
    minSamplesSplit: parameters.minSamplesSplit,
    minSamplesLeaf: parameters.minSamplesLeaf,
    maxLeafNodes: parameters.maxLeafNodes ?? Number.POSITIVE_INFINITY,
    minImpurityDecrease: parameters.minImpurityDecrease,
  };
}

/** @throws UsageError for a parameter out of its range: its name, what was expected, what was found */
export function checkGrowth(parameters: GrowthParameters): void {
  for (const [name, { range }] of Object.entries<ParameterRow<unknown>>(growthTable)) {
    expectInRange(name, range, parameters[name as keyof GrowthParameters]);
  }
}

/** @throws UsageError for a value out of its range: its name, what was expected, what was found */
export function expectInRange(name: string, range: ParameterRange, value: unknown): void {
  if (range.kind === 'choice') {
    expectThat(name, range.choices.includes(value as string), range.choices.join(' or '), value);
  } else if (range.kind === 'integer') {
    if (range.orNull && value === null) return;
    const fits = Number.isSafeInteger(value) && (value as number) >= range.least;
    expectThat(name, fits, `a whole number of at least ${range.least}`, value);
  } else {
    const { below = Number.POSITIVE_INFINITY, least } = range;
    const expected =
      range.below === undefined
        ? `a finite number of at least ${least}`
        : `a number of at least ${least} and below ${below}`;
    expectThat(name, typeof value === 'number' && value >= least && value < below, expected, value);
  }
}

/** @throws UsageError */
export function expectThat(name: string, holds: boolean, expected: string, found: unknown): void {
  if (!holds) throw badOption(name, expected, found);
}
