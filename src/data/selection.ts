import { type Advice, badOption, DataError } from '../ground/errors.js';
import { nameInWords, namesInWords, quote } from '../ground/quote.js';
import { nearest } from '../ground/suggestion.js';
import { dateOfPart, type ModelColumn } from './date-cells.js';
import type { HoldoutColumn } from './holdout-column.js';
import type { ReadOptions, Schema } from './schema.js';

/** Which columns are used. Indices into those that a model sees. */
export interface Selection {
  readonly features: readonly number[];
  readonly target: number;
  /** The column that says which rows are held out. */
  readonly holdout?: number | undefined;
}

/** Column names that a message lists before it stops. */
const LISTED = 20;

/**
 * Chooses the columns to learn from.
 * @throws DataError for a name that the table does not have, or that is asked to be two things
 */
export function selectColumns(source: string, columns: readonly ModelColumn[], options: ReadOptions): Selection {
  const names = columns.map(({ name }) => name);
  const ignored = new Set((options.ignore ?? []).map((name) => findAsked(source, names, 'ignored column', name)));
  const categorical = (options.categorical ?? []).map((name) => findAsked(source, names, 'categorical column', name));
  const asked = holdoutColumnOf(options);
  const holdout = asked && findAsked(source, names, 'hold-out column', asked.column);
  const target =
    options.target === undefined
      ? columns.findLastIndex(({ date }, column) => date === undefined && !ignored.has(column) && column !== holdout)
      : findAsked(source, names, 'target', options.target);
  const features =
    options.features?.map((name) => findAsked(source, names, 'feature', name)) ??
    [...names.keys()].filter((column) => column !== target && column !== holdout && !ignored.has(column));
  refuseConflicts(source, columns, { features, target, holdout }, ignored, categorical);
  return { features, target, holdout };
}

/** The column that options ask to hold rows out by. @throws UsageError for two of them */
export function holdoutColumnOf({ holdoutColumn, holdoutKey }: ReadOptions): HoldoutColumn | undefined {
  if (holdoutKey !== undefined && holdoutColumn !== undefined) {
    throw badOption('holdoutColumn', 'none beside a key', holdoutColumn, { found: quote(holdoutColumn) });
  }
  if (holdoutKey !== undefined) return { rule: 'md5-key/1', column: holdoutKey };
  return holdoutColumn === undefined ? undefined : { rule: 'holdout-column/1', column: holdoutColumn };
}

/** Finds a model's columns by name. @throws DataError for one that the table does not have */
export function matchColumns(source: string, columns: readonly ModelColumn[], schema: Schema): Selection {
  const names = columns.map(({ name }) => name);
  const columnOf = new Map(names.map((name, column) => [name, column]));
  const features = schema.features.map(({ name }) => columnOf.get(name) ?? find(source, names, 'feature', name));
  const holdout = schema.holdoutBy === undefined ? undefined : columnOf.get(schema.holdoutBy.column);
  if (schema.target !== undefined) return { features, target: find(source, names, 'target', schema.target), holdout };
  const used = new Set(features);
  const target = columns.findLastIndex(({ date }, column) => date === undefined && !used.has(column));
  if (target < 0)
    throw new DataError('columns', `${source}: expected a column beside the features, the target, found none`);
  return { features, target, holdout };
}

/**
 * The index of the column `name`, which is asked for as `role`.
 * @throws DataError, which says how it is made where it can be made of a date
 */
export function find(source: string, names: readonly string[], role: string, name: string): number {
  const index = names.indexOf(name);
  if (index !== -1) return index;
  const date = dateOfPart(name);
  throw noSuchColumn(source, names, role, name, { advice: names.includes(date ?? '') ? madeOf(date!) : undefined });
}

function madeOf(date: string): Advice {
  const dayFirst = { option: 'dates', value: { [date]: 'dmy' }, effect: 'where the day comes first' };
  return { option: 'dates', value: [date], effect: 'makes it of the dates there', or: dayFirst };
}

/** As `find`, for a name that a person typed: it may be misspelt. @throws DataError */
export function findAsked(source: string, names: readonly string[], role: string, name: string): number {
  const index = names.indexOf(name);
  if (index !== -1) return index;
  const meant = nearest(name, names);
  const hint = meant === undefined ? '' : `; did you mean ${nameInWords(meant)}?`;
  throw noSuchColumn(source, names, role, name, { hint });
}

function noSuchColumn(
  source: string,
  names: readonly string[],
  role: string,
  name: string,
  { advice, hint = '' }: { readonly advice?: Advice | undefined; readonly hint?: string },
): DataError {
  const found = `found the columns ${namesInWords(names, LISTED)}${hint}`;
  return new DataError('columns', `${source}: expected the ${role} ${quote(name)}, ${found}`, { advice });
}

function refuseConflicts(
  source: string,
  columns: readonly ModelColumn[],
  { features, holdout, target }: Selection,
  ignored: ReadonlySet<number>,
  categorical: readonly number[],
): void {
  const refuse = (column: number, roles: string): never => {
    throw new DataError(
      'columns',
      `${source}: ${nameInWords(columns[column]!.name)}: expected one use of a column, found it as ${roles}`,
    );
  };
  for (const column of categorical) if (columns[column]!.date !== undefined) refuse(column, 'a date and categorical');
  if (columns[target]?.date !== undefined) refuse(target, 'the target and a date');
  if (target === holdout) refuse(target, 'the target and what rows are held out by');
  if (ignored.has(target)) refuse(target, 'the target and ignored');
  const used = new Set<number>();
  for (const column of features) {
    if (column === holdout) refuse(column, 'a feature and what rows are held out by');
    if (column === target) refuse(column, 'the target and a feature');
    if (ignored.has(column)) refuse(column, 'a feature and ignored');
    if (used.has(column)) refuse(column, 'a feature twice');
    used.add(column);
  }
  if (features.length === 0)
    throw new DataError('columns', `${source}: expected at least one feature column, found none`);
}
