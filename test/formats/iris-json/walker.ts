import type { Document } from './document.js';

/** Where a row ends, read off the JSON by the words of the format alone; null is a missing value. */
export function walk(document: Document, input: readonly (number | null)[]): { leaf: number; class: number } {
  const { categories, counts, feature, left, missingLeft, right, threshold } = document.tree;
  let leaf = 0;
  while (left[leaf] !== -1) {
    const value = input[feature[leaf]] ?? null;
    const isCategory = document.features[feature[leaf]].kind === 'category';
    const goesLeft =
      value === null
        ? missingLeft[leaf] === 1
        : isCategory
          ? categories[leaf].includes(value)
          : value <= threshold[leaf];
    leaf = goesLeft ? left[leaf] : right[leaf];
  }
  const weights = counts[leaf].map((count: number, k: number) => count * (document.training.classWeight?.[k] ?? 1));
  return { leaf, class: weights.indexOf(Math.max(...weights)) };
}
