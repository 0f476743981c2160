import { type CellParser, cellParser } from '../cells.js';
import type { Batch, BatchColumn } from '../table-source.js';
import { DecimalScanner } from './decimal-scanner.js';
import type { BlockTask } from './parse-block.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const QUOTE = 34;

/**
 * Reads a plain block (no quotes, every line a record of the expected number of cells) from bytes into typed columns,
 * without the text of its numbers. What it gives is what csv-parse and `parseBlock` give.
 * Why: docs/decisions/plain-blocks-are-scanned.md
 *
 * @returns undefined for a block that is not plain, or that has something wrong in it: csv-parse is to read it
 */
export function scanPlainBlock(task: BlockTask): Batch | undefined {
  const { block, cells, delimiter } = task;
  const code = delimiter.charCodeAt(0);
  if (block.quoted || cells || delimiter.length > 1 || code > 127 || code === QUOTE) return undefined;
  return new PlainScanner(task, code).scan();
}

class PlainScanner {
  readonly #bytes: Buffer;
  readonly #delimiter: number;
  readonly #columnCount: number;
  readonly #lineCount: number;
  readonly #firstLine: number;
  readonly #header: boolean;
  /** Per column of the table what gathers its cells; undefined where it is not wanted. */
  readonly #columns: (PlainColumn | undefined)[];
  readonly #wanted: readonly PlainColumn[];

  constructor({ block, columnCount, grammar, header, wanted }: BlockTask, delimiter: number) {
    this.#bytes = block.bytes;
    this.#delimiter = delimiter;
    this.#columnCount = columnCount;
    this.#lineCount = block.lineCount;
    this.#firstLine = block.firstLine;
    this.#header = header;
    const parser = cellParser(grammar);
    // Where the decimal sign is a comma, `1.5` is no number.
    const scanner = (grammar.decimal ?? '.') === '.' ? new DecimalScanner() : undefined;
    this.#wanted = wanted.map(({ asText }) => {
      const kind = asText ? 'text' : 'undecided';
      return new PlainColumn(block.bytes, delimiter, new Float64Array(block.lineCount), kind, parser, scanner);
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
      const start = at;
      if (bytes[at] === LINE_FEED) {
        at++;
        continue;
      }
      at = skip ? this.#lineEnd(at) : this.#row(at, rowCount);
      if (at < 0) return undefined;
      // A CR alone ends a line as well, and a CRLF alone is an empty one.
      if (bytes[at] === CARRIAGE_RETURN) {
        if (bytes[at + 1] !== LINE_FEED || at === start) return undefined;
        at++;
      }
      at++;
      if (skip) skip = false;
      else places[rowCount++] = line;
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
      at = column === undefined ? cellEnd(bytes, at, this.#delimiter) : column.read(at, row);
      if (at < 0) return -1;
      if (index === last) return bytes[at] === this.#delimiter ? -1 : at;
      if (bytes[at] !== this.#delimiter) return -1;
      at++;
    }
  }

  /** A CR alone is in no header that is read here. */
  #lineEnd(start: number): number {
    let at = start;
    while (at < this.#bytes.length && this.#bytes[at] !== LINE_FEED && this.#bytes[at] !== CARRIAGE_RETURN) at++;
    return at;
  }
}

function cellEnd(bytes: Uint8Array, start: number, delimiter: number): number {
  let at = start;
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === delimiter || byte === LINE_FEED || byte === CARRIAGE_RETURN) break;
  }
  return at;
}

/** Gathers one column: numbers, or text as codes. A column of both makes the block not plain. */
class PlainColumn {
  readonly #bytes: Buffer;
  readonly #delimiter: number;
  readonly #asText: boolean;
  readonly #parser: CellParser;
  readonly #scanner: DecimalScanner | undefined;
  readonly #texts: TextTable;
  readonly #values: Float64Array;
  #kind: 'undecided' | 'number' | 'text';

  /** @param values room for every row */
  constructor(
    bytes: Buffer,
    delimiter: number,
    values: Float64Array,
    kind: 'undecided' | 'text',
    parser: CellParser,
    scanner: DecimalScanner | undefined,
  ) {
    this.#bytes = bytes;
    this.#delimiter = delimiter;
    this.#values = values;
    this.#kind = kind;
    this.#asText = kind === 'text';
    this.#parser = parser;
    this.#scanner = scanner;
    this.#texts = new TextTable(bytes, parser);
  }

  /** @returns the end of the cell that begins at `start`; -1 where it does not fit the column */
  read(start: number, row: number): number {
    if (this.#kind !== 'text' && this.#scanner !== undefined) {
      const value = this.#scanner.scan(this.#bytes, start);
      const { end } = this.#scanner;
      if (!Number.isNaN(value) && this.#isEnd(end)) {
        this.#kind = 'number';
        this.#values[row] = value;
        return end;
      }
    }
    return this.#readOther(start, row);
  }

  finish(rowCount: number): BatchColumn {
    const values = this.#values.subarray(0, rowCount);
    if (this.#kind !== 'text') return { kind: 'number', values };
    return { kind: 'text', texts: this.#texts.texts, codes: Uint32Array.from(values) };
  }

  #isEnd(at: number): boolean {
    const byte = this.#bytes[at];
    return byte === this.#delimiter || byte === LINE_FEED || byte === CARRIAGE_RETURN || at === this.#bytes.length;
  }

  /** Text, a missing cell, or a number that takes `Number`. */
  #readOther(start: number, row: number): number {
    const end = cellEnd(this.#bytes, start, this.#delimiter);
    if (this.#kind !== 'text') {
      const text = this.#bytes.toString('utf8', start, end);
      const value = this.#parser.parseNumber(text) ?? (this.#parser.isMissing(text) ? Number.NaN : undefined);
      if (value !== undefined) {
        if (!Number.isNaN(value)) this.#kind = 'number';
        this.#values[row] = value;
        return end;
      }
      if (this.#kind === 'number') return -1;
      this.#kind = 'text';
      // Until now every cell was missing: an empty cell says the same.
      if (row > 0) this.#values.fill(this.#texts.codeOf(end, end), 0, row);
    }
    const code = this.#texts.codeOf(start, end);
    if (!this.#asText && this.#texts.isNumber(code)) return -1;
    this.#values[row] = code;
    return end;
  }
}

/** The distinct cells of a column, numbered in order of appearance, found by their bytes. */
class TextTable {
  readonly texts: string[] = [];
  readonly #bytes: Buffer;
  readonly #parser: CellParser;
  /** Where each text stands first. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #areNumbers: boolean[] = [];
  /** Open addressing: a code + 1, or 0. */
  #slots = new Uint32Array(64);

  constructor(bytes: Buffer, parser: CellParser) {
    this.#bytes = bytes;
    this.#parser = parser;
  }

  codeOf(start: number, end: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#hash(start, end) & mask; ; slot = (slot + 1) & mask) {
      const code = this.#slots[slot]! - 1;
      if (code < 0) return this.#add(start, end, slot);
      if (this.#isEqual(code, start, end)) return code;
    }
  }

  /** Whether a text is a number to the table's grammar. */
  isNumber(code: number): boolean {
    return this.#areNumbers[code]!;
  }

  #isEqual(code: number, start: number, end: number): boolean {
    const bytes = this.#bytes;
    const from = this.#starts[code]!;
    if (this.#ends[code]! - from !== end - start) return false;
    for (let at = start, other = from; at < end; at++, other++) if (bytes[at] !== bytes[other]) return false;
    return true;
  }

  #add(start: number, end: number, slot: number): number {
    const text = this.#bytes.toString('utf8', start, end);
    const code = this.texts.push(text) - 1;
    this.#starts.push(start);
    this.#ends.push(end);
    this.#areNumbers.push(this.#parser.parseNumber(text) !== undefined);
    this.#slots[slot] = code + 1;
    if (2 * this.texts.length > this.#slots.length) this.#grow();
    return code;
  }

  #grow(): void {
    this.#slots = new Uint32Array(4 * this.#slots.length);
    const mask = this.#slots.length - 1;
    this.#starts.forEach((start, code) => {
      let slot = this.#hash(start, this.#ends[code]!) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = code + 1;
    });
  }

  /** FNV-1a, 32 bits, with its high bits folded into those that are used. */
  #hash(start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ this.#bytes[at]!, 0x01000193);
    return hash ^ (hash >>> 15);
  }
}
