import type { BestSplit } from './best-split.js';
import { sum } from './number-bins.js';

/** Rows of each class per category that the node has. */
export type CategoryCounts = ReadonlyMap<number, Float64Array>;

/**
 * Offers the sets of categories that `tree/grow/categories` tries, in its order: for each class the prefixes of the
 * categories by their share of it; of two classes for the second alone.
 * @param missing rows of each class without a value
 */
export function offerSets(best: BestSplit, feature: number, counts: CategoryCounts, missing: Float64Array): void {
  const present = [...counts.keys()].sort((a, b) => a - b);
  const hasMissing = missing.some((count) => count > 0);
  if (present.length === 0 || (present.length === 1 && !hasMissing)) return;
  const rows = new Map([...counts].map(([code, each]) => [code, each.reduce((all, count) => all + count, 0)]));
  let order = 0;
  for (const missingLeft of hasMissing ? [false, true] : [false]) {
    for (const target of targetsOf(best.node)) {
      const shareOf = (code: number) => counts.get(code)![target]! / rows.get(code)!;
      // The sort is stable: equal shares stay in the order of their codes.
      const ordered = [...present].sort((a, b) => shareOf(a) - shareOf(b));
      let left: Float64Array = missingLeft ? missing : new Float64Array(missing.length);
      for (const [last, code] of ordered.entries()) {
        left = sum(left, counts.get(code)!);
        const chosen = ordered.slice(0, last + 1).sort((a, b) => a - b);
        const categories = { left: chosen, present };
        best.offer(left, { feature, missingLeft, lower: 0, upper: 0, categories, order: order++ });
      }
    }
  }
}

/** The classes to order by: those that the node has, and the first other one, which stands for all. */
function targetsOf(node: Float64Array): number[] {
  if (node.length === 2) return [1];
  const absent = node.indexOf(0);
  return [...node.keys()].filter((c) => node[c]! > 0 || c === absent);
}
