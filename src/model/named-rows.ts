import { categoryFinder } from '../data/category-index.js';
import { parseNumber } from '../data/cells.js';
import { UsageError } from '../ground/errors.js';
import { UNKNOWN_CATEGORY } from '../ground/limits.js';
import { nameInWords, shownValue } from '../ground/quote.js';
import { absentFeature, unknownFeature } from './feature-names.js';
import { type CategoryFeature, type Feature, unseenCategory } from './model.js';

/** A number, or its text; the text of a category, or the number that it is; null, undefined, NaN or '' where missing. */
export type NamedValue = number | string | null | undefined;

/** One value per feature, by name. */
export type NamedRow<Row> = { readonly [Name in keyof Row]: NamedValue };

/** Rows as a classifier takes them. */
export interface EncodedRows {
  /** Row-major: one value per feature, in the model's order. */
  readonly values: Float64Array;
  /** Per row, the names of the features whose category the model does not know. */
  readonly unknown: readonly (readonly string[])[];
}

/**
 * @returns what encodes rows; `placeOf` begins the message about a row
 * @throws UsageError for a name that no feature has, a feature without a value, a value of another kind
 */
export function namedRowEncoder(
  features: readonly Feature[],
): (rows: readonly object[], placeOf: (row: number) => string) => EncodedRows {
  const names = features.map(({ name }) => name);
  const known = new Set(names);
  const columns = features.map((feature) => ({ name: feature.name, read: valueReader(feature) }));
  return (rows, placeOf) => {
    const values = new Float64Array(rows.length * columns.length);
    const unknown = rows.map((row, index) => {
      const unseen: string[] = [];
      const refuse = (message: string) => new UsageError(`${placeOf(index)}${message}`);
      requireRow(row, refuse);
      const odd = Object.keys(row).find((name) => !known.has(name));
      if (odd !== undefined) throw refuse(unknownFeature(odd, names));
      for (const [column, { name, read }] of columns.entries()) {
        if (!Object.hasOwn(row, name)) throw refuse(absentFeature(name, 'null'));
        const value = read(row[name as keyof typeof row], refuse);
        if (value === undefined) unseen.push(name);
        values[index * columns.length + column] = value ?? UNKNOWN_CATEGORY;
      }
      return unseen;
    });
    return { values, unknown };
  };
}

type Refuse = (message: string) => UsageError;

function requireRow(row: unknown, refuse: Refuse): asserts row is object {
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return;
  throw refuse(`expected a row as an object, one value per name of a feature, found ${shownValue(row)}`);
}

/**
 * @returns what reads a value: NaN where it is missing, undefined for a category that the model does not know, unless one
 *   of its categories stands for all others
 */
function valueReader(feature: Feature): (value: unknown, refuse: Refuse) => number | undefined {
  const read = feature.kind === 'number' ? readNumber : categoryReader(feature);
  return (value, refuse) => {
    if (isMissing(value)) return Number.NaN;
    return read(value, (expected) =>
      refuse(`${nameInWords(feature.name)}: expected ${expected}, found ${shownValue(value)}`),
    );
  };
}

function isMissing(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '';
  return value === null || value === undefined || Number.isNaN(value);
}

function readNumber(value: unknown, refuse: (expected: string) => UsageError): number {
  const number = typeof value === 'string' ? parseNumber(value) : value;
  if (typeof number !== 'number') throw refuse('a number');
  return number;
}

function categoryReader(feature: CategoryFeature) {
  const find = categoryFinder(feature.categories);
  const unseen = unseenCategory(feature);
  const other = unseen === UNKNOWN_CATEGORY ? undefined : unseen;
  return (value: unknown, refuse: (expected: string) => UsageError) => {
    if (typeof value !== 'string' && typeof value !== 'number') throw refuse('the text of a category');
    return find(String(value).trim()) ?? other;
  };
}
