import { cellParser } from './cells.js';
import { columnParser } from './date-cells.js';
import { modelColumns } from './date-columns.js';
import { knownReader } from './known-readers.js';
import { readBatch } from './read-columns.js';
import { cellGrammar, type Schema, type TableOptions } from './schema.js';
import { find } from './selection.js';
import type { Batch, TableSource } from './table-source.js';

/** Some rows of a table that is to be predicted, in the order of the source. */
export interface RowChunk {
  /** Every column of the source, the same in each chunk. */
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** `rows[row * featureCount + feature]`: a number, the index of a category, UNKNOWN_CATEGORY, NaN where missing. */
  readonly rows: Float64Array;
  /** `cells[row][column]`: the table as it was written. */
  readonly cells: readonly (readonly string[])[];
  /** `places[row]`: see `Origin`. */
  readonly places: Uint32Array;
}

/**
 * Reads the rows of a table that a model is to predict. Columns are found by name; other columns, the target among
 * them, are only kept as text.
 *
 * @param options.chunkRows most rows in a chunk; the others say how the cells of the source are written
 * @throws InputError, DataError, UsageError as `readDataset` does, after some of the rows before the bad one
 */
export async function* readRows(
  source: TableSource,
  { features }: Pick<Schema, 'features'>,
  { chunkRows = 4096, onProgress, ...written }: TableOptions & { readonly chunkRows?: number } = {},
): AsyncGenerator<RowChunk, void> {
  const { origin } = source;
  const parser = cellParser(cellGrammar(written));
  const table = await source.open(features.length > 1 ? 2 : 1);
  try {
    const columns = modelColumns(origin.name, table.columns, written.dates);
    const names = columns.map(({ name }) => name);
    const used = features.map(({ name }) => columns[find(origin.name, names, 'feature', name)]!);
    const readers = features.map((feature, i) => knownReader(feature, origin, columnParser(parser, used[i]!.date)));
    const wanted = used.map((column, i) => ({ ...column, asText: readers[i]!.asText }));
    let rowCount = 0;
    const rows = new RowBuffer(table.columns, features.length, chunkRows);
    for await (const batch of table.batches(wanted, { cells: true })) {
      const values = readBatch(batch, readers);
      rowCount += batch.places.length;
      onProgress?.(source.share?.(), rowCount);
      for (let start = 0; start < batch.places.length; ) {
        const end = Math.min(batch.places.length, start + chunkRows - rows.length);
        rows.add(batch, values, start, end);
        start = end;
        if (rows.length === chunkRows) yield rows.take();
      }
    }
    if (rows.length > 0) yield rows.take();
  } finally {
    await table.close();
  }
}

/** Rows that wait until there are enough for a chunk. */
class RowBuffer {
  readonly #columns: readonly string[];
  readonly #featureCount: number;
  readonly #values: Float64Array;
  #cells: (readonly string[])[] = [];
  #places: number[] = [];

  /** @param capacity most rows that it holds */
  constructor(columns: readonly string[], featureCount: number, capacity: number) {
    this.#columns = columns;
    this.#featureCount = featureCount;
    this.#values = new Float64Array(capacity * featureCount);
  }

  get length(): number {
    return this.#places.length;
  }

  /** @param values per feature, those of the whole batch */
  add({ cells, places }: Batch, values: readonly Float64Array[], start: number, end: number): void {
    const featureCount = this.#featureCount;
    const first = this.length * featureCount;
    values.forEach((column, feature) => {
      for (let row = start, at = first + feature; row < end; row++, at += featureCount) this.#values[at] = column[row]!;
    });
    for (let row = start; row < end; row++) {
      this.#cells.push(cells![row]!);
      this.#places.push(places[row]!);
    }
  }

  take(): RowChunk {
    const chunk = {
      columns: this.#columns,
      rowCount: this.length,
      rows: this.#values.slice(0, this.length * this.#featureCount),
      cells: this.#cells,
      places: Uint32Array.from(this.#places),
    };
    this.#cells = [];
    this.#places = [];
    return chunk;
  }
}
