import { DataError } from '../ground/errors.js';
import { MAX_ROWS } from '../ground/limits.js';
import type { CellReader } from './cell-readers.js';
import type { RecordSink } from './csv/csv.js';
import type { ParsedBlock, ParsedColumn } from './csv/parsed-block.js';
import { type Doubles, Growing, type Words } from './growing.js';
import type { Selection } from './selection.js';

/** What reads the chosen columns of a table: one reader per feature, and the target's. */
export interface Readers<F extends CellReader, L extends CellReader> {
  readonly names: readonly string[];
  readonly selection: Selection;
  readonly features: readonly F[];
  readonly label: L;
}

/** Gathers the cells of the chosen columns, a typed array per column. */
export class TableBuilder<F extends CellReader, L extends CellReader> implements RecordSink<never> {
  readonly minColumns = 2;
  readonly #source: string;
  readonly #choose: (names: readonly string[]) => Readers<F, L>;
  readonly #maxRows: number;
  readonly #lines = new Growing<Words>(Uint32Array);
  readonly #labels = new Growing<Words>(Uint32Array);
  #values: Growing<Doubles>[] = [];
  #readers: Readers<F, L> | undefined;

  constructor(source: string, choose: (names: readonly string[]) => Readers<F, L>, maxRows = MAX_ROWS) {
    this.#source = source;
    this.#choose = choose;
    this.#maxRows = maxRows;
  }

  columns(names: readonly string[]): void {
    this.#readers = this.#choose(names);
    this.#values = this.#readers.features.map(() => new Growing<Doubles>(Float64Array));
  }

  record(cells: readonly string[], line: number): undefined {
    const { selection, features, label } = this.#readers!;
    if (this.#lines.length === this.#maxRows) {
      throw new DataError(`${this.#source}:${line}: expected at most ${this.#maxRows} rows, found one more`);
    }
    this.#lines.push(line);
    this.#labels.push(label.read(cells[selection.target]!, line));
    const columns = selection.features;
    for (let i = 0; i < columns.length; i++) this.#values[i]!.push(features[i]!.read(cells[columns[i]!]!, line));
  }

  get rowCount(): number {
    return this.#lines.length;
  }

  /** The columns that are read: the features in their order, then the target. */
  get columnsRead(): { index: number; textual: boolean }[] {
    const { selection, features, label } = this.#readers!;
    const target = { index: selection.target, textual: label.textual };
    return [...selection.features.map((index, i) => ({ index, textual: features[i]!.textual })), target];
  }

  /**
   * Takes in rows that were parsed elsewhere, the columns as in `columnsRead`. False, and no row is taken, where
   * something is wrong with them: reading them row by row then says what and where.
   */
  append({ lines, columns }: ParsedBlock): boolean {
    if (this.rowCount + lines.length > this.#maxRows) return false;
    const { features, label } = this.#readers!;
    const values: ArrayLike<number>[] = [];
    for (const [i, column] of columns.entries()) {
      const decoded = decode(column, features[i] ?? label);
      if (decoded === undefined) return false;
      values.push(decoded);
    }
    this.#labels.append(values.pop()!);
    values.forEach((column, i) => void this.#values[i]!.append(column));
    this.#lines.append(lines);
    return true;
  }

  /** The readers; the values per feature, the labels and the lines per row. To be called once, after a record. */
  finish() {
    return {
      ...this.#readers!,
      values: this.#values.splice(0).map((column) => column.finish()),
      labels: this.#labels.finish(),
      lines: this.#lines.finish(),
    };
  }
}

/** What the reader makes of the cells of a column; undefined where one of them is an error. */
function decode(column: ParsedColumn, reader: CellReader): Float64Array | undefined {
  if (column.kind === 'number') return reader.admitsNumbers?.(column.values) ? column.values : undefined;
  try {
    const values = column.texts.map((text, code) => reader.read(text, column.firstLines[code]!));
    return Float64Array.from(column.codes, (code) => values[code]!);
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}
