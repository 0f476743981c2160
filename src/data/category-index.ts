import { parseNumber } from './cells.js';

/** The index of a category, or a class, by its text; undefined where there is none. */
export type CategoryFinder = (text: string) => number | undefined;

/**
 * Finds categories by their very text; else a number is the category of its value, if only one has it: `3.0` is `3`.
 * Why: docs/decisions/categories-match-by-value.md
 */
export function categoryFinder(categories: readonly string[]): CategoryFinder {
  const byText = new Map(categories.map((category, index) => [category, index]));
  let byValue: ReadonlyMap<number, number> | undefined;
  return (text) => {
    const found = byText.get(text);
    if (found !== undefined) return found;
    const value = parseNumber(text);
    if (value === undefined) return undefined;
    byValue ??= categoriesByValue(categories);
    return byValue.get(value);
  };
}

/** Those that are numbers, each of a value of its own: one that a double holds exactly, if it is a whole number. */
export function categoriesByValue(categories: readonly string[]): ReadonlyMap<number, number> {
  const indices = new Map<number, number>();
  const shared = new Set<number>();
  for (const [index, category] of categories.entries()) {
    const value = parseNumber(category);
    if (value === undefined || Math.abs(value) > Number.MAX_SAFE_INTEGER) continue;
    if (indices.has(value)) shared.add(value);
    indices.set(value, index);
  }
  for (const value of shared) indices.delete(value);
  return indices;
}
