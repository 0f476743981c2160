import { UNKNOWN_CATEGORY } from '../ground/limits.js';
import type { Feature } from './model.js';

const UNKNOWN_NAME = '(unknown)';

/** A value of a row as an explanation shows it: a number, the name of a category, null where it is missing. */
export function featureValue(feature: Feature, value: number): number | string | null {
  if (Number.isNaN(value)) return null;
  if (feature.kind === 'number') return value;
  return value === UNKNOWN_CATEGORY ? UNKNOWN_NAME : feature.categories[value];
}
