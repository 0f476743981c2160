import { nameInWords, namesInWords, quote } from '../ground/quote.js';
import type { Dataset, FeatureColumn } from './dataset.js';
import { tellsClass } from './telling-column.js';

/** Numbers that count rows lie within this many times as many, even where most rows were taken out. */
const COUNTED_WITHIN = 10;

/** What is looked at of a column. */
type IdColumn = Pick<FeatureColumn, 'kind' | 'values'> & { readonly categories?: readonly string[] };

/** Names that a message lists before it stops. */
const LISTED = 5;

/** What a person should know of a table before training on it. @param dates columns of dates, which are no ids */
export function datasetWarnings(table: Omit<Dataset, 'warnings'>, dates: ReadonlySet<string> = new Set()): string[] {
  const { source, target, features, rowCount } = table;
  const ids = features.filter((feature) => !dates.has(feature.name) && isIdLike(feature));
  const telling = features.filter((feature) => tellsClass(feature, table));
  return [
    ...warningOf(source, ids, [
      'it has a different value in every row and looks like an id; it can be ignored',
      'they have a different value in every row and look like ids; they can be ignored',
    ]),
    ...warningOf(source, telling, [
      'it alone tells the class of every row: is it known before the class is?',
      'each of them alone tells the class of every row: are they known before the class is?',
    ]),
    ...(table.classes.length === rowCount
      ? [`${source}: ${nameInWords(target)}: it has as many classes as rows and looks like a number or an id`]
      : rareClasses(table)),
  ];
}

/** One line, however many columns it is about. */
function warningOf(
  source: string,
  columns: readonly FeatureColumn[],
  [one, several]: readonly [string, string],
): string[] {
  if (columns.length === 0) return [];
  const names = namesInWords(
    columns.map(({ name }) => name),
    LISTED,
  );
  return [`${source}: ${names}: ${columns.length === 1 ? one : several}`];
}

/** Text or whole numbers, none missing, none twice. */
function isIdLike(column: IdColumn): boolean {
  const { values } = column;
  if (column.kind === 'category') return column.categories?.length === values.length;
  const seen = new Set<number>();
  for (const value of values) {
    if (!Number.isInteger(value) || seen.has(value)) return false;
    seen.add(value);
  }
  return true;
}

/** An id that had better be left out: text, or numbers that count something, not values that happen to be different. */
export function isId(column: IdColumn): boolean {
  if (!isIdLike(column)) return false;
  if (column.kind === 'category') return true;
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of column.values) [least, most] = [Math.min(least, value), Math.max(most, value)];
  return most - least < COUNTED_WITHIN * column.values.length;
}

function rareClasses({ source, target, classes, labels }: Omit<Dataset, 'warnings'>): string[] {
  const counts = new Uint32Array(classes.length);
  for (let row = 0; row < labels.length; row++) counts[labels[row]!]!++;
  const rare = classes.filter((_, index) => counts[index] === 1).map(quote);
  if (rare.length === 0) return [];
  if (rare.length === 1)
    return [`${source}: ${nameInWords(target)}: the class ${rare[0]} has only one row: it is trained whole`];
  const listed = rare.slice(0, LISTED).join(', ') + (rare.length > LISTED ? ', …' : '');
  return [
    `${source}: ${nameInWords(target)}: ${rare.length} classes have only one row each and are trained whole: ${listed}`,
  ];
}
