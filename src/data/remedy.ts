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

/** Both, where lists are joined; where they differ in a sign the second counts. */
export function joinRemedies<Options extends Remedy>(first: Options, second: Remedy): Options {
  return {
    ...first,
    ...second,
    ...joinedNames('categorical', first, second),
    ...joinedNames('ignore', first, second),
    ...(first.dates && second.dates && { dates: { ...first.dates, ...second.dates } }),
  };
}

function joinedNames(option: 'categorical' | 'ignore', first: Remedy, second: Remedy): Remedy {
  const names = new Set([...(first[option] ?? []), ...(second[option] ?? [])]);
  return names.size === 0 ? {} : { [option]: [...names] };
}
