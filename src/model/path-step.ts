import { shownName } from '../ground/quote.js';
import { thresholdText } from './threshold-text.js';

interface Decision {
  readonly feature: string;
  /** A number, the name of a category, null where the value is missing. */
  readonly value: number | string | null;
  readonly wentLeft: boolean;
  /** Training rows that reached this test. */
  readonly samples: number;
}

/** One test on the path to the leaf: left when the value is at most the threshold, or one of the categories. */
export type BareStep = Decision & ({ readonly threshold: number } | { readonly categories: readonly string[] });

/** A test with its words: see `stepWords`. */
export type PathStep = BareStep & { readonly words: string };

/** Categories that a step lists. */
const MOST_CATEGORIES = 12;

/**
 * A step of a path, for people, with names as they are shown: `petal_length 1.3 <= 2.45`, `color in {blue, red}: blue`,
 * `age has a value: 5`, `age missing: goes left`.
 *
 * @param threshold how it is shown, where the value lies on the same side of that: by default with 15 digits
 */
export function stepWords(step: BareStep, threshold?: string): string {
  const { value, wentLeft } = step;
  const feature = shownName(step.feature);
  const shown = typeof value === 'string' ? shownName(value) : value;
  if ('threshold' in step && step.threshold === Number.MAX_VALUE) {
    if (value !== null) return `${feature} has a value: ${shown}`;
    if (!wentLeft) return `${feature} is missing`;
  }
  if (value === null) return `${feature} missing: goes ${wentLeft ? 'left' : 'right'}`;
  if ('categories' in step && step.categories.length === 0) return `${feature} has a value: ${shown}`;
  if ('categories' in step) return `${feature} ${wentLeft ? 'in' : 'not in'} {${listed(step.categories)}}: ${shown}`;
  const short = threshold ?? thresholdText(step.threshold, null);
  // A value between the short threshold and the exact one would contradict the words: 17.425 > 17.425.
  const text = Number(value) <= Number(short) === wentLeft ? short : String(step.threshold);
  return `${feature} ${shown} ${wentLeft ? '<=' : '>'} ${text}`;
}

function listed(categories: readonly string[]): string {
  const names = categories.slice(0, MOST_CATEGORIES).map(shownName);
  if (categories.length > MOST_CATEGORIES) names.push(`… ${categories.length - MOST_CATEGORIES} more`);
  return names.join(', ');
}
