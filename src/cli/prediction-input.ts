import type { InputFeature, PredictionSource, Rows } from '../client/prediction.js';
import { type CellParser, cellParser, PLAIN_CELLS } from '../data/cells.js';
import { KnownCategoryReader } from '../data/known-readers.js';
import { openSource } from '../data/open-source.js';
import { type BadRow, type RowChunk, type RowOptions, readRows } from '../data/read-rows.js';
import { cellGrammar } from '../data/schema.js';
import { type Origin, placeInWords } from '../data/table-source.js';
import { UnseenTally } from '../data/unseen.js';
import { DataError, UsageError } from '../ground/errors.js';
import { nameInWords, namesInWords, plural, quote } from '../ground/quote.js';
import { nearest } from '../ground/suggestion.js';
import { absentFeature, unknownFeature } from '../model/feature-names.js';

/** Rows for a model, with their cells in the table they come from. */
export interface InputBatch {
  readonly rows: Rows;
  /** Where they come from: the table's columns, cells and places. */
  readonly table?: Pick<RowChunk, 'columns' | 'cells' | 'places'> & { readonly origin: Origin };
  /** Rows that cannot be read, ascending: their values mean nothing. */
  readonly bad?: readonly BadRow[];
}

/** Most rows, and about the most bytes, of one request: well below the 4 MiB that gRPC servers take by default. */
const REQUEST_ROWS = 4096;
const REQUEST_BYTES = 1024 * 1024;
/** Most rows of a request for paths, each as long as a tree is deep: a signal waits for a request to end. */
const EXPLAINED_ROWS = 256;
/** Assumed size of a category's text on the wire. */
const TEXT_BYTES = 64;

/**
 * One row from the command line: values in feature order, or all of them as `name=value`.
 *
 * @param unseen is told of categories that the model does not know
 * @throws UsageError
 */
export function rowFromArguments(
  values: readonly string[],
  source: PredictionSource,
  unseen = new UnseenTally(source.features ?? []),
): InputBatch {
  const features = source.features ?? values.map((_, i) => ({ name: `value ${i + 1}`, kind: 'number' as const }));
  const cells = isByName(values, source) ? cellsByName(values, source) : values;
  if (cells.length !== features.length) {
    const names = source.named ? ` (${namesInWords(features.map(({ name }) => name))})` : '';
    throw new UsageError(`expected ${plural(features.length, 'value')}${names}, found ${cells.length}`);
  }
  const { bad, rows } = encodeRows(features, [cells], { parser: PLAIN_CELLS, unseen });
  for (const { column, cell } of bad) {
    throw new UsageError(`${nameInWords(features[column]!.name)}: expected a number, found ${quote(cell)}`);
  }
  return { rows };
}

/**
 * Whether values are given by name: where one begins with a known name, or with what may be a mistyped one. Only a
 * category may hold an equals sign and be no name.
 */
function isByName(values: readonly string[], { features }: PredictionSource): boolean {
  if (!values.some((value) => value.includes('='))) return false;
  if (!features?.some(({ kind }) => kind === 'category') || values.length !== features.length) return true;
  const names = features.map(({ name }) => name);
  return values.some((value, index) => {
    if (nameOf(value, names) !== undefined) return true;
    const isKnown = features[index]!.categories?.includes(value.trim()) === true;
    const name = value.split('=')[0]!;
    return name !== value && name.length >= LEAST_NAME && !isKnown && nearest(name, names) !== undefined;
  });
}

/** Nearly any name is near to a shorter one. */
const LEAST_NAME = 3;

/** The longest of the names that a value begins with, an equals sign after it. */
function nameOf(value: string, names: readonly string[]): string | undefined {
  const found = names.filter((name) => value.startsWith(`${name}=`));
  return found.sort((a, b) => b.length - a.length)[0];
}

function cellsByName(values: readonly string[], { features, named }: PredictionSource): string[] {
  if (!named || !features) throw new UsageError('the server names no features: give the values in their order');
  const names = features.map(({ name }) => name);
  const given = new Map<string, string>();
  for (const value of values) {
    const known = nameOf(value, names);
    const name = known ?? value.split('=')[0]!;
    if (known === undefined) throw new UsageError(noFeature(name, value, names));
    if (given.has(name)) throw new UsageError(`${nameInWords(name)}: expected one value, found two`);
    given.set(name, value.slice(name.length + 1));
  }
  const absent = features.find(({ name }) => !given.has(name));
  if (absent) throw new UsageError(absentFeature(absent.name, `${nameInWords(absent.name)}=?`));
  return features.map(({ name }) => given.get(name)!);
}

function noFeature(name: string, value: string, names: readonly string[]): string {
  return value.includes('=')
    ? unknownFeature(name, names)
    : `expected name=value for every value, found ${quote(value)}`;
}

/** How a table is read; with `explain`, for requests that ask for paths. */
export type TableInput = RowOptions & { readonly explain?: boolean };

/**
 * The rows of a table, one request at a time. Columns are found by name, or by position where the model has no names.
 *
 * @param input a path, or `-` for standard input
 * @param unseen is told of categories that the model does not know
 * @throws InputError, DataError, UsageError
 */
export async function* rowsFromTable(
  input: string,
  { features, named }: PredictionSource,
  { explain = false, ...options }: TableInput,
  unseen = new UnseenTally(features ?? []),
): AsyncGenerator<InputBatch, void> {
  const source = openSource(input, { ...options, jobs: 1 });
  const { origin } = source;
  const parser = cellParser(cellGrammar(options));
  const schema = { features: named ? features!.map((feature) => ({ categories: [], ...feature })) : [] };
  for await (const chunk of readRows(source, schema, { ...options, chunkRows: rowsPerRequest(features, explain) })) {
    const { bad, cells, columns, places } = chunk;
    const used = features ?? columns.map((name) => ({ name, kind: 'number' as const }));
    const read = named
      ? { rows: chunkRows(used, chunk, unseen), bad }
      : rowsByPosition(used, chunk, { origin, parser, unseen });
    yield { ...read, table: { columns, cells, places, origin } };
  }
}

/** Numbers are parsed already; categories are taken as they were written. */
function chunkRows(
  features: readonly InputFeature[],
  { cells, columns, rowCount, rows }: RowChunk,
  unseen: UnseenTally,
): Rows {
  if (features.every(({ kind }) => kind === 'number')) return { rowCount, values: rows };
  const at = features.map(({ kind, name }) => (kind === 'category' ? columns.indexOf(name) : -1));
  const texts = cells.flatMap((line, row) =>
    at.map((column, feature) =>
      column < 0 ? '' : categoryText(feature, rows[row * at.length + feature]!, line[column]!, unseen),
    ),
  );
  return { rowCount, values: rows, texts };
}

function rowsByPosition(
  features: readonly InputFeature[],
  { bad: refused, cells, columns, places }: RowChunk,
  { origin, ...how }: CellReading & { readonly origin: Origin },
): Required<Pick<InputBatch, 'rows' | 'bad'>> {
  if (columns.length !== features.length) {
    const expected = `expected ${features.length} columns in feature order, as the server names no features`;
    throw new DataError('columns', `${origin.name}: ${expected}, found ${columns.length}`);
  }
  const { bad, rows } = encodeRows(features, cells, how);
  const refusal = ({ cell, column, row }: BadNumber) => {
    const place = `${placeInWords(origin, places[row]!)}: ${nameInWords(columns[column]!)}`;
    return new DataError('cell', `${place}: expected a number, found ${quote(cell)}`);
  };
  const isRefused = new Set(refused.map(({ row }) => row));
  const unreadable = bad.filter(({ row }) => !isRefused.has(row));
  const all = [...refused, ...unreadable.map((found) => ({ row: found.row, error: refusal(found) }))];
  return { rows, bad: all.sort((a, b) => a.row - b.row) };
}

/** What reads cells, and what is told of them. */
interface CellReading {
  readonly parser: CellParser;
  readonly unseen: UnseenTally;
}

/** A cell that is no number where one is needed, the first of its row. */
interface BadNumber {
  readonly row: number;
  readonly column: number;
  readonly cell: string;
}

function encodeRows(
  features: readonly InputFeature[],
  cells: readonly (readonly string[])[],
  { parser, unseen }: CellReading,
): { readonly rows: Rows; readonly bad: readonly BadNumber[] } {
  const bad: BadNumber[] = [];
  const values = new Float64Array(cells.length * features.length).fill(Number.NaN);
  const texts = features.every(({ kind }) => kind === 'number') ? undefined : new Array<string>(values.length).fill('');
  const readers = features.map((feature) => new KnownCategoryReader(feature, parser));
  for (const [row, line] of cells.entries()) {
    for (const [column, { kind }] of features.entries()) {
      const cell = line[column]!;
      const at = row * features.length + column;
      if (kind === 'category') texts![at] = categoryText(column, readers[column]!.readText(cell), cell, unseen);
      else if (!parser.isMissing(cell)) {
        const value = parser.parseNumber(cell);
        if (value !== undefined) values[at] = value;
        else if (bad.at(-1)?.row !== row) bad.push({ row, column, cell });
      }
    }
  }
  const rows = { rowCount: cells.length, values };
  return { bad, rows: texts === undefined ? rows : { ...rows, texts } };
}

/** @param index of the category as it was read: NaN where it is missing */
function categoryText(feature: number, index: number, cell: string, unseen: UnseenTally): string {
  if (Number.isNaN(index)) return '';
  const text = cell.trim();
  unseen.add(feature, index, text);
  return text;
}

function rowsPerRequest(features: readonly InputFeature[] | null, explain: boolean): number {
  const most = explain ? EXPLAINED_ROWS : REQUEST_ROWS;
  if (features === null) return Math.min(most, REQUEST_ROWS / 4);
  const rowBytes = features.reduce((bytes, { kind }) => bytes + (kind === 'number' ? 8 : TEXT_BYTES), 0);
  return Math.max(1, Math.min(most, Math.floor(REQUEST_BYTES / rowBytes)));
}
