import { DataError, UsageError } from '../../ground/errors.js';
import { MAX_COLUMNS } from '../../ground/limits.js';
import { quote } from '../../ground/quote.js';
import { parseNumber } from '../cells.js';
import type { TableOptions } from '../schema.js';
import { type Block, cutBlocks } from './blocks.js';
import { readText, sourceName } from './input.js';
import { parseRecords } from './records.js';

/** What becomes of the records of a table. */
export interface RecordSink<T> {
  /** The fewest columns that can make sense. */
  readonly minColumns: 1 | 2;
  /** Called once, before any record. */
  columns(names: readonly string[]): void;
  /**
   * @param cells as many as there are columns; the array may be kept
   * @param line the line on which the record begins, counted from 1
   * @returns what the reading should yield, if anything
   */
  record(cells: string[], line: number): T | undefined;
}

/** Bytes parsed at once. */
const BLOCK_BYTES = 1 << 18;

/**
 * Reads CSV (RFC 4180) record by record: quoted cells may hold delimiters, line ends and doubled quotes; lines end in
 * LF, CRLF or CR; a byte order mark and empty lines are skipped. Only the records of one block are kept at a time.
 * @throws InputError, DataError; UsageError for a delimiter that cannot be one
 */
export async function* readRecords<T>(
  input: string,
  options: TableOptions,
  sink: RecordSink<T>,
): AsyncGenerator<T, void> {
  const table = new Table(input, options, sink);
  for await (const block of cutBlocks(readText(input, options.stdin), BLOCK_BYTES, sourceName(input)))
    yield* table.read(block);
  table.end();
}

/** The records of one table: their shape is checked, the first is the header. */
export class Table<T> {
  readonly #source: string;
  readonly #delimiter: string;
  readonly #header: boolean;
  readonly #sink: RecordSink<T>;
  #columnCount = 0;
  #recordCount = 0;

  /** @throws UsageError for a delimiter that cannot be one */
  constructor(input: string, options: TableOptions, sink: RecordSink<T>) {
    this.#source = sourceName(input);
    this.#delimiter = checkedDelimiter(options.delimiter ?? ',');
    this.#header = options.header ?? true;
    this.#sink = sink;
  }

  /** What the parser of its records has to know of the table; the column count is 0 before the first record. */
  get layout(): { delimiter: string; columnCount: number } {
    return { delimiter: this.#delimiter, columnCount: this.#columnCount };
  }

  /** Passes on the records of a block, and gives back what the sink made of them. */
  read(block: Block): T[] {
    const made: T[] = [];
    parseRecords(block, this.#delimiter, this.#source, (cells, line) => {
      const item = this.#record(cells, line);
      if (item !== undefined) made.push(item);
    });
    return made;
  }

  #record(cells: string[], line: number): T | undefined {
    if (this.#columnCount === 0) {
      this.#columnCount = cells.length;
      this.#refuseOneColumn(cells, line);
      if (cells.length > MAX_COLUMNS) {
        throw new DataError(`${this.#source}:${line}: expected at most ${MAX_COLUMNS} columns, found ${cells.length}`);
      }
      this.#sink.columns(this.#header ? this.#names(cells, line) : cells.map((_, i) => `column_${i + 1}`));
      if (this.#header) return undefined;
    }
    if (cells.length !== this.#columnCount) {
      throw new DataError(`${this.#source}:${line}: expected ${this.#columnCount} cells, found ${cells.length}`);
    }
    this.#recordCount++;
    return this.#sink.record(cells, line);
  }

  /** To be called after the last block. @throws DataError where the table had no row */
  end(): void {
    if (this.#columnCount === 0) throw new DataError(`${this.#source}: expected a table, found an empty file`);
    if (this.#recordCount === 0) throw new DataError(`${this.#source}: expected rows, found only a header`);
  }

  /** One column alone mostly means another delimiter. */
  #refuseOneColumn(cells: readonly string[], line: number): void {
    if (cells.length >= this.#sink.minColumns) return;
    const found = `found one, ${quote(cells[0]!)}`;
    const hint = [';', '\t', '|', ','].find((other) => other !== this.#delimiter && cells[0]!.includes(other));
    const advice = hint === undefined ? '' : `; --delimiter '${hint === '\t' ? '\\t' : hint}' reads it as several`;
    throw new DataError(`${this.#source}:${line}: expected at least two columns, ${found}${advice}`);
  }

  #names(cells: readonly string[], line: number): string[] {
    const names = cells.map((cell) => cell.trim());
    const where = `${this.#source}:${line}`;
    if (names.every((name) => parseNumber(name) !== undefined)) {
      throw new DataError(`${where}: expected column names, found only numbers; --no-header reads the line as a row`);
    }
    const columnOf = new Map<string, number>();
    names.forEach((name, column) => {
      if (name === '') throw new DataError(`${where}: expected a name for column ${column + 1}, found an empty cell`);
      const first = columnOf.get(name);
      if (first === undefined) columnOf.set(name, column);
      else {
        const columns = `columns ${first + 1} and ${column + 1}`;
        throw new DataError(`${where}: expected different column names, found ${quote(name)} for ${columns}`);
      }
    });
    return names;
  }
}

/** @throws UsageError */
function checkedDelimiter(text: string): string {
  const delimiter = text === '\\t' ? '\t' : text;
  if ([...delimiter].length !== 1 || /["\r\n]/.test(delimiter)) {
    throw new UsageError(
      `delimiter: expected one character that is neither a quote nor a line end (\\t for a tab), found ${quote(text)}`,
    );
  }
  return delimiter;
}
