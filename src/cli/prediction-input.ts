import type { InputFeature, PredictionSource, Rows } from '../client/prediction.js';
import { isMissing, parseNumber } from '../data/cells.js';
import { openSource } from '../data/open-source.js';
import { type RowChunk, readRows } from '../data/read-rows.js';
import type { TableOptions } from '../data/schema.js';
import { type Origin, placeInWords } from '../data/table-source.js';
import { DataError, UsageError } from '../ground/errors.js';
import { nameInWords, namesInWords, quote } from '../ground/quote.js';
import { absentFeature, unknownFeature } from '../model/feature-names.js';

/** Rows for a model, with their cells in the table they come from. */
export interface InputBatch {
  readonly rows: Rows;
  /** Where they come from: the table's columns, cells and places. */
  readonly table?: Pick<RowChunk, 'columns' | 'cells' | 'places'> & { readonly origin: Origin };
}

/** Most rows, and about the most bytes, of one request: well below the 4 MiB that gRPC servers take by default. */
const MAX_ROWS = 4096;
const MAX_BYTES = 1024 * 1024;
/** Assumed size of a category's text on the wire. */
const TEXT_BYTES = 64;

/**
 * One row from the command line: values in feature order, or all of them as `name=value`.
 *
 * @throws UsageError
 */
export function rowFromArguments(values: readonly string[], source: PredictionSource): InputBatch {
  const named = values.some((value) => value.includes('=')) && !fitsByPosition(values, source);
  const features = source.features ?? values.map((_, i) => ({ name: `value ${i + 1}`, kind: 'number' as const }));
  const cells = named ? cellsByName(values, source) : values;
  if (cells.length !== features.length) {
    const names = source.named ? ` (${namesInWords(features.map(({ name }) => name))})` : '';
    throw new UsageError(`expected ${features.length} values${names}, found ${cells.length}`);
  }
  const refuse = (_row: number, column: number, cell: string) =>
    new UsageError(`${nameInWords(features[column]!.name)}: expected a number, found ${cell}`);
  return { rows: encodeRows(features, [cells], refuse) };
}

/** A category may contain an equals sign, which then does not end a name. */
function fitsByPosition(values: readonly string[], { features }: PredictionSource): boolean {
  if (!features?.some(({ kind }) => kind === 'category') || values.length !== features.length) return false;
  return !values.every((value) => features.some(({ name }) => value.startsWith(`${name}=`)));
}

function cellsByName(values: readonly string[], { features, named }: PredictionSource): string[] {
  if (!named || !features) throw new UsageError('the server names no features: give the values in their order');
  const given = new Map<string, string>();
  for (const value of values) {
    const feature = features.find(({ name }) => value.startsWith(`${name}=`));
    const name = feature?.name ?? value.split('=')[0]!;
    if (!feature) throw new UsageError(noFeature(name, value, features));
    if (given.has(name)) throw new UsageError(`${nameInWords(name)}: expected one value, found two`);
    given.set(name, value.slice(name.length + 1));
  }
  const absent = features.find(({ name }) => !given.has(name));
  if (absent) throw new UsageError(absentFeature(absent.name, `${nameInWords(absent.name)}=?`));
  return features.map(({ name }) => given.get(name)!);
}

function noFeature(name: string, value: string, features: readonly InputFeature[]): string {
  if (!value.includes('=')) return `expected name=value for every value, found ${quote(value)}`;
  return unknownFeature(
    name,
    features.map((feature) => feature.name),
  );
}

/**
 * The rows of a table, one request at a time. Columns are found by name, or by position where the model has no names.
 *
 * @param input a path, or `-` for standard input
 * @throws InputError, DataError, UsageError
 */
export async function* rowsFromTable(
  input: string,
  { features, named }: PredictionSource,
  options: TableOptions,
): AsyncGenerator<InputBatch, void> {
  const source = openSource(input, { ...options, jobs: 1 });
  const { origin } = source;
  const schema = { features: named ? features!.map((feature) => ({ ...feature, categories: [] })) : [] };
  for await (const chunk of readRows(source, schema, { ...options, chunkRows: rowsPerRequest(features) })) {
    const used = features ?? chunk.columns.map((name) => ({ name, kind: 'number' as const }));
    const rows = named ? chunkRows(used, chunk) : rowsByPosition(used, chunk, origin);
    yield { rows, table: { columns: chunk.columns, cells: chunk.cells, places: chunk.places, origin } };
  }
}

/** Numbers are parsed already; categories are taken as they were written. */
function chunkRows(features: readonly InputFeature[], { cells, columns, rowCount, rows }: RowChunk): Rows {
  if (features.every(({ kind }) => kind === 'number')) return { rowCount, values: rows };
  const at = features.map(({ kind, name }) => (kind === 'category' ? columns.indexOf(name) : -1));
  return { rowCount, values: rows, texts: cells.flatMap((row) => at.map((column) => categoryText(row[column] ?? ''))) };
}

function rowsByPosition(features: readonly InputFeature[], chunk: RowChunk, origin: Origin): Rows {
  const { columns, places } = chunk;
  if (columns.length !== features.length) {
    const expected = `expected ${features.length} columns in feature order, as the server names no features`;
    throw new DataError('columns', `${origin.name}: ${expected}, found ${columns.length}`);
  }
  return encodeRows(features, chunk.cells, (row, column, cell) => {
    const place = placeInWords(origin, places[row]!);
    return new DataError('cell', `${place}: ${nameInWords(columns[column]!)}: expected a number, found ${cell}`);
  });
}

function encodeRows(
  features: readonly InputFeature[],
  cells: readonly (readonly string[])[],
  refuse: (row: number, column: number, cell: string) => Error,
): Rows {
  const values = cells.flatMap((row, index) =>
    features.map(({ kind }, column) => {
      const cell = row[column]!;
      const value = kind === 'category' || isMissing(cell) ? Number.NaN : parseNumber(cell);
      if (value === undefined) throw refuse(index, column, quote(cell));
      return value;
    }),
  );
  const rows = { rowCount: cells.length, values: Float64Array.from(values) };
  if (features.every(({ kind }) => kind === 'number')) return rows;
  return { ...rows, texts: cells.flatMap((row) => row.map(categoryText)) };
}

function categoryText(cell: string): string {
  return isMissing(cell) ? '' : cell.trim();
}

function rowsPerRequest(features: readonly InputFeature[] | null): number {
  if (features === null) return MAX_ROWS / 4;
  const rowBytes = features.reduce((bytes, { kind }) => bytes + (kind === 'number' ? 8 : TEXT_BYTES), 0);
  return Math.max(1, Math.min(MAX_ROWS, Math.floor(MAX_BYTES / rowBytes)));
}
