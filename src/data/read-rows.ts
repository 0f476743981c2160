import { DataError } from '../ground/errors.js';
import { namesInWords } from '../ground/quote.js';
import { cellParser } from './cells.js';
import type { ColumnReader } from './column-reader.js';
import { columnParser } from './date-cells.js';
import { modelColumns } from './date-columns.js';
import { knownReader } from './known-readers.js';
import { readBatch } from './read-columns.js';
import { cellGrammar, type Schema, type TableOptions } from './schema.js';
import { find } from './selection.js';
import type { Batch, TableSource } from './table-source.js';
import { type WrittenRow, writtenRows } from './written-row.js';

/** Some rows of a table that is to be predicted, in the order of the source. */
export interface RowChunk {
  /** Every column of the source, the same in each chunk. */
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** `rows[row * featureCount + feature]`: a number, the index of a category, UNKNOWN_CATEGORY, NaN where missing. */
  readonly rows: Float64Array;
  /** Per row. */
  readonly written: readonly WrittenRow[];
  /** `places[row]`: see `Origin`. */
  readonly places: Uint32Array;
  /** Rows of another length, or with a cell that cannot be read, ascending: their values mean nothing. */
  readonly bad: readonly BadRow[];
}

/** A row that cannot be predicted, and why. */
export interface BadRow {
  /** Index into the rows of its chunk. */
  readonly row: number;
  readonly error: DataError;
}

/** How the cells of a table to predict are written, and how it is read. */
export interface RowOptions extends TableOptions {
  /** Most rows in a chunk. */
  readonly chunkRows?: number;
  /** Is told of what a person should know of the table's layout. */
  readonly onWarning?: (warning: string) => void;
}

/**
 * Reads the rows of a table that a model is to predict. Columns are found by name; other columns, the target among
 * them, are only kept as text.
 *
 * @throws InputError, DataError, UsageError as `readDataset` does, after all rows before the place, but not for what makes
 *   one row bad
 */
export async function* readRows(
  source: TableSource,
  { features }: Pick<Schema, 'features'>,
  { chunkRows = 4096, onProgress, onWarning, signal, ...written }: RowOptions = {},
): AsyncGenerator<RowChunk, void> {
  const { origin } = source;
  const parser = cellParser(cellGrammar(written));
  const table = await source.open(features.length > 1 ? 2 : 1).catch((error: unknown) => {
    throw withFeatures(error, features);
  });
  try {
    for (const warning of table.warnings) onWarning?.(warning);
    const columns = modelColumns(origin.name, table.columns, written.dates);
    const names = columns.map(({ name }) => name);
    const used = features.map(({ name }) => columns[find(origin.name, names, 'feature', name)]!);
    const readers = features.map(
      (feature, i) => new ForgivingReader(knownReader(feature, origin, columnParser(parser, used[i]!.date))),
    );
    const wanted = used.map((column, i) => ({ ...column, asText: readers[i]!.asText }));
    const read = used.map(({ index }, i) => ({ index, reader: readers[i]! }));
    const rows = new RowBuffer(table.columns, read, chunkRows);
    let rowCount = 0;
    try {
      for await (const batch of table.batches(wanted, { cells: true, goOn: true })) {
        signal?.throwIfAborted();
        const values = readBatch(batch, readers);
        const written = writtenRows(batch);
        rowCount += batch.places.length;
        onProgress?.(source.share?.(), rowCount, features.length);
        for (let start = 0; start < batch.places.length; ) {
          const end = Math.min(batch.places.length, start + chunkRows - rows.length);
          rows.add(batch, written, values, start, end);
          start = end;
          if (rows.length === chunkRows) yield rows.take();
        }
      }
    } catch (error) {
      // The rows before it come first.
      if (rows.length > 0) yield rows.take();
      throw error;
    }
    if (rows.length > 0) yield rows.take();
  } finally {
    await table.close();
  }
}

/** A table of one column, where nothing shows that it is a table written in another way, lacks features. */
function withFeatures(error: unknown, features: Schema['features']): unknown {
  if (!(error instanceof DataError) || error.reason !== 'columns' || error.advice) return error;
  const names = namesInWords(features.map(({ name }) => name));
  return new DataError('columns', `${error.message}; the features are ${names}`, { cause: error });
}

/** What is read of a cell that cannot be read. No cell is an infinite number. */
const BAD_CELL = Number.POSITIVE_INFINITY;

/** Reads as another reader does, and goes on after a cell that it refuses. */
class ForgivingReader implements ColumnReader {
  readonly asText: boolean;
  readonly readNumbers?: NonNullable<ColumnReader['readNumbers']>;
  /** Whether there was one. */
  hasRefused = false;
  readonly #reader: ColumnReader;

  constructor(reader: ColumnReader) {
    this.#reader = reader;
    this.asText = reader.asText;
    if (reader.readNumbers) this.readNumbers = reader.readNumbers.bind(reader);
  }

  readText(cell: string, place: number, quoted?: boolean): number {
    try {
      return this.#reader.readText(cell, place, quoted);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.hasRefused = true;
      return BAD_CELL;
    }
  }

  /** Why a cell is refused, as it stands or because it is quoted. */
  refusal(cell: string, place: number): DataError {
    for (const quoted of [false, true]) {
      try {
        this.#reader.readText(cell, place, quoted);
      } catch (error) {
        if (error instanceof DataError) return error;
        throw error;
      }
    }
    throw new Error('a cell that was refused is taken');
  }
}

interface WantedFeature {
  /** Of its column in the table. */
  readonly index: number;
  readonly reader: ForgivingReader;
}

/** Rows that wait until there are enough for a chunk. */
class RowBuffer {
  readonly #columns: readonly string[];
  readonly #features: readonly WantedFeature[];
  readonly #values: Float64Array;
  #written: WrittenRow[] = [];
  #places: number[] = [];
  /** By the source. */
  readonly #refused = new Map<number, DataError>();

  /** @param capacity most rows that it holds */
  constructor(columns: readonly string[], features: readonly WantedFeature[], capacity: number) {
    this.#columns = columns;
    this.#features = features;
    this.#values = new Float64Array(capacity * features.length);
  }

  get length(): number {
    return this.#places.length;
  }

  /** @param values per feature, those of the whole batch */
  add(
    { places, refused = [] }: Batch,
    written: readonly WrittenRow[],
    values: readonly Float64Array[],
    start: number,
    end: number,
  ): void {
    const featureCount = this.#features.length;
    const first = this.length * featureCount;
    values.forEach((column, feature) => {
      for (let row = start, at = first + feature; row < end; row++, at += featureCount) this.#values[at] = column[row]!;
    });
    for (const { error, row } of refused) {
      if (row >= start && row < end) this.#refused.set(this.length + row - start, error);
    }
    for (let row = start; row < end; row++) {
      this.#written.push(written[row]!);
      this.#places.push(places[row]!);
    }
  }

  take(): RowChunk {
    const chunk = {
      columns: this.#columns,
      rowCount: this.length,
      rows: this.#values.slice(0, this.length * this.#features.length),
      written: this.#written,
      places: Uint32Array.from(this.#places),
      bad: this.#badRows(),
    };
    this.#written = [];
    this.#places = [];
    this.#refused.clear();
    return chunk;
  }

  /** Of a row with several bad cells the first feature's is told. */
  #badRows(): BadRow[] {
    const features = this.#features;
    if (this.#refused.size === 0 && !features.some(({ reader }) => reader.hasRefused)) return [];
    return this.#written.flatMap(({ cells }, row) => {
      const refused = this.#refused.get(row);
      if (refused !== undefined) return { row, error: refused };
      const feature = features.findIndex((_, i) => this.#values[row * features.length + i] === BAD_CELL);
      if (feature < 0) return [];
      const { index, reader } = features[feature]!;
      return { row, error: reader.refusal(cells[index]!, this.#places[row]!) };
    });
  }
}
