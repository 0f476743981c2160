import { compareCodePoints } from './cells.js';

/** The name of the category that stands for the rare ones, where no cell has it. */
const OTHER = 'other';

export interface PooledCategories {
  /** By code point. */
  readonly categories: readonly string[];
  /** `rank[index]`: what the category with this index has become, an index into `categories`. */
  readonly rank: readonly number[];
  /** The category of the rare ones; undefined where none had to be pooled. */
  readonly other?: string;
}

/**
 * Orders categories, and makes one of the rarest where there are too many: the most frequent ones stay, and of equally
 * frequent ones the first by code point.
 *
 * @param seen categories in any order
 * @param values indices into them, per row; NaN where missing
 * @param most categories that may be left, the pooled one among them; at least 2
 */
export function poolCategories(seen: readonly string[], values: Float64Array, most: number): PooledCategories {
  if (seen.length <= most) return ranked(seen, [...seen].sort(compareCodePoints));
  const counts = new Uint32Array(seen.length);
  for (const index of values) if (!Number.isNaN(index)) counts[index]!++;
  const byFrequency = [...seen.keys()].sort((a, b) => counts[b]! - counts[a]! || compareCodePoints(seen[a]!, seen[b]!));
  const kept = byFrequency.slice(0, most - 1).map((index) => seen[index]!);
  const other = unusedName(new Set(seen));
  return { ...ranked(seen, [...kept, other].sort(compareCodePoints), other), other };
}

function ranked(seen: readonly string[], categories: readonly string[], other?: string): PooledCategories {
  const rankOf = new Map(categories.map((category, rank) => [category, rank]));
  const rest = other === undefined ? undefined : rankOf.get(other);
  return { categories, rank: seen.map((category) => rankOf.get(category) ?? rest!) };
}

function unusedName(used: ReadonlySet<string>): string {
  let name = OTHER;
  for (let n = 2; used.has(name); n++) name = `${OTHER} ${n}`;
  return name;
}
