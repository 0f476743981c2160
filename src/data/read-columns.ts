import { DataError } from '../ground/errors.js';
import { MAX_ROWS } from '../ground/limits.js';
import { nameInWords } from '../ground/quote.js';
import { type ColumnReader, readColumn } from './column-reader.js';
import type { ModelColumn } from './date-cells.js';
import { type Doubles, Growing, type Words } from './growing.js';
import type { HoldoutCells, HoldoutReader } from './holdout-column.js';
import type { TableOptions } from './schema.js';
import type { Selection } from './selection.js';
import {
  type Batch,
  type NumberCells,
  type Origin,
  placeInWords,
  type TableSource,
  type WantedColumn,
} from './table-source.js';

/** What reads the chosen columns of a table: one reader per feature, and the target's. */
export interface Readers<F extends ColumnReader, L extends ColumnReader> {
  /** Those that a model sees. */
  readonly columns: readonly ModelColumn[];
  readonly selection: Selection;
  readonly features: readonly F[];
  readonly label: L;
  /** Of the column that says which rows are held out, where one does. */
  readonly holdout?: HoldoutReader | undefined;
}

/** The readers, and what they made of the table: the values per feature, the labels and the places per row. */
export interface TableRead<F extends ColumnReader, L extends ColumnReader> extends Readers<F, L> {
  readonly values: readonly Float64Array[];
  readonly labels: Uint32Array;
  readonly places: Uint32Array;
  readonly holdoutBy?: HoldoutCells;
  /** Those of the source, and of rows that were left out. */
  readonly warnings: readonly string[];
}

export interface ReadColumnsOptions extends Pick<TableOptions, 'onProgress' | 'signal'> {
  /** Whether rows without a target are left out. */
  readonly dropMissing?: boolean;
  readonly maxRows?: number;
}

/**
 * Reads the chosen columns of a source to the end.
 * @param choose by the names of the source's columns
 * @param options.dropMissing whether rows without a label are left out, as if the table had none of them
 */
export async function readColumns<F extends ColumnReader, L extends ColumnReader>(
  source: TableSource,
  choose: (names: readonly string[]) => Readers<F, L>,
  { dropMissing = false, maxRows = MAX_ROWS, onProgress, signal }: ReadColumnsOptions = {},
): Promise<TableRead<F, L>> {
  const table = await source.open(2);
  try {
    const readers = choose(table.columns);
    const builder = new TableBuilder(source.origin, readers, { dropMissing, maxRows });
    for await (const batch of table.batches(wantedBy(readers))) {
      signal?.throwIfAborted();
      const share = source.share?.();
      builder.append(batch, share);
      onProgress?.(share, builder.rowCount, readers.features.length);
    }
    const warnings = [...table.warnings, ...droppedRows(source.origin, readers, builder)];
    return { ...readers, ...builder.finish(), warnings };
  } finally {
    await table.close();
  }
}

/** @throws DataError where no row is left */
function droppedRows(
  { name }: Origin,
  { columns, selection }: Readers<ColumnReader, ColumnReader>,
  { dropped, rowCount }: TableBuilder,
): string[] {
  if (dropped === 0) return [];
  const target = nameInWords(columns[selection.target]!.name);
  if (rowCount === 0) throw new DataError('empty', `${name}: ${target}: expected rows with a class, found none`);
  return [
    `${name}: ${target}: ${dropped === 1 ? '1 row without a class is' : `${dropped} rows without a class are`} left out`,
  ];
}

/** The target comes first: of two errors in a row its own is shown. */
function wantedBy({ columns, selection, ...readers }: Readers<ColumnReader, ColumnReader>): WantedColumn[] {
  const { features, holdout, label } = readers;
  const wanted = (column: number, { asText }: ColumnReader) => ({ ...columns[column]!, asText });
  return [
    wanted(selection.target, label),
    ...selection.features.map((column, i) => wanted(column, features[i]!)),
    ...(holdout === undefined ? [] : [wanted(selection.holdout!, holdout)]),
  ];
}

/** Gathers batches, a typed array per column. */
class TableBuilder {
  readonly #origin: Origin;
  readonly #readers: readonly ColumnReader[];
  readonly #maxRows: number;
  readonly #dropMissing: boolean;
  /** Rows that were left out. */
  dropped = 0;
  readonly #places = new Growing<Words>(Uint32Array);
  readonly #labels = new Growing<Words>(Uint32Array);
  readonly #values: Growing<Doubles>[];
  readonly #holdout: HoldoutReader | undefined;

  constructor(
    origin: Origin,
    { features, holdout, label }: Readers<ColumnReader, ColumnReader>,
    { dropMissing, maxRows }: { readonly dropMissing: boolean; readonly maxRows: number },
  ) {
    this.#dropMissing = dropMissing;
    this.#origin = origin;
    this.#readers = [label, ...features, ...(holdout === undefined ? [] : [holdout])];
    this.#holdout = holdout;
    this.#maxRows = maxRows;
    this.#values = this.#readers.slice(1).map(() => new Growing<Doubles>(Float64Array));
  }

  /**
   * @param share of the table that was read, where it is known
   * @throws DataError, the first one in the order of rows, then of columns
   */
  append(all: Batch, share?: number): void {
    const batch = this.#dropMissing ? this.#labelledRows(all) : all;
    const [labels, ...values] = readBatch(batch, this.#readers, this.#tooManyRows(batch));
    const expected = share ? Math.ceil((this.rowCount + batch.places.length) / share) : 0;
    append(this.#labels, labels!, expected);
    for (const [i, column] of values.entries()) append(this.#values[i]!, column, expected);
    append(this.#places, batch.places, expected);
  }

  /** The readers of features read no other rows, and only look at these. */
  #labelledRows(batch: Batch): Batch {
    const read = readColumn(batch.columns[0]!, this.#readers[0]!, batch.places);
    // An error is found again, with those of the features.
    if ('error' in read) return batch;
    const rows = Uint32Array.from(batch.places.keys()).filter((row) => !Number.isNaN(read.values[row]!));
    if (rows.length === batch.places.length) return batch;
    const leftOut = Uint32Array.from(batch.places.keys()).filter((row) => Number.isNaN(read.values[row]!));
    this.dropped += leftOut.length;
    for (const [i, column] of batch.columns.entries()) {
      this.#readers[i]!.leftOut?.add(column, leftOut, batch.places);
    }
    return someRows(batch, rows);
  }

  #tooManyRows({ places }: Batch): BadRow | undefined {
    const row = this.#maxRows - this.#places.length;
    if (places.length <= row) return undefined;
    const expected = `expected at most ${this.#maxRows} rows, found one more`;
    return { row, error: new DataError('cell', `${placeInWords(this.#origin, places[row]!)}: ${expected}`) };
  }

  get rowCount(): number {
    return this.#places.length;
  }

  /** To be called once, at the end. */
  finish(): Pick<TableRead<ColumnReader, ColumnReader>, 'values' | 'labels' | 'places' | 'holdoutBy'> {
    const holdout = this.#holdout;
    const codes = holdout && this.#values.pop()!.finish();
    return {
      ...(holdout && { holdoutBy: holdout.finish(codes!) }),
      values: this.#values.splice(0).map((column) => column.finish()),
      labels: this.#labels.finish(),
      places: this.#places.finish(),
    };
  }
}

function append(column: Growing<Doubles> | Growing<Words>, values: ArrayLike<number>, expected: number): void {
  column.expected = expected;
  column.append(values);
}

function someRows({ columns, places }: Batch, rows: Uint32Array): Batch {
  return {
    places: rows.map((row) => places[row]!),
    columns: columns.map((column) =>
      column.kind === 'number'
        ? { ...column, ...someNumbers(column, rows) }
        : { ...column, codes: rows.map((row) => column.codes[row]!) },
    ),
  };
}

function someNumbers({ rests, values }: NumberCells, rows: Uint32Array): Pick<NumberCells, 'rests' | 'values'> {
  const some = (all: Float64Array) => Float64Array.from(rows, (row) => all[row]!);
  return { values: some(values), ...(rests && { rests: some(rests) }) };
}

interface BadRow {
  readonly row: number;
  readonly error: DataError;
}

/**
 * The columns of a batch as numbers.
 * @param bad an error of the batch that is known already
 * @throws DataError, the first one in the order of rows, then of columns
 */
export function readBatch(batch: Batch, readers: readonly ColumnReader[], bad?: BadRow): Float64Array[] {
  let first = bad;
  const values: Float64Array[] = [];
  for (const [i, column] of batch.columns.entries()) {
    const read = readColumn(column, readers[i]!, batch.places);
    if ('values' in read) values.push(read.values);
    else if (first === undefined || read.row < first.row) first = read;
  }
  if (first !== undefined) throw first.error;
  return values;
}
