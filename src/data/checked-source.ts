import { badOption, DataError } from '../ground/errors.js';
import { MAX_COLUMNS } from '../ground/limits.js';
import { isObject, isText, shownFound } from '../ground/options.js';
import { nameInWords, plural, quote } from '../ground/quote.js';
import {
  type Batch,
  type BatchColumn,
  type BatchOptions,
  type OpenTable,
  type Origin,
  placeInWords,
  type TableSource,
  type WantedColumn,
} from './table-source.js';

/**
 * A source that is held to what `TableSource` says: one of a caller's own may be wrong about its batches, and a code beside
 * its texts would be the first class. What it gives is the same, with -0 as 0.
 *
 * @throws UsageError for what is no source; DataError, with the place of a row where there is one, as it is read
 */
export function checkedSource(source: TableSource): TableSource {
  requireSource(source);
  return {
    origin: source.origin,
    async open(minColumns) {
      const table = await source.open(minColumns);
      try {
        requireColumns(table.columns, minColumns, source.origin);
      } catch (error) {
        await table.close();
        throw error;
      }
      return {
        columns: table.columns,
        warnings: table.warnings,
        ...(table.unnamed && { unnamed: table.unnamed }),
        batches: (wanted, options) => checkedBatches(source.origin, table, wanted, options),
        close: () => table.close(),
      };
    },
  };
}

function requireSource(source: TableSource): void {
  const { open, origin } = (source ?? {}) as Partial<TableSource>;
  if (isObject(origin) && isText(origin.name) && typeof open === 'function') return;
  throw badOption('input', 'a path, - or a source of a table', source, { found: shownFound(source) });
}

function requireColumns(columns: readonly string[], minColumns: number, { name }: Origin): void {
  if (!Array.isArray(columns) || !columns.every(isText)) {
    throw new DataError('header', `${name}: expected column names, an array of texts, found ${shownFound(columns)}`);
  }
  if (columns.length < minColumns || columns.length > MAX_COLUMNS) {
    const expected = `expected ${minColumns} to ${MAX_COLUMNS} columns`;
    throw new DataError('columns', `${name}: ${expected}, found ${columns.length}`);
  }
  requireDifferentNames(columns, name);
}

/** @param where for messages: `iris.csv:1` */
export function requireDifferentNames(names: readonly string[], where: string): void {
  const columnOf = new Map<string, number>();
  for (const [column, name] of names.entries()) {
    const first = columnOf.get(name);
    if (first !== undefined && name !== '') {
      const columns = `columns ${first + 1} and ${column + 1}`;
      throw new DataError('header', `${where}: expected different column names, found ${quote(name)} for ${columns}`);
    }
    columnOf.set(name, column);
  }
}

async function* checkedBatches(
  origin: Origin,
  table: OpenTable,
  wanted: readonly WantedColumn[],
  options: BatchOptions | undefined,
): AsyncGenerator<Batch, void> {
  for await (const batch of table.batches(wanted, options)) {
    const { columns, places } = batch;
    if (!(places instanceof Uint32Array)) throw odd(origin.name, 'a Uint32Array of places', places);
    if (!Array.isArray(columns) || columns.length !== wanted.length) {
      throw odd(origin.name, `a batch of ${plural(wanted.length, 'column')}`, columns);
    }
    const checked = wanted.map(({ asText, index }, i) => {
      const column = { origin, name: table.columns[index]!, asText };
      return checkedColumn(columns[i] as BatchColumn, column, places);
    });
    yield { ...batch, columns: checked };
  }
}

interface Column {
  readonly origin: Origin;
  readonly name: string;
  readonly asText: boolean;
}

function checkedColumn(cells: BatchColumn, column: Column, places: Uint32Array): BatchColumn {
  const { kind } = cells ?? {};
  const where = `${column.origin.name}: ${nameInWords(column.name)}`;
  if (kind === 'text') {
    requireTexts(cells as Extract<BatchColumn, { kind: 'text' }>, column, places);
    return cells;
  }
  if (kind !== 'number') throw odd(where, 'a column of kind number or text', kind);
  if (column.asText) throw odd(where, 'texts, as they are wanted', 'numbers');
  return checkedNumbers(cells as Extract<BatchColumn, { kind: 'number' }>, column, places);
}

function checkedNumbers(
  cells: Extract<BatchColumn, { kind: 'number' }>,
  { name, origin }: Column,
  places: Uint32Array,
): BatchColumn {
  const { values } = cells;
  const where = `${origin.name}: ${nameInWords(name)}`;
  if (!(values instanceof Float64Array)) throw odd(where, 'a Float64Array of values', values);
  requireLength(where, values, places);
  const { rests, words } = cells;
  if (rests !== undefined && !(rests instanceof Float64Array)) throw odd(where, 'a Float64Array of rests', rests);
  if (rests !== undefined) requireLength(where, rests, places);
  if (words !== undefined && !(Array.isArray(words) && words.every(isText)))
    throw odd(where, 'an array of words', words);
  for (let row = 0; row < values.length; row++) {
    if (Number.isFinite(values[row]) || Number.isNaN(values[row])) continue;
    const expected = 'expected a finite number, or NaN where it is missing';
    const place = `${placeInWords(origin, places[row]!)}: ${nameInWords(name)}`;
    throw new DataError('cell', `${place}: ${expected}, found ${values[row]}`);
  }
  return { ...cells, values: values.map((value) => value + 0) };
}

function requireTexts(
  { codes, quoted, texts }: Extract<BatchColumn, { kind: 'text' }>,
  { name, origin }: Column,
  places: Uint32Array,
): void {
  const where = `${origin.name}: ${nameInWords(name)}`;
  if (!Array.isArray(texts) || !texts.every(isText)) throw odd(where, 'an array of texts', texts);
  if (!(codes instanceof Uint32Array)) throw odd(where, 'a Uint32Array of codes', codes);
  if (quoted !== undefined && !Array.isArray(quoted)) throw odd(where, 'an array of quoted codes', quoted);
  requireLength(where, codes, places);
  const row = codes.findIndex((code) => code >= texts.length);
  if (row === -1) return;
  const place = `${placeInWords(origin, places[row]!)}: ${nameInWords(name)}`;
  const expected = texts.length === 0 ? 'no code, as there are no texts' : `a code from 0 to ${texts.length - 1}`;
  throw new DataError('cell', `${place}: expected ${expected}, found ${codes[row]}`);
}

function requireLength(where: string, cells: ArrayLike<number>, places: Uint32Array): void {
  if (cells.length === places.length) return;
  throw odd(where, `${plural(places.length, 'cell')}, one for each place`, cells.length);
}

function odd(where: string, expected: string, found: unknown): DataError {
  const words = typeof found === 'string' ? found : shownFound(found);
  return new DataError('columns', `${where}: expected ${expected}, found ${words}`);
}
