import type { ReadOptions } from './schema.js';

/** Options of a reading with which a table can be learnt from. */
export type Remedy = Pick<
  ReadOptions,
  | 'categorical'
  | 'classesFrom'
  | 'dates'
  | 'decimal'
  | 'dropMissingTarget'
  | 'ignore'
  | 'maxCategories'
  | 'thousands'
  | 'units'
>;

/**
 * Both, where lists are joined; where they differ in a sign the second counts. How a column is read does not matter once it
 * is ignored.
 */
export function joinRemedies<Options extends Remedy>(first: Options, second: Remedy): Options {
  const { categorical: _, ignore: __, ...others } = { ...first, ...second };
  const ignore = joined(first.ignore, second.ignore);
  const categorical = joined(first.categorical, second.categorical).filter((name) => !ignore.includes(name));
  return {
    ...(others as Options),
    ...(categorical.length > 0 && { categorical }),
    ...(ignore.length > 0 && { ignore }),
    ...(first.dates && second.dates && { dates: { ...first.dates, ...second.dates } }),
  };
}

function joined(first: readonly string[] = [], second: readonly string[] = []): string[] {
  return [...new Set([...first, ...second])];
}
