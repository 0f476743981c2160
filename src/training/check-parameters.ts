import { UsageError } from '../errors.js';
import type { TrainingParameters } from './parameters.js';

/** @throws UsageError for a parameter out of its range: its name, what was expected, what was found */
export function checkParameters(parameters: TrainingParameters): void {
  const { classWeight, engine, criterion } = parameters;
  expectOneOf('engine', engine, ['cart', 'ml-cart']);
  expectOneOf('criterion', criterion, ['gini', 'entropy']);
  if (parameters.maxDepth !== null) expectInteger('maxDepth', parameters.maxDepth, 1);
  expectInteger('minSamplesSplit', parameters.minSamplesSplit, 2);
  expectInteger('minSamplesLeaf', parameters.minSamplesLeaf, 1);
  if (parameters.maxLeafNodes !== null) expectInteger('maxLeafNodes', parameters.maxLeafNodes, 2);
  expectNotNegative('minImpurityDecrease', parameters.minImpurityDecrease);
  if (parameters.ccpAlpha !== 'auto') expectNotNegative('ccpAlpha', parameters.ccpAlpha);
  expectInteger('seed', parameters.seed, 0);
  const { holdout } = parameters;
  expect('holdout', holdout >= 0 && holdout < 1, 'a share of at least 0 and below 1', holdout);
  if (classWeight instanceof Map) {
    for (const [label, weight] of classWeight) {
      expect(`classWeight of ${label}`, weight > 0 && Number.isFinite(weight), 'a finite number above 0', weight);
    }
  } else if (classWeight !== null) expectOneOf('classWeight', classWeight, ['balanced']);
}

function expectInteger(name: string, value: number, least: number): void {
  expect(name, Number.isSafeInteger(value) && value >= least, `a whole number of at least ${least}`, value);
}

function expectNotNegative(name: string, value: number): void {
  expect(name, Number.isFinite(value) && value >= 0, 'a finite number of at least 0', value);
}

function expectOneOf(name: string, value: unknown, names: readonly string[]): void {
  expect(name, names.includes(value as string), names.join(' or '), value);
}

function expect(name: string, holds: boolean, expected: string, found: unknown): void {
  if (!holds) throw new UsageError(`${name}: expected ${expected}, found ${String(found)}`);
}
