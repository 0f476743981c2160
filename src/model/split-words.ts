import { shownName } from '../ground/quote.js';
import type { Tree } from '../tree/tree.js';
import type { BareStep } from './decision-path.js';
import type { Predicting } from './model.js';
import { type Split, splitAt } from './split.js';
import { thresholdText } from './threshold-text.js';

/** The test of a split, in words. */
export interface SplitWords {
  /** Yes leads to the left: `petal_width ≤ 0.8`, `color in {blue, red}`. */
  readonly question: string;
  /** What goes left, without the feature's name: `≤ 0.8`, `blue, red or missing`. */
  readonly left: string;
  readonly right: string;
}

type Named = Pick<Predicting, 'features' | 'provenance'>;

/** As short as a drawing needs it. */
export function splitWords(tree: Tree, model: Named, node: number): SplitWords {
  const split = splitAt(tree, model, node);
  const { name } = split.feature;
  if (split.asks === 'value') return { question: `${name} has a value`, left: 'has a value', right: 'missing' };
  if (split.asks === 'threshold') {
    const { text } = split;
    return { question: `${name} ≤ ${text}`, ...withMissing(split, `≤ ${text}`, `> ${text}`) };
  }
  const [left, right] = [split.left.join(', '), split.right.join(', ')];
  return { question: `${name} in {${left}}`, ...withMissing(split, left || 'no category', right || 'no category') };
}

/** In ASCII and with the feature's name, for a text: `petal_length <= 2.45` and `petal_length > 2.45`. */
export function branchWords(tree: Tree, model: Named, node: number): { readonly left: string; readonly right: string } {
  const split = splitAt(tree, model, node);
  const { name } = split.feature;
  if (split.asks === 'value') return { left: `${name} has a value`, right: `${name} is missing` };
  if (split.asks === 'threshold') return withMissing(split, `${name} <= ${split.text}`, `${name} > ${split.text}`);
  return withMissing(split, `${name} in {${split.left.join(', ')}}`, `${name} in {${split.right.join(', ')}}`);
}

/** The side that missing values take says so. */
function withMissing({ missing }: Split, left: string, right: string): { left: string; right: string } {
  return {
    left: missing === 'left' ? `${left} or missing` : left,
    right: missing === 'right' ? `${right} or missing` : right,
  };
}

/** Categories that a step lists. */
const MOST_CATEGORIES = 12;

/**
 * A step of a path, for people, with names as they are shown: `petal_length 1.3 <= 2.45`, `color in {blue, red}: blue`,
 * `age has a value: 5`, `age missing: goes left`.
 *
 * @param threshold how it is shown; by default with 15 digits
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
  if ('categories' in step) return `${feature} ${wentLeft ? 'in' : 'not in'} {${listed(step.categories)}}: ${shown}`;
  return `${feature} ${shown} ${wentLeft ? '<=' : '>'} ${threshold ?? thresholdText(step.threshold, null)}`;
}

function listed(categories: readonly string[]): string {
  const names = categories.slice(0, MOST_CATEGORIES).map(shownName);
  if (categories.length > MOST_CATEGORIES) names.push(`… ${categories.length - MOST_CATEGORIES} more`);
  return names.join(', ');
}
