import type { InputFeature, PredictionSource, Rows } from '../client/prediction.js';
import { type CellParser, cellParser } from '../data/cells.js';
import { KnownCategoryReader } from '../data/known-readers.js';
import { openSource } from '../data/open-source.js';
import { type BadRow, type RowChunk, type RowOptions, readRows } from '../data/read-rows.js';
import { cellGrammar } from '../data/schema.js';
import { type Origin, placeInWords, type TableSource } from '../data/table-source.js';
import { UnseenTally } from '../data/unseen.js';
import { DataError } from '../ground/errors.js';
import { nameInWords, quote } from '../ground/quote.js';

/** Rows for a model, with what they are in the table they come from. */
export interface InputBatch {
  readonly rows: Rows;
  /** Where they come from: the table's columns, rows and places. */
  readonly table?: Pick<RowChunk, 'columns' | 'written' | 'places'> & { readonly origin: Origin };
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

/** How a table is read; with `explain`, for requests that ask for paths. */
export type TableInput = RowOptions & { readonly explain?: boolean };

/**
 * The rows of a table, one request at a time. Columns are found by name, or by position where the model has no names.
 *
 * @param input a path, `-` for standard input, or a source
 * @param unseen is told of categories that the model does not know
 * @throws InputError, DataError, UsageError
 */
export async function* rowsFromTable(
  input: string | TableSource,
  { features, named }: PredictionSource,
  { explain = false, ...options }: TableInput,
  unseen = new UnseenTally(features ?? []),
): AsyncGenerator<InputBatch, void> {
  const source = typeof input === 'string' ? await openSource(input, { ...options, jobs: 1 }) : input;
  const { origin } = source;
  const parser = cellParser(cellGrammar(options));
  const schema = { features: named ? features!.map((feature) => ({ categories: [], ...feature })) : [] };
  for await (const chunk of readRows(source, schema, { ...options, chunkRows: rowsPerRequest(features, explain) })) {
    const { bad, columns, places, written } = chunk;
    const used = features ?? columns.map((name) => ({ name, kind: 'number' as const }));
    const read = named
      ? { rows: chunkRows(used, chunk, unseen), bad }
      : rowsByPosition(used, chunk, { origin, parser, unseen });
    yield { ...read, table: { columns, written, places, origin } };
  }
}

/** Numbers are parsed already; categories are taken as they were written. */
function chunkRows(
  features: readonly InputFeature[],
  { columns, rowCount, rows, written }: RowChunk,
  unseen: UnseenTally,
): Rows {
  if (features.every(({ kind }) => kind === 'number')) return { rowCount, values: rows };
  const at = features.map(({ kind, name }) => (kind === 'category' ? columns.indexOf(name) : -1));
  const texts = written.flatMap(({ cells }, row) =>
    at.map((column, feature) =>
      column < 0 ? '' : categoryText(feature, rows[row * at.length + feature]!, cells[column]!, unseen),
    ),
  );
  return { rowCount, values: rows, texts };
}

function rowsByPosition(
  features: readonly InputFeature[],
  { bad: refused, columns, places, written }: RowChunk,
  { origin, parser, unseen }: Pick<CellReading, 'unseen'> & { readonly origin: Origin; readonly parser: CellParser },
): Required<Pick<InputBatch, 'rows' | 'bad'>> {
  if (columns.length !== features.length) {
    const expected = `expected ${features.length} columns in feature order, as the server names no features`;
    throw new DataError('columns', `${origin.name}: ${expected}, found ${columns.length}`);
  }
  const { bad, rows } = encodeRows(
    features,
    written.map(({ cells }) => cells),
    { parsers: features.map(() => parser), unseen },
  );
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
  /** One per feature. */
  readonly parsers: readonly CellParser[];
  readonly unseen: UnseenTally;
}

/** A cell that is no number where one is needed, the first of its row. */
export interface BadNumber {
  readonly row: number;
  readonly column: number;
  readonly cell: string;
}

/** @param cells per row, one of each feature */
export function encodeRows(
  features: readonly InputFeature[],
  cells: readonly (readonly string[])[],
  { parsers, unseen }: CellReading,
): { readonly rows: Rows; readonly bad: readonly BadNumber[] } {
  const bad: BadNumber[] = [];
  const values = new Float64Array(cells.length * features.length).fill(Number.NaN);
  const texts = features.every(({ kind }) => kind === 'number') ? undefined : new Array<string>(values.length).fill('');
  const readers = features.map((feature, column) => new KnownCategoryReader(feature, parsers[column]));
  for (const [row, line] of cells.entries()) {
    for (const [column, { kind }] of features.entries()) {
      const cell = line[column]!;
      const at = row * features.length + column;
      if (kind === 'category') texts![at] = categoryText(column, readers[column]!.readText(cell), cell, unseen);
      else if (!parsers[column]!.isMissing(cell)) {
        const value = parsers[column]!.parseNumber(cell);
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

export function rowsPerRequest(features: readonly InputFeature[] | null, explain: boolean): number {
  const most = explain ? EXPLAINED_ROWS : REQUEST_ROWS;
  if (features === null) return Math.min(most, REQUEST_ROWS / 4);
  const rowBytes = features.reduce((bytes, { kind }) => bytes + (kind === 'number' ? 8 : TEXT_BYTES), 0);
  return Math.max(1, Math.min(most, Math.floor(REQUEST_BYTES / rowBytes)));
}
