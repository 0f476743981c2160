import { type CellGrammar, type CellParser, cellParser, parseNumber, textWords } from '../cells.js';
import { columnParser } from '../date-cells.js';
import type { Batch, BatchColumn } from '../table-source.js';
import { Rests } from '../whole-numbers.js';
import type { BlockTask } from './block-task.js';
import { DecimalScanner } from './decimal-scanner.js';
import { TextTable } from './text-table.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const QUOTE = 34;

/**
 * Reads a plain block (every line a record of the expected number of cells, quotes around whole cells only) from bytes into
 * typed columns, without the text of its numbers. What it gives is what csv-parse and `parseWithCsvParse` give.
 * Why: docs/decisions/plain-blocks-are-scanned.md
 *
 * @returns undefined for a block that is not plain, or that has something wrong in it: csv-parse is to read it
 */
export function scanPlainBlock(task: BlockTask): Batch | undefined {
  const { cells, delimiter, wanted } = task;
  const code = delimiter.charCodeAt(0);
  // Of a date several numbers are made: a column that is wanted more than once.
  if (new Set(wanted.map(({ index }) => index)).size < wanted.length) return undefined;
  if (cells || delimiter.length > 1 || code > 127 || code === QUOTE) return undefined;
  return new PlainScanner(task, code).scan();
}

/** Whether what is scanned as a number is one: `1.5` is none where the decimal sign is a comma, nor is a word for missing. */
function isPlainlyWritten({ decimal = '.', missing = [] }: CellGrammar): boolean {
  return decimal === '.' && missing.every((word) => parseNumber(word) === undefined);
}

class PlainScanner {
  readonly #bytes: Buffer;
  readonly #quoted: boolean;
  readonly #delimiter: number;
  readonly #columnCount: number;
  readonly #lineCount: number;
  readonly #firstLine: number;
  readonly #header: boolean;
  /** Per column of the table what gathers its cells; undefined where it is not wanted. */
  readonly #columns: (PlainColumn | undefined)[];
  readonly #wanted: readonly PlainColumn[];
  /** In the quoted cells of the row that is read. */
  #lineEnds = 0;

  constructor({ block, columnCount, grammar, header, wanted }: BlockTask, delimiter: number) {
    this.#bytes = block.bytes;
    this.#quoted = block.quoted;
    this.#delimiter = delimiter;
    this.#columnCount = columnCount;
    this.#lineCount = block.lineCount;
    this.#firstLine = block.firstLine;
    this.#header = header;
    const parser = cellParser(grammar);
    const words = new Set(textWords(grammar));
    this.#wanted = wanted.map(({ asText, date }) => {
      const scanner = date === undefined && isPlainlyWritten(grammar) ? new DecimalScanner() : undefined;
      const reading = { parser: columnParser(parser, date), scanner, words };
      return new PlainColumn(block.bytes, delimiter, new Float64Array(block.lineCount), asText, reading);
    });
    this.#columns = new Array<PlainColumn | undefined>(columnCount).fill(undefined);
    wanted.forEach(({ index }, i) => {
      this.#columns[index] = this.#wanted[i];
    });
  }

  scan(): Batch | undefined {
    const bytes = this.#bytes;
    const places = new Uint32Array(this.#lineCount);
    let rowCount = 0;
    let skip = this.#header;
    let at = 0;
    for (let line = this.#firstLine; at < bytes.length; line++) {
      if (bytes[at] === LINE_FEED) {
        at++;
        continue;
      }
      const start = at;
      this.#lineEnds = 0;
      at = skip ? this.#headerEnd(at) : this.#row(at, rowCount);
      if (at < 0) return undefined;
      // A CR alone ends a line as well, and a CRLF alone is an empty one.
      if (bytes[at] === CARRIAGE_RETURN) {
        if (bytes[at + 1] !== LINE_FEED || at === start) return undefined;
        at++;
      }
      at++;
      if (skip) skip = false;
      else places[rowCount++] = line;
      line += this.#lineEnds;
    }
    if (rowCount === 0) return undefined;
    return {
      places: places.subarray(0, rowCount),
      columns: this.#wanted.map((column) => column.finish(rowCount)),
    };
  }

  /** @returns the end of the row, -1 where it is not plain */
  #row(start: number, row: number): number {
    const bytes = this.#bytes;
    const last = this.#columnCount - 1;
    let at = start;
    for (let index = 0; ; index++) {
      const column = this.#columns[index];
      if (this.#quoted && bytes[at] === QUOTE) at = this.#quotedCell(at, column, row);
      else at = column === undefined ? cellEnd(bytes, at, this.#delimiter) : column.read(at, row);
      if (at < 0) return -1;
      if (index === last) return bytes[at] === this.#delimiter ? -1 : at;
      if (bytes[at] !== this.#delimiter) return -1;
      at++;
    }
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
  readonly parser: CellParser;
  /** Undefined where numbers are not written plainly. */
  readonly scanner: DecimalScanner | undefined;
  /** Words for a missing value that are text where they are quoted. */
  readonly words: ReadonlySet<string>;
}

/** Gathers one column: numbers, or text as codes. A column of both makes the block not plain. */
class PlainColumn {
  readonly #bytes: Buffer;
  readonly #delimiter: number;
  readonly #asText: boolean;
  readonly #parser: CellParser;
  readonly #scanner: DecimalScanner | undefined;
  readonly #words: ReadonlySet<string>;
  readonly #texts: TextTable;
  /** Numbers; until the kind is known, and of text, codes. */
  readonly #values: Float64Array;
  #kind: 'undecided' | 'number' | 'text';
  /** Words for a missing value among numbers. */
  readonly #missingWords = new Set<string>();
  readonly #rests = new Rests();

  /** @param values room for every row */
  constructor(
    bytes: Buffer,
    delimiter: number,
    values: Float64Array,
    asText: boolean,
    { parser, scanner, words }: CellReading,
  ) {
    this.#bytes = bytes;
    this.#delimiter = delimiter;
    this.#values = values;
    this.#asText = asText;
    this.#kind = asText ? 'text' : 'undecided';
    this.#parser = parser;
    this.#scanner = scanner;
    this.#words = words;
    this.#texts = new TextTable(bytes, parser);
  }

  /** @returns the end of the cell that begins at `start`; -1 where it does not fit the column */
  read(start: number, row: number): number {
    if (this.#kind !== 'text' && this.#scanner !== undefined) {
      const value = this.#scanner.scan(this.#bytes, start);
      const { end } = this.#scanner;
      if (!Number.isNaN(value) && isCellEnd(this.#bytes, end, this.#delimiter)) {
        this.#addNumber(value, row);
        return end;
      }
    }
    const end = cellEnd(this.#bytes, start, this.#delimiter);
    if (end < 0) return -1;
    // Among numbers each text is mostly another one: there is no use in finding it again.
    const fits =
      this.#kind === 'number'
        ? this.#addOther(start, end, row)
        : this.#addCode(this.#texts.codeOf(start, end, false), row);
    return fits ? end : -1;
  }

  /** @returns whether the cell fits the column */
  readQuoted(start: number, end: number, isEscaped: boolean, row: number): boolean {
    const code = this.#texts.codeOf(start, end, isEscaped);
    const text = this.#texts.texts[code]!;
    if (!this.#words.has(text.trim())) return this.#addCode(code, row);
    if (this.#kind === 'number') return false;
    this.#kind = 'text';
    this.#values[row] = this.#texts.codeOfQuotedWord(text);
    return true;
  }

  finish(rowCount: number): BatchColumn {
    const values = this.#values.subarray(0, rowCount);
    if (this.#kind === 'undecided' && this.#texts.isEmpty()) values.fill(Number.NaN);
    else if (this.#kind !== 'number') return this.#texts.cells(values);
    const missing = [...this.#texts.missing, ...this.#missingWords];
    const words = [...new Set(missing.map((text) => text.trim()))].filter((text) => text !== '');
    return { kind: 'number', values, ...(words.length > 0 && { words }), ...this.#rests.finish(rowCount) };
  }

  #addNumber(value: number, row: number): void {
    if (this.#kind === 'undecided') {
      // Until now every cell was missing.
      this.#values.fill(Number.NaN, 0, row);
      this.#kind = 'number';
    }
    this.#values[row] = value;
  }

  /** @returns whether a cell among numbers, which is not scanned as one, is one or missing */
  #addOther(start: number, end: number, row: number): boolean {
    const text = this.#bytes.toString('utf8', start, end);
    const value = this.#parser.parseNumber(text);
    this.#values[row] = value ?? Number.NaN;
    if (value !== undefined) this.#rests.add(row, text, value);
    else if (!this.#parser.isMissing(text)) return false;
    else if (text !== '') this.#missingWords.add(text);
    return true;
  }

  /** @returns whether a cell that is known by its text fits the column */
  #addCode(code: number, row: number): boolean {
    const value = this.#texts.numberOf(code);
    if (this.#asText || Number.isNaN(value)) {
      const isMissing = this.#texts.isMissing(code);
      if (this.#kind === 'number') {
        this.#values[row] = Number.NaN;
        return isMissing;
      }
      if (!isMissing) this.#kind = 'text';
      this.#values[row] = code;
      return true;
    }
    if (this.#kind === 'text') return false;
    this.#addNumber(value, row);
    this.#rests.add(row, this.#texts.texts[code]!, value);
    return true;
  }
}
