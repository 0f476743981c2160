import { isAscii } from 'node:buffer';
import { type CellGrammar, type CellParser, cellParser, textWords } from '../cells.js';
import { columnParser } from '../date-cells.js';
import type { Batch, BatchColumn, Lines } from '../table-source.js';
import { Rests } from '../whole-numbers.js';
import type { BlockTask } from './block-task.js';
import type { Block } from './blocks.js';
import { BLOCK_ENDED, CELL_LEFT, type CellScanner, NUMBER, TEXT } from './cell-scanner.js';
import { TextTable } from './text-table.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const QUOTE = 34;
const POINT = 46;

/** Reads one plain block, as `PlainTable` does. */
export function scanPlainBlock(task: BlockTask, scanner: CellScanner): Batch | undefined {
  return new PlainTable(task).scan(task.block, scanner);
}

/**
 * Reads plain blocks of a table (every line a record of the expected number of cells, quotes around whole cells only) from bytes
 * into typed columns, without the text of its numbers. What it gives is what csv-parse and `parseWithCsvParse` give.
 * Why: docs/decisions/plain-blocks-are-scanned.md
 */
export class PlainTable {
  readonly #task: TableTask;
  readonly #delimiter: number;
  readonly #isScanned: boolean;
  readonly #point: number | undefined;
  readonly #columns: TableColumns;
  /** Per wanted column whether the last block had numbers there: mostly the next has too. */
  #numbers: readonly boolean[] = [];

  constructor(task: TableTask) {
    const { columnCount, delimiter, grammar, wanted } = task;
    this.#task = task;
    this.#delimiter = delimiter.charCodeAt(0);
    this.#point = plainPoint(grammar, this.#delimiter);
    const parser = cellParser(grammar);
    const words = new Set(textWords(grammar));
    const readings = wanted.map(({ asText, date }) => {
      const isPlain = this.#point !== undefined && date === undefined;
      return { asText, parser: columnParser(parser, date), isPlain, words };
    });
    const indexes = wanted.map(({ index }) => index);
    const places = new Int32Array(columnCount).fill(-1);
    for (const [i, index] of indexes.entries()) places[index] = i;
    this.#columns = { indexes, readings, places };
    // Of a date several numbers are made: a column that is wanted more than once.
    const isWantedOnce = new Set(indexes).size === wanted.length;
    this.#isScanned = isWantedOnce && delimiter.length === 1 && this.#delimiter < 128 && this.#delimiter !== QUOTE;
  }

  /**
   * @param scanner its memory holds the numbers of the batch
   * @returns undefined for a block that is not plain, or that has something wrong in it: csv-parse is to read it
   */
  scan(block: Block, scanner: CellScanner): Batch | undefined {
    const { cells } = this.#task;
    if (!this.#isScanned || (cells && block.quoted)) return undefined;
    const known = this.#numbers;
    const batch =
      (known.includes(true) ? this.#scanWith(known, block, scanner) : undefined) ?? this.#scanWith([], block, scanner);
    if (batch === undefined) return undefined;
    this.#numbers = batch.columns.map(({ kind }, i) => kind === 'number' && this.#columns.readings[i]!.isPlain);
    return cells ? { ...batch, lines: linesOf(block, this.#task) } : batch;
  }

  /** @param numbers per wanted column whether it is taken to be of numbers from its first cell on */
  #scanWith(numbers: readonly boolean[], block: Block, scanner: CellScanner): Batch | undefined {
    const { columnCount, header } = this.#task;
    const { bytes, lineCount } = block;
    const delimiter = this.#delimiter;
    const point = this.#point ?? POINT;
    const wanted = this.#columns.indexes;
    if (!scanner.open({ bytes, lineCount, delimiter, point, columnCount, wanted })) return undefined;
    return new PlainScanner(block, { delimiter, header, ...this.#columns }, numbers, scanner).scan();
  }
}

/** What has to be known to parse any block of a table. */
export type TableTask = Omit<BlockTask, 'block'>;

interface TableColumns {
  /** Of the wanted columns in the table. */
  readonly indexes: readonly number[];
  /** Per wanted column. */
  readonly readings: readonly CellReading[];
  /** Per column of the table which wanted one it is; -1: none. */
  readonly places: Int32Array;
}

const ASCII_BLANKS = [0x20, 0x09, 0x0b, 0x0c];

/** The rows of a plain block without quotes. */
function linesOf({ bytes }: Block, { delimiter, header }: TableTask): Lines {
  const ascii = isAscii(bytes);
  const text = bytes.toString(ascii ? 'latin1' : 'utf8');
  const texts = text.split(bytes.includes(CARRIAGE_RETURN) ? /\r?\n/ : '\n').filter((line) => line !== '');
  const hasBlanks = !ascii || ASCII_BLANKS.some((blank) => bytes.includes(blank));
  return { texts: header ? texts.slice(1) : texts, delimiter, hasBlanks };
}

/** The sign before the fraction of plainly written numbers; undefined where numbers are not: they may have units. */
function plainPoint(grammar: CellGrammar, delimiter: number): number | undefined {
  const { decimal = '.', missing = [], thousands, units = false } = grammar;
  const point = decimal.charCodeAt(0);
  if (thousands !== undefined || units || point === delimiter) return undefined;
  const { parseNumber } = cellParser({ decimal });
  return missing.some((word) => parseNumber(word) !== undefined) ? undefined : point;
}

interface PlainLayout extends TableColumns {
  readonly delimiter: number;
  readonly header: boolean;
}

class PlainScanner {
  readonly #block: Block;
  readonly #bytes: Buffer;
  readonly #layout: PlainLayout;
  readonly #delimiter: number;
  readonly #scanner: CellScanner;
  readonly #numbers: readonly boolean[];
  /** What gathers the cells of a wanted column; undefined as long as the scanner does. */
  readonly #columns: (PlainColumn | undefined)[];
  /** In the quoted cell or the header that was read last. */
  #lineEnds = 0;

  constructor(block: Block, layout: PlainLayout, numbers: readonly boolean[], scanner: CellScanner) {
    this.#block = block;
    this.#bytes = block.bytes;
    this.#layout = layout;
    this.#delimiter = layout.delimiter;
    this.#scanner = scanner;
    this.#numbers = numbers;
    this.#columns = layout.readings.map(({ asText }, i) => (asText ? this.#columnOf(i) : undefined));
    for (const [i, isNumber] of numbers.entries()) if (isNumber) scanner.setKind(layout.indexes[i]!, NUMBER);
  }

  scan(): Batch | undefined {
    const scanner = this.#scanner;
    const rows = this.#layout.header ? this.#afterHeader() : { at: 0, line: this.#block.firstLine };
    if (rows === undefined) return undefined;
    let stop = scanner.scan(rows.at, rows.line);
    while (stop === CELL_LEFT) {
      this.#lineEnds = 0;
      const end = this.#cell(scanner.at, scanner.column, scanner.row);
      if (end < 0) return undefined;
      stop = scanner.scanOn(end, this.#lineEnds);
    }
    if (stop !== BLOCK_ENDED || scanner.row === 0) return undefined;
    const { row: rowCount } = scanner;
    const columns = this.#layout.indexes.map((index, i): BatchColumn | undefined => {
      const column = this.#columns[i];
      return column ? column.finish(rowCount) : { kind: 'number', values: scanner.values(index, rowCount) };
    });
    return columns.every((column) => column !== undefined) ? { places: scanner.lines(), columns } : undefined;
  }

  #columnOf(i: number): PlainColumn {
    const { indexes, readings } = this.#layout;
    return new PlainColumn(this.#block, this.#delimiter, indexes[i]!, readings[i]!, this.#scanner, this.#numbers[i]);
  }

  /** @returns the end of the cell, -1 where it is not plain */
  #cell(at: number, index: number, row: number): number {
    const i = this.#layout.places[index]!;
    if (i >= 0) this.#columns[i] ??= this.#columnOf(i);
    const column = this.#columns[i];
    if (this.#bytes[at] === QUOTE) return this.#quotedCell(at, column, row);
    return column === undefined ? cellEnd(this.#bytes, at, this.#delimiter) : column.read(at, row);
  }

  /** Where the first row begins, and its line. */
  #afterHeader(): { at: number; line: number } | undefined {
    const bytes = this.#bytes;
    let at = 0;
    while (bytes[at] === LINE_FEED) at++;
    const line = this.#block.firstLine + at;
    // A CRLF alone is an empty line as well.
    if (bytes[at] === CARRIAGE_RETURN) return undefined;
    at = this.#headerEnd(at);
    if (at < 0) return undefined;
    // A CR alone ends a line as well.
    if (bytes[at] === CARRIAGE_RETURN && bytes[++at] !== LINE_FEED) return undefined;
    return { at: at + 1, line: line + 1 + this.#lineEnds };
  }

  /** @returns the end of the cell, -1 where it is not plain */
  #quotedCell(start: number, column: PlainColumn | undefined, row: number): number {
    const bytes = this.#bytes;
    let isEscaped = false;
    let at = start + 1;
    for (; ; at++) {
      const byte = bytes[at];
      // A CR in a cell is left to csv-parse, and so is a quote that never closes.
      if (byte === CARRIAGE_RETURN || byte === undefined) return -1;
      if (byte === LINE_FEED) this.#lineEnds++;
      if (byte !== QUOTE) continue;
      if (bytes[at + 1] !== QUOTE) break;
      isEscaped = true;
      at++;
    }
    if (!isCellEnd(bytes, at + 1, this.#delimiter)) return -1;
    return column === undefined || column.readQuoted(start + 1, at, isEscaped, row) ? at + 1 : -1;
  }

  /** -1 for a header with quotes, which may hold line ends. */
  #headerEnd(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    for (; at < bytes.length && bytes[at] !== LINE_FEED && bytes[at] !== CARRIAGE_RETURN; at++) {
      if (bytes[at] === QUOTE) return this.#quotedHeaderEnd(start);
    }
    return at;
  }

  #quotedHeaderEnd(start: number): number {
    const bytes = this.#bytes;
    let isOpen = false;
    let at = start;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) isOpen = !isOpen;
      else if (byte === CARRIAGE_RETURN || byte === LINE_FEED) {
        if (!isOpen) return at;
        if (byte === CARRIAGE_RETURN) return -1;
        this.#lineEnds++;
      }
    }
    return isOpen ? -1 : at;
  }
}

function isCellEnd(bytes: Uint8Array, at: number, delimiter: number): boolean {
  const byte = bytes[at];
  return byte === delimiter || byte === LINE_FEED || byte === CARRIAGE_RETURN || at === bytes.length;
}

/** @returns -1 for a cell with a quote in it */
function cellEnd(bytes: Uint8Array, start: number, delimiter: number): number {
  let at = start;
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === delimiter || byte === LINE_FEED || byte === CARRIAGE_RETURN) break;
    if (byte === QUOTE) return -1;
  }
  return at;
}

/** How the cells of a column are read. */
interface CellReading {
  readonly asText: boolean;
  readonly parser: CellParser;
  /** Whether numbers are written plainly. */
  readonly isPlain: boolean;
  /** Words for a missing value that are text where they are quoted. */
  readonly words: ReadonlySet<string>;
}

/** Gathers one column: numbers, or text as codes. A column of both makes the block not plain. */
class PlainColumn {
  readonly #bytes: Buffer;
  readonly #delimiter: number;
  readonly #index: number;
  readonly #reading: CellReading;
  readonly #scanner: CellScanner;
  readonly #texts: TextTable;
  /** Whether the cells were taken for numbers before the first of them was read. */
  readonly #isTaken: boolean;
  /** Numbers; until the kind is known, and of text, codes. Most are put there by the scanner. */
  readonly #values: Float64Array;
  #kind: 'undecided' | 'number' | 'text' = 'undecided';
  /** Words for a missing value among numbers. */
  readonly #missingWords = new Set<string>();
  readonly #rests = new Rests();

  /**
   * @param index of the column in the table
   * @param isTaken whether the scanner has taken its cells for numbers until now
   */
  constructor(
    { bytes, lineCount }: Block,
    delimiter: number,
    index: number,
    reading: CellReading,
    scanner: CellScanner,
    isTaken = false,
  ) {
    this.#bytes = bytes;
    this.#delimiter = delimiter;
    this.#index = index;
    this.#reading = reading;
    this.#scanner = scanner;
    this.#values = scanner.values(index, lineCount);
    this.#texts = new TextTable(bytes, reading.parser);
    this.#isTaken = isTaken;
    if (isTaken) this.#kind = 'number';
    else if (reading.asText) this.#begin('text');
  }

  /** @returns the end of the cell that begins at `start`; -1 where it does not fit the column */
  read(start: number, row: number): number {
    const end = cellEnd(this.#bytes, start, this.#delimiter);
    if (end < 0) return -1;
    // Among numbers each text is mostly another one: there is no use in finding it again.
    const fits =
      this.#kind === 'number'
        ? this.#addOther(start, end, row)
        : this.#addCode(this.#texts.codeOf(start, end, false), row);
    if (!fits) return -1;
    this.#tell(start, row);
    return end;
  }

  /** @returns whether the cell fits the column */
  readQuoted(start: number, end: number, isEscaped: boolean, row: number): boolean {
    const code = this.#texts.codeOf(start, end, isEscaped);
    const text = this.#texts.texts[code]!;
    if (this.#reading.words.has(text.trim())) {
      if (this.#kind === 'number') return false;
      this.#begin('text');
      this.#values[row] = this.#texts.codeOfQuotedWord(text);
    } else if (!this.#addCode(code, row)) return false;
    this.#tell(start - 1, row);
    return true;
  }

  /** @returns undefined where it was wrongly taken for numbers: it may be one of words for missing values alone */
  finish(rowCount: number): BatchColumn | undefined {
    const values = this.#values.subarray(0, rowCount);
    const isOther = this.#isTaken && (this.#texts.missing.length > 0 || values.every(Number.isNaN));
    if (isOther) return undefined;
    if (this.#kind === 'undecided' && this.#texts.isEmpty()) values.fill(Number.NaN);
    else if (this.#kind !== 'number') return this.#texts.cells(values);
    const missing = [...this.#texts.missing, ...this.#missingWords];
    const words = [...new Set(missing.map((text) => text.trim()))].filter((text) => text !== '');
    return { kind: 'number', values, ...(words.length > 0 && { words }), ...this.#rests.finish(rowCount) };
  }

  #begin(kind: 'number' | 'text'): void {
    if (kind === this.#kind) return;
    this.#kind = kind;
    if (kind === 'text') this.#scanner.setKind(this.#index, TEXT);
    else if (this.#reading.isPlain) this.#scanner.setKind(this.#index, NUMBER);
  }

  /** Tells the scanner the code of a text, lest it asks again. */
  #tell(start: number, row: number): void {
    if (this.#kind === 'text') this.#scanner.remember(this.#index, start, this.#values[row]!);
  }

  #addNumber(value: number, row: number): void {
    // Until now every cell was missing.
    if (this.#kind === 'undecided') this.#values.fill(Number.NaN, 0, row);
    this.#begin('number');
    this.#values[row] = value;
  }

  /** @returns whether a cell among numbers, which is not scanned as one, is one or missing */
  #addOther(start: number, end: number, row: number): boolean {
    const text = this.#bytes.toString('utf8', start, end);
    const { parser } = this.#reading;
    const value = parser.parseNumber(text);
    this.#values[row] = value ?? Number.NaN;
    if (value !== undefined) this.#rests.add(row, text, value);
    else if (!parser.isMissing(text)) return false;
    else if (text !== '') this.#missingWords.add(text);
    return true;
  }

  /** @returns whether a cell that is known by its text fits the column */
  #addCode(code: number, row: number): boolean {
    const value = this.#texts.numberOf(code);
    if (this.#reading.asText || Number.isNaN(value)) {
      const isMissing = this.#texts.isMissing(code);
      if (this.#kind === 'number') {
        this.#values[row] = Number.NaN;
        return isMissing;
      }
      if (!isMissing) this.#begin('text');
      this.#values[row] = code;
      return true;
    }
    if (this.#kind === 'text') return false;
    this.#addNumber(value, row);
    this.#rests.add(row, this.#texts.texts[code]!, value);
    return true;
  }
}
