import type { Feature, Model } from '../model/model.js';
import type { Tree } from '../tree/tree.js';
import { shortNumber } from './charts/text.js';

/** The question of a split, in words. */
export interface SplitWords {
  /** Yes leads to the left: `petal_width ≤ 0.8`, `color in {blue, red}`. */
  readonly question: string;
  /** What goes left, without the feature's name: `≤ 0.8`, `blue, red or missing`. */
  readonly left: string;
  readonly right: string;
}

export function splitWords({ features, tree }: Pick<Model, 'features' | 'tree'>, node: number): SplitWords {
  const feature = features[tree.feature[node]];
  const set = tree.categories === null ? null : tree.categories[node];
  const words = set === null ? thresholdWords(tree.threshold[node]) : categoryWords(feature, set);
  const side = { question: `${feature.name} ${words.question}`, left: words.left, right: words.right };
  if (feature.missing === 0 || isPresenceSplit(tree, node)) return side;
  return tree.missingLeft[node] === 1
    ? { ...side, left: `${side.left} or missing` }
    : { ...side, right: `${side.right} or missing` };
}

/** Whether a split only parts rows that have a value from rows that have none. */
export function isPresenceSplit({ threshold }: Tree, node: number): boolean {
  return threshold[node] === Number.MAX_VALUE;
}

function thresholdWords(threshold: number): SplitWords {
  if (threshold === Number.MAX_VALUE) return { question: 'has a value', left: 'has a value', right: 'missing' };
  const shown = shortNumber(threshold);
  return { question: `≤ ${shown}`, left: `≤ ${shown}`, right: `> ${shown}` };
}

function categoryWords(feature: Feature, set: readonly number[]): SplitWords {
  const names = feature.kind === 'category' ? feature.categories : [];
  const inSet = new Set(set);
  const left = names.filter((_, index) => inSet.has(index)).join(', ');
  const right = names.filter((_, index) => !inSet.has(index)).join(', ');
  return { question: `in {${left}}`, left: left || 'no category', right: right || 'no category' };
}
