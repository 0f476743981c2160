/** What bounds a tree, as options of the library and the command line give it. Names are scikit-learn's in camel case. */
import { UsageError } from '../../ground/errors.js';
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

/** scikit-learn's. */
export const defaultGrowth: GrowthParameters = {
  criterion: 'gini',
  maxDepth: null,
  minSamplesSplit: 2,
  minSamplesLeaf: 1,
  maxLeafNodes: null,
  minImpurityDecrease: 0,
};

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
  expectOneOf('criterion', parameters.criterion, ['gini', 'entropy']);
  if (parameters.maxDepth !== null) expectInteger('maxDepth', parameters.maxDepth, 1);
  expectInteger('minSamplesSplit', parameters.minSamplesSplit, 2);
  expectInteger('minSamplesLeaf', parameters.minSamplesLeaf, 1);
  if (parameters.maxLeafNodes !== null) expectInteger('maxLeafNodes', parameters.maxLeafNodes, 2);
  expectNotNegative('minImpurityDecrease', parameters.minImpurityDecrease);
}

/** @throws UsageError for a name that is none of `known`: a misspelt parameter would be ignored */
export function expectKnown(given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`${unknown}: expected a parameter that there is (${known.join(', ')}), found another`);
  }
}

export function expectInteger(name: string, value: number, least: number): void {
  expectThat(name, Number.isSafeInteger(value) && value >= least, `a whole number of at least ${least}`, value);
}

export function expectNotNegative(name: string, value: number): void {
  expectThat(name, Number.isFinite(value) && value >= 0, 'a finite number of at least 0', value);
}

export function expectOneOf(name: string, value: unknown, names: readonly string[]): void {
  expectThat(name, names.includes(value as string), names.join(' or '), value);
}

/** @throws UsageError */
export function expectThat(name: string, holds: boolean, expected: string, found: unknown): void {
  if (!holds) throw new UsageError(`${name}: expected ${expected}, found ${String(found)}`);
}
