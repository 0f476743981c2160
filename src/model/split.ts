import type { Tree } from '../tree/tree.js';
import type { Feature, Predicting } from './model.js';
import { thresholdText } from './threshold-text.js';

/** The test of a split, and what goes to each side. */
export type Split = {
  readonly feature: Feature;
  /** Where a missing value goes; null where the feature has none. */
  readonly missing: 'left' | 'right' | null;
} /** `text` is the threshold as it is shown. */ & (
  | { readonly asks: 'threshold'; readonly threshold: number; readonly text: string }
  /** Only whether there is a value: missing values go right. */
  | { readonly asks: 'value' }
  | { readonly asks: 'category'; readonly left: readonly string[]; readonly right: readonly string[] }
);

export function splitAt(
  tree: Tree,
  { features, provenance }: Pick<Predicting, 'features' | 'provenance'>,
  node: number,
): Split {
  const index = tree.feature[node];
  const feature = features[index];
  const missingLeft = tree.missingLeft[node] === 1;
  const missing = feature.missing ? (missingLeft ? 'left' : 'right') : null;
  if (feature.kind === 'category') {
    const set = new Set(tree.categories?.[node]);
    const side = (left: boolean) => feature.categories.filter((_, index) => set.has(index) === left);
    return { feature, missing, asks: 'category', left: side(true), right: side(false) };
  }
  const threshold = tree.threshold[node];
  if (threshold === Number.MAX_VALUE && !missingLeft) return { feature, missing, asks: 'value' };
  const text = thresholdText(threshold, provenance?.decimals?.[index] ?? null);
  return { feature, missing, asks: 'threshold', threshold, text };
}
