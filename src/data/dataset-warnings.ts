import { nameInWords, quote } from '../ground/quote.js';
import type { Dataset, FeatureColumn } from './dataset.js';

/** Names that a message lists before it stops. */
const LISTED = 5;

/** What a person should know of a table before training on it. */
export function datasetWarnings(table: Omit<Dataset, 'warnings'>): string[] {
  const { source, target, features, rowCount } = table;
  const ids = features.filter(isIdLike);
  const warnings = ids.slice(0, LISTED).map(({ name }) => {
    return `${source}: ${nameInWords(name)}: it has a different value in every row and looks like an id; it can be ignored`;
  });
  const more = ids.length - LISTED;
  if (more > 0) warnings.push(`${source}: ${more} more columns have a different value in every row and look like ids`);
  if (table.classes.length === rowCount) {
    warnings.push(`${source}: ${nameInWords(target)}: it has as many classes as rows and looks like a number or an id`);
  } else {
    warnings.push(...rareClasses(table));
  }
  return warnings;
}

/** Text or whole numbers, none missing, none twice. */
function isIdLike(column: FeatureColumn): boolean {
  const { values } = column;
  if (column.kind === 'category') return column.categories.length === values.length;
  const seen = new Set<number>();
  for (const value of values) {
    if (!Number.isInteger(value) || seen.has(value)) return false;
    seen.add(value);
  }
  return true;
}

function rareClasses({ source, target, classes, labels }: Omit<Dataset, 'warnings'>): string[] {
  const counts = new Uint32Array(classes.length);
  for (const label of labels) counts[label]!++;
  const rare = classes.filter((_, index) => counts[index] === 1).map(quote);
  if (rare.length === 0) return [];
  if (rare.length === 1)
    return [`${source}: ${nameInWords(target)}: the class ${rare[0]} has only one row: it is trained whole`];
  const listed = rare.slice(0, LISTED).join(', ') + (rare.length > LISTED ? ', …' : '');
  return [
    `${source}: ${nameInWords(target)}: ${rare.length} classes have only one row each and are trained whole: ${listed}`,
  ];
}
