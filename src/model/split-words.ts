import type { Tree } from '../tree/tree.js';
import type { Predicting } from './model.js';
import { type Split, splitAt } from './split.js';

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
  if (onlyMissing(split, 'left')) return { question: `${name} is missing`, left: 'missing', right: right };
  if (onlyMissing(split, 'right')) return { question: `${name} in {${left}}`, left, right: 'missing' };
  return { question: `${name} in {${left}}`, ...withMissing(split, left || 'no category', right || 'no category') };
}

/** In ASCII and with the feature's name, for a text: `petal_length <= 2.45` and `petal_length > 2.45`. */
export function branchWords(tree: Tree, model: Named, node: number): { readonly left: string; readonly right: string } {
  const split = splitAt(tree, model, node);
  const { name } = split.feature;
  if (split.asks === 'value') return { left: `${name} has a value`, right: `${name} is missing` };
  if (split.asks === 'threshold') return withMissing(split, `${name} <= ${split.text}`, `${name} > ${split.text}`);
  const [left, right] = [`${name} in {${split.left.join(', ')}}`, `${name} in {${split.right.join(', ')}}`];
  if (onlyMissing(split, 'left')) return { left: `${name} is missing`, right };
  if (onlyMissing(split, 'right')) return { left, right: `${name} is missing` };
  return withMissing(split, left, right);
}

/** Whether a side of a split by categories takes none that is known, but those that are missing. */
function onlyMissing(split: Extract<Split, { asks: 'category' }>, side: 'left' | 'right'): boolean {
  return split.missing === side && split[side].length === 0;
}

/** The side that missing values take says so. */
function withMissing({ missing }: Split, left: string, right: string): { left: string; right: string } {
  return {
    left: missing === 'left' ? `${left} or missing` : left,
    right: missing === 'right' ? `${right} or missing` : right,
  };
}
