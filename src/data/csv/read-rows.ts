import type { CellReader } from '../cell-readers.js';
import { KnownCategoryReader, NumberReader } from '../known-readers.js';
import type { Schema, TableOptions } from '../schema.js';
import { find } from '../selection.js';
import { type RecordSink, readRecords } from './csv.js';
import { sourceName } from './input.js';

/** Some rows of a table that is to be predicted, in the order of the input. */
export interface RowChunk {
  /** Every column of the input, the same in each chunk. */
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** `rows[row * featureCount + feature]`: a number, the index of a category, UNKNOWN_CATEGORY, NaN where missing. */
  readonly rows: Float64Array;
  /** `cells[row][column]`: the input as it was written. */
  readonly cells: readonly (readonly string[])[];
  /** `lines[row]`: the line on which the row begins, counted from 1. */
  readonly lines: Uint32Array;
}

export interface ReadRowsOptions extends TableOptions {
  /** Most rows in a chunk; default 4096. */
  readonly chunkRows?: number;
}

/**
 * Reads the rows of a table that a model is to predict. Columns are found by name; other columns, the target among
 * them, are only kept as text.
 * @param input a path (CSV, or CSV in gzip), or `-` for standard input
 * @throws InputError, DataError, UsageError as `readDataset` does, after some of the rows before the bad one
 */
export async function* readRows(
  input: string,
  schema: Pick<Schema, 'features'>,
  options: ReadRowsOptions = {},
): AsyncGenerator<RowChunk, void> {
  const builder = new ChunkBuilder(sourceName(input), schema, options.chunkRows ?? 4096);
  yield* readRecords(input, options, builder);
  const rest = builder.take();
  if (rest) yield rest;
}

class ChunkBuilder implements RecordSink<RowChunk> {
  readonly minColumns: 1 | 2;
  readonly #source: string;
  readonly #features: Schema['features'];
  readonly #readers: CellReader[];
  readonly #chunkRows: number;
  #names: readonly string[] = [];
  /** Per feature, its column. */
  #columns: number[] = [];
  #values: number[] = [];
  #cells: string[][] = [];
  #lines: number[] = [];

  constructor(source: string, { features }: Pick<Schema, 'features'>, chunkRows: number) {
    this.minColumns = features.length > 1 ? 2 : 1;
    this.#source = source;
    this.#features = features;
    this.#chunkRows = chunkRows;
    this.#readers = features.map(({ name, kind, categories }) =>
      kind === 'number' ? new NumberReader({ source, column: name }) : new KnownCategoryReader(categories!),
    );
  }

  columns(names: readonly string[]): void {
    this.#names = names;
    this.#columns = this.#features.map(({ name }) => find(this.#source, names, 'feature', name));
  }

  record(cells: string[], line: number): RowChunk | undefined {
    const columns = this.#columns;
    for (let i = 0; i < columns.length; i++) this.#values.push(this.#readers[i]!.read(cells[columns[i]!]!, line));
    this.#cells.push(cells);
    this.#lines.push(line);
    return this.#cells.length === this.#chunkRows ? this.take() : undefined;
  }

  /** The rows since the last chunk, if there are any. */
  take(): RowChunk | undefined {
    if (this.#cells.length === 0) return undefined;
    const chunk = {
      columns: this.#names,
      rowCount: this.#cells.length,
      rows: Float64Array.from(this.#values),
      cells: this.#cells,
      lines: Uint32Array.from(this.#lines),
    };
    this.#values = [];
    this.#cells = [];
    this.#lines = [];
    return chunk;
  }
}
