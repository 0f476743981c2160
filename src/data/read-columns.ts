import { DataError } from '../ground/errors.js';
import { MAX_ROWS } from '../ground/limits.js';
import { type ColumnReader, readColumn } from './column-reader.js';
import type { ModelColumn } from './date-cells.js';
import { type Doubles, Growing, type Words } from './growing.js';
import type { Selection } from './selection.js';
import { type Batch, type Origin, placeInWords, type TableSource, type WantedColumn } from './table-source.js';

/** What reads the chosen columns of a table: one reader per feature, and the target's. */
export interface Readers<F extends ColumnReader, L extends ColumnReader> {
  /** Those that a model sees. */
  readonly columns: readonly ModelColumn[];
  readonly selection: Selection;
  readonly features: readonly F[];
  readonly label: L;
}

/** The readers, and what they made of the table: the values per feature, the labels and the places per row. */
export interface TableRead<F extends ColumnReader, L extends ColumnReader> extends Readers<F, L> {
  readonly values: readonly Float64Array[];
  readonly labels: Uint32Array;
  readonly places: Uint32Array;
  /** Those of the source. */
  readonly warnings: readonly string[];
}

/**
 * Reads the chosen columns of a source to the end.
 * @param choose by the names of the source's columns
 */
export async function readColumns<F extends ColumnReader, L extends ColumnReader>(
  source: TableSource,
  choose: (names: readonly string[]) => Readers<F, L>,
  maxRows = MAX_ROWS,
): Promise<TableRead<F, L>> {
  const table = await source.open(2);
  try {
    const readers = choose(table.columns);
    const builder = new TableBuilder(source.origin, readers, maxRows);
    for await (const batch of table.batches(wantedBy(readers))) builder.append(batch);
    return { ...readers, ...builder.finish(), warnings: table.warnings };
  } finally {
    await table.close();
  }
}

/** The target comes first: of two errors in a row its own is shown. */
function wantedBy({ columns, features, label, selection }: Readers<ColumnReader, ColumnReader>): WantedColumn[] {
  const wanted = (column: number, { asText }: ColumnReader) => ({ ...columns[column]!, asText });
  return [wanted(selection.target, label), ...selection.features.map((column, i) => wanted(column, features[i]!))];
}

/** Gathers batches, a typed array per column. */
class TableBuilder {
  readonly #origin: Origin;
  readonly #readers: readonly ColumnReader[];
  readonly #maxRows: number;
  readonly #places = new Growing<Words>(Uint32Array);
  readonly #labels = new Growing<Words>(Uint32Array);
  readonly #values: Growing<Doubles>[];

  constructor(origin: Origin, { features, label }: Readers<ColumnReader, ColumnReader>, maxRows: number) {
    this.#origin = origin;
    this.#readers = [label, ...features];
    this.#maxRows = maxRows;
    this.#values = features.map(() => new Growing<Doubles>(Float64Array));
  }

  /** @throws DataError, the first one in the order of rows, then of columns */
  append(batch: Batch): void {
    const [labels, ...values] = readBatch(batch, this.#readers, this.#tooManyRows(batch));
    this.#labels.append(labels!);
    for (const [i, column] of values.entries()) this.#values[i]!.append(column);
    this.#places.append(batch.places);
  }

  #tooManyRows({ places }: Batch): BadRow | undefined {
    const row = this.#maxRows - this.#places.length;
    if (places.length <= row) return undefined;
    const expected = `expected at most ${this.#maxRows} rows, found one more`;
    return { row, error: new DataError('cell', `${placeInWords(this.#origin, places[row]!)}: ${expected}`) };
  }

  /** To be called once, at the end. */
  finish(): { values: Float64Array[]; labels: Uint32Array; places: Uint32Array } {
    return {
      values: this.#values.splice(0).map((column) => column.finish()),
      labels: this.#labels.finish(),
      places: this.#places.finish(),
    };
  }
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
