import type { InputFeature, PredictionSource } from '../client/prediction.js';
import { type CellParser, cellParser } from '../data/cells.js';
import { columnParser, type Dates, dateOfPart, dateOrdersIn } from '../data/date-cells.js';
import { datesAdvice, modelColumns } from '../data/date-columns.js';
import { cellGrammar, type TableOptions } from '../data/schema.js';
import { UnseenTally } from '../data/unseen.js';
import { type Advice, badOption, UsageError } from '../ground/errors.js';
import { nameInWords, namesInWords, plural, quote } from '../ground/quote.js';
import { nearest } from '../ground/suggestion.js';
import { absentFeature, unknownFeature } from '../model/feature-names.js';
import { encodeRows, type InputBatch } from './prediction-input.js';

/** A value that is given, by the name of its column, and what reads the feature that it is for. */
interface GivenValue {
  readonly column: string;
  readonly cell: string;
  readonly parser: CellParser;
}

/**
 * One row from the command line: values in the order of the features, or all of them as `name=value`. They are read as the
 * cells of a table are, so of the features that are made of a date the date is given, once.
 *
 * @param unseen is told of categories that the model does not know
 * @param written how the values are written
 * @throws UsageError
 */
export function rowFromArguments(
  values: readonly string[],
  source: PredictionSource,
  unseen = new UnseenTally(source.features ?? []),
  written: TableOptions = {},
): InputBatch {
  const features = source.features ?? values.map((_, i) => ({ name: `value ${i + 1}`, kind: 'number' as const }));
  const columns = columnsOf(features, written.dates);
  const cells = isByName(values, columns) ? cellsByName(values, columns, source) : values;
  if (cells.length !== columns.length) throw otherCount(columns, values, source);
  const given = valuesOf(features, columns, cells, written);
  const { bad, rows } = encodeRows(features, [given.map(({ cell }) => cell)], {
    parsers: given.map(({ parser }) => parser),
    unseen,
  });
  for (const { column } of bad) throw badValue(given[column]!);
  return { rows };
}

/**
 * What a row has a value of: each feature, and in place of those that are made of a date the date.
 * @throws UsageError for a date that no feature is made of
 */
function columnsOf(features: readonly InputFeature[], dates: Dates = {}): InputFeature[] {
  const columns = new Map<string, InputFeature>();
  for (const feature of features) {
    const date = dateOfPart(feature.name);
    const name = date !== undefined && Object.hasOwn(dates, date) ? date : feature.name;
    if (!columns.has(name)) columns.set(name, { ...feature, name });
  }
  const unknown = Object.keys(dates).find((name) => !columns.has(name));
  if (unknown === undefined) return [...columns.values()];
  const made = namesInWords([...new Set(madeOfDates(features.map(({ name }) => name)))]);
  const expected = made === '' ? 'none, as no feature is made of a date' : `dates that features are made of (${made})`;
  throw badOption('dates', expected, unknown, { found: quote(unknown) });
}

/** One per feature, read as in a table with these columns. */
function valuesOf(
  features: readonly InputFeature[],
  columns: readonly InputFeature[],
  cells: readonly string[],
  { dates, ...written }: TableOptions,
): GivenValue[] {
  const parser = cellParser(cellGrammar(written));
  const names = columns.map(({ name }) => name);
  const made = new Map(modelColumns('values', names, dates).map((column) => [column.name, column]));
  return features.map(({ name }) => {
    const { date, index } = made.get(name)!;
    return { column: names[index]!, cell: cells[index]!, parser: columnParser(parser, date) };
  });
}

/**
 * Whether values are given by name: where one begins with a known name, or with what may be a mistyped one. Only a
 * category may hold an equals sign and be no name.
 */
function isByName(values: readonly string[], columns: readonly InputFeature[]): boolean {
  if (!values.some((value) => value.includes('='))) return false;
  if (!columns.some(({ kind }) => kind === 'category') || values.length !== columns.length) return true;
  const names = columns.map(({ name }) => name);
  return values.some((value, index) => {
    if (nameOf(value, names) !== undefined) return true;
    const isKnown = columns[index]!.categories?.includes(value.trim()) === true;
    const name = value.split('=')[0]!;
    return name !== value && name.length >= LEAST_NAME && !isKnown && nearest(name, names) !== undefined;
  });
}

/** A letter is near to any other. */
const LEAST_NAME = 2;

/** The longest of the names that a value begins with, an equals sign after it. */
function nameOf(value: string, names: readonly string[]): string | undefined {
  const found = names.filter((name) => value.startsWith(`${name}=`));
  return found.sort((a, b) => b.length - a.length)[0];
}

function cellsByName(
  values: readonly string[],
  columns: readonly InputFeature[],
  { features, named }: PredictionSource,
): string[] {
  if (!named || !features) throw new UsageError('the server names no features: give the values in their order');
  const names = columns.map(({ name }) => name);
  const known = [...names, ...madeOfDates(names)];
  const given = new Map<string, string>();
  for (const value of values) {
    const found = nameOf(value, known);
    const name = found ?? value.split('=')[0]!;
    if (found === undefined) throw new UsageError(noFeature(name, value, names));
    if (given.has(name)) throw new UsageError(`${nameInWords(name)}: expected one value, found two`);
    given.set(name, value.slice(name.length + 1));
  }
  const absent = names.find((name) => !given.has(name));
  if (absent !== undefined) throw absentValue(absent, given);
  for (const name of given.keys()) if (!names.includes(name)) throw new UsageError(unknownFeature(name, names));
  return names.map((name) => given.get(name)!);
}

/** Dates of which the model has only what is made of them: `sold` of `sold_year`. */
function madeOfDates(names: readonly string[]): string[] {
  return names.flatMap((name) => dateOfPart(name) ?? []);
}

function noFeature(name: string, value: string, names: readonly string[]): string {
  return value.includes('=')
    ? unknownFeature(name, names)
    : `expected name=value for every value, found ${quote(value)}`;
}

function absentValue(name: string, given: ReadonlyMap<string, string>): UsageError {
  const date = dateOfPart(name);
  const message = absentFeature(name, `${nameInWords(name)}=?`);
  return new UsageError(message, { advice: date === undefined ? undefined : dateAdvice(date, given.get(date)) });
}

function badValue({ cell, column, parser }: GivenValue): UsageError {
  const message = `${nameInWords(column)}: expected ${parser.numberInWords}, found ${quote(cell)}`;
  return new UsageError(message, { advice: dateAdvice(column, cell) });
}

function otherCount(
  columns: readonly InputFeature[],
  values: readonly string[],
  { named }: PredictionSource,
): UsageError {
  const names = columns.map(({ name }) => name);
  const message = `expected ${plural(names.length, 'value')}${named ? ` (${namesInWords(names)})` : ''}, found ${values.length}`;
  const date = madeOfDates(names)[0];
  return new UsageError(message, {
    advice:
      date === undefined
        ? undefined
        : dateAdvice(
            date,
            values.find((value) => dateOrdersIn([value]).length > 0),
          ),
  });
}

/** Where the text is a date. */
function dateAdvice(column: string, text: string | undefined): Advice | undefined {
  return text === undefined ? undefined : datesAdvice(column, dateOrdersIn([text]), 'reads it as a date');
}
