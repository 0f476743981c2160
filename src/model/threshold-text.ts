import type { ModelParts } from './model.js';

/** Digits that every double keeps when it is written and read again. */
const SAFE_DIGITS = 15;
/** All of a threshold's digits: more decimals are not counted. */
export const ALL_DECIMALS = 100;
/** Midpoints of values with up to two decimals are shown exactly, whatever lies between the values. */
const LEAST_DECIMALS = 3;

/**
 * Decimals with which every threshold of a feature, rounded, still separates the training values beside it.
 * Why: docs/decisions/thresholds-for-people.md
 *
 * @param smallestGap between the two training values beside a threshold
 */
export function decimalsFor(smallestGap: number): number {
  if (smallestGap === Number.POSITIVE_INFINITY) return LEAST_DECIMALS;
  // A unit of the last digit is at most half a gap. The exponent is exact, unlike a logarithm.
  const exponent = smallestGap / 2 > 0 ? exponentOf(smallestGap / 2) : -ALL_DECIMALS;
  return Math.min(Math.max(-exponent, LEAST_DECIMALS), ALL_DECIMALS);
}

/**
 * A threshold as people read it: 17.45, not 17.450000000000003.
 *
 * @param decimals as the model records them; null where it does not: then 15 digits, which separate all values that
 * differ in their first 14
 */
export function thresholdText(threshold: number, decimals: number | null): string {
  if (decimals === null) return String(Number(threshold.toPrecision(SAFE_DIGITS)));
  // More digits than are safe may be rounded to another double.
  if (decimals >= ALL_DECIMALS || exponentOf(threshold) + 1 + decimals > SAFE_DIGITS) return String(threshold);
  return String(Number(threshold.toFixed(decimals)) + 0);
}

/** Of the power of ten at the first digit; 0 for 0. */
function exponentOf(value: number): number {
  return Number(value.toExponential().split('e')[1]);
}

/** The model with all digits of its thresholds shown. */
export function withAllDecimals<Model extends ModelParts>(model: Model): Model {
  const decimals = model.features.map(({ kind }) => (kind === 'number' ? ALL_DECIMALS : null));
  return { ...model, provenance: { ...model.provenance, decimals } };
}
