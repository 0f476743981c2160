/**
 * Scans a column of categories for a set that goes left. With two classes the best set is a prefix of the categories
 * in the order of their share of the second class (Breiman et al. 1984, theorem 4.5). With more, that order is tried
 * for every class.
 */
import { offerCounts, type Search } from './search.js';

/** The categories that a node has, ascending, and their rows. */
interface Groups {
  readonly codes: number[];
  /** `counts[group][class]`. */
  readonly counts: Float64Array[];
  readonly rows: number[];
}

/**
 * Tries prefixes of the orders of the categories in [start, to). With missing values on the right all categories are a
 * candidate too. `search.left` holds the classes of the missing ones that go left. It is used up.
 * Why: docs/decisions/left-categories-are-all-listed.md
 */
export function scanCategories(search: Search, start: number, to: number): void {
  const { classCount } = search.table;
  const groups = readGroups(search, start, to);
  const before = search.left.slice();
  const missingRows = before.reduce((sum, rows) => sum + rows, 0);
  for (let target = classCount === 2 ? 1 : 0; target < classCount; target++) {
    const order = orderByShare(groups, target);
    let leftRows = missingRows;
    search.left.set(before);
    order.forEach((group, last) => {
      const counts = groups.counts[group];
      for (let c = 0; c < classCount; c++) search.left[c] += counts[c];
      leftRows += groups.rows[group];
      if (!offerCounts(search, 0, leftRows)) return;
      const chosen = order.slice(0, last + 1).map((g) => groups.codes[g]);
      search.best.categories = chosen.sort((a, b) => a - b);
    });
  }
}

function readGroups({ table, feature }: Search, start: number, to: number): Groups {
  const { entries, classMask, rowShift, tagBits, classCount } = table;
  const codes = table.codes[feature]!;
  const groups: Groups = { codes: [], counts: [], rows: [] };
  let last = -1;
  for (let i = start; i < to; i++) {
    const entry = entries[i];
    const code = codes[entry >>> rowShift];
    if (code !== groups.codes[last]) {
      last = groups.codes.push(code) - 1;
      groups.counts.push(new Float64Array(classCount));
      groups.rows.push(0);
    }
    groups.counts[last][(entry >>> tagBits) & classMask]++;
    groups.rows[last]++;
  }
  return groups;
}

/** Groups by ascending share of the class among their rows, which integers below 2^53 compare exactly. */
function orderByShare({ counts, rows }: Groups, target: number): number[] {
  const order = rows.map((_, group) => group);
  return order.sort((a, b) => counts[a][target] * rows[b] - counts[b][target] * rows[a] || a - b);
}
