import type { Tree } from '../tree/tree.js';
import type { Feature } from './model.js';

/** The test of a split, and what goes to each side. */
export type Split = {
  readonly feature: Feature;
  /** Where a missing value goes; null where the feature has none. */
  readonly missing: 'left' | 'right' | null;
} & (
  | { readonly asks: 'threshold'; readonly threshold: number }
  /** Only whether there is a value: missing values go right. */
  | { readonly asks: 'value' }
  | { readonly asks: 'category'; readonly left: readonly string[]; readonly right: readonly string[] }
);

export function splitAt(tree: Tree, features: readonly Feature[], node: number): Split {
  const feature = features[tree.feature[node]];
  const missingLeft = tree.missingLeft[node] === 1;
  const missing = feature.missing ? (missingLeft ? 'left' : 'right') : null;
  if (feature.kind === 'category') {
    const set = new Set(tree.categories?.[node]);
    const side = (left: boolean) => feature.categories.filter((_, index) => set.has(index) === left);
    return { feature, missing, asks: 'category', left: side(true), right: side(false) };
  }
  const threshold = tree.threshold[node];
  if (threshold === Number.MAX_VALUE && !missingLeft) return { feature, missing, asks: 'value' };
  return { feature, missing, asks: 'threshold', threshold };
}
