/**
 * The one way in for tables: a source is opened, names its columns, gives batches of those that are wanted, and ends.
 * A source types cells as far as its format does; what a column is to a model (numbers or categories) is decided by its
 * reader (`feature-reader`, `known-readers`), in the same way for every source.
 */

import type { DataError } from '../ground/errors.js';
import type { DateReading } from './date-cells.js';
import type { RowSink, SinkColumn } from './row-sink.js';
import type { SqlOptions, SqlTable } from './typed/sql-table.js';

/** Where rows come from, as messages say it. */
export interface Origin {
  /** `iris.csv`, `<stdin>`. */
  readonly name: string;
  /** What the place of a row counts: lines of a file (`iris.csv:7`) or rows of a result (`query: row 7`), from 1. */
  readonly unit: 'line' | 'row';
  /** Of a source that is several files: those that rows were read of so far, in their order. */
  readonly files?: readonly SourceFile[];
}

export interface SourceFile {
  readonly name: string;
  /** The places of its rows are those in the file, and this much more. */
  readonly before: number;
}

export interface TableSource {
  readonly origin: Origin;
  /** How much of it was read, in [0, 1]; undefined where its size is not known. */
  share?(): number | undefined;
  /**
   * To be called once.
   * @param minColumns the fewest columns that make sense to the caller
   * @throws InputError where there is nothing to read, DataError where it is no table, UsageError for a bad option
   */
  open(minColumns: 1 | 2): Promise<OpenTable>;
  /** Of an engine: the table as one that can be counted there. It is opened apart. @throws as `open` does */
  openSql?(options: SqlOptions): Promise<SqlTable>;
  /**
   * Of an engine that is written to: a new table with the columns of this one, and others. To be called once this is open.
   * @throws OutputError where there is one of this name
   */
  sink?(table: string, added: readonly SinkColumn[]): Promise<RowSink>;
}

export interface OpenTable {
  /** The names of all columns, different ones. */
  readonly columns: readonly string[];
  /** Those of them that the table has no name for, and the source made one. */
  readonly unnamed?: readonly number[];
  /** Things a person should know of the layout and the names that are no error. */
  readonly warnings: readonly string[];
  /**
   * The rows, to be asked for once. Where something is wrong with a row, the rows before it come first.
   * @param wanted the columns of each batch, in this order
   * @throws DataError that names the place of a row, or where there is no row at all
   */
  batches(wanted: readonly WantedColumn[], options?: BatchOptions): AsyncGenerator<Batch, void>;
  /** Ends the reading, wherever it is. */
  close(): Promise<void>;
}

export interface BatchOptions {
  /** Whether each batch has its cells as text as well. */
  readonly cells?: boolean;
  /** Whether to go on after a row that is none, as one of another length: it is in `refused`, and has no values. */
  readonly goOn?: boolean;
}

export interface WantedColumn {
  /** Into the columns of the table. */
  readonly index: number;
  /** Whether its cells are wanted as text even where they look like numbers. */
  readonly asText: boolean;
  /** Whether a number is made of its cells, which are dates. */
  readonly date?: DateReading | undefined;
}

/** Some rows, in the order of the table. Its arrays are good until the next batch is asked for. */
export interface Batch {
  /** `places[row]`: see `Origin`. */
  readonly places: Uint32Array;
  /** As they were wanted. */
  readonly columns: readonly BatchColumn[];
  /** `cells[row][column]`, every column of the table as it is written there; where it was asked for. */
  readonly cells?: readonly (readonly string[])[];
  /** In the place of `cells`, where no cell of the batch is quoted. */
  readonly lines?: Lines;
  /** Rows without values, ascending, of which the cells are cut, or empty ones are added; where it was asked for. */
  readonly refused?: readonly RefusedRow[];
}

/** Rows as they are written, one text each. */
export interface Lines {
  /** `texts[row]`, without its line end. */
  readonly texts: readonly string[];
  readonly delimiter: string;
  /** Whether there may be blanks around a cell. */
  readonly hasBlanks: boolean;
}

/** A row that is none, and why. */
export interface RefusedRow {
  /** Index into the rows of its batch. */
  readonly row: number;
  readonly error: DataError;
}

/** The cells of a column in a batch: numbers, NaN where missing; or, where one of them is text, all of them as text. */
export type BatchColumn = NumberCells | TextCells;

export interface NumberCells {
  readonly kind: 'number';
  /** `values[row]`, finite or NaN; -0 as 0. */
  readonly values: Float64Array;
  /** Different words for a missing value that are written among them. */
  readonly words?: readonly string[];
  /**
   * `rests[row]`: a whole number beyond 2^53 that is written in digits alone, less `values[row]`; NaN of any other cell.
   * Left out where there is no such number.
   */
  readonly rests?: Float64Array;
}

export interface TextCells {
  readonly kind: 'text';
  /** Different texts; a missing cell is one that is empty or says so. */
  readonly texts: readonly string[];
  /** Indices into `texts` of words for a missing value that are none, since they are quoted; each is there once more. */
  readonly quoted?: readonly number[];
  /** `codes[row]` is an index into `texts`. */
  readonly codes: Uint32Array;
}

/** A cell, and the place of its row. */
export interface PlacedCell<T> {
  readonly cell: T;
  readonly place: number;
}

/** The place of a row, as messages begin with it. */
export function placeInWords({ files = [], name, unit }: Origin, place: number): string {
  const file = files.findLast(({ before }) => before < place) ?? { name, before: 0 };
  return unit === 'line' ? `${file.name}:${place - file.before}` : `${file.name}: row ${place - file.before}`;
}
