import { DataError } from '../../ground/errors.js';
import { plural, quote } from '../../ground/quote.js';
import { type CellParser, cellParser, textWords } from '../cells.js';
import { columnParser } from '../date-cells.js';

import type { Batch, BatchColumn, RefusedRow, WantedColumn } from '../table-source.js';
import { Rests } from '../whole-numbers.js';
import type { BlockTask } from './block-task.js';
import { type CellScanner, createScanner } from './cell-scanner.js';
import { scanPlainBlock } from './plain-block.js';
import { parseRecords } from './records.js';

export interface ParsedBlock {
  /** Mostly one: a column that goes from numbers to text, or back, begins another, once. None of them is empty. */
  readonly batches: readonly Batch[];
  /** Of the row after them. */
  readonly error?: DataError;
  /** Whether it was scanned, without csv-parse. */
  readonly isPlain?: boolean;
}

/** A shorter block is read by csv-parse sooner than the scanner is ready. */
const SCANNED_BYTES = 1 << 15;

/** Parses blocks of a table, one after another. */
export class BlockReader {
  /** Undefined until the first block that is worth one; null where there is none to be had. */
  #scanner: CellScanner | null | undefined;

  /**
   * Parses a block without the rest of its table: its rows up to the first that is no row, and what is wrong with that.
   * The numbers of the batches are good until the next block is parsed.
   */
  parse(task: BlockTask): ParsedBlock {
    const scanner = task.block.bytes.length < SCANNED_BYTES ? null : this.#ownScanner();
    const plain = scanner === null ? undefined : scanPlainBlock(task, scanner);
    return plain === undefined ? parseWithCsvParse(task) : { batches: [plain], isPlain: true };
  }

  #ownScanner(): CellScanner | null {
    if (this.#scanner === undefined) this.#scanner = createScanner() ?? null;
    return this.#scanner;
  }
}

/** Any block. csv-parse has the last word on what a record is, and every error is from it. */
export function parseWithCsvParse(task: BlockTask): ParsedBlock {
  const { block, delimiter, source } = task;
  const gatherer = new BatchGatherer(task.wanted, cellParser(task.grammar), task.cells);
  let skip = task.header;
  try {
    parseRecords(block, { delimiter, source, words: textWords(task.grammar) }, (cells, line, quotedWords) => {
      if (skip) {
        skip = false;
        return;
      }
      const misfit = cells.length === task.columnCount ? undefined : fitCells(cells, task, line);
      if (misfit === undefined) gatherer.add(cells, line, quotedWords);
      else if (task.goOn) gatherer.refuse(cells, line, misfit);
      else throw misfit;
    });
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { batches: gatherer.finish(), error };
  }
  return { batches: gatherer.finish() };
}

/**
 * Cuts the cells to the table's columns, or adds empty ones.
 * @returns why they are no row: too few, or more than may be dropped
 */
function fitCells(cells: string[], { columnCount, source, trailing }: BlockTask, line: number): DataError | undefined {
  const found = cells.length;
  const beyond = cells.splice(columnCount);
  while (cells.length < columnCount) cells.push('');
  if (found < columnCount || beyond.length > trailing) {
    return new DataError('syntax', `${source}:${line}: expected ${plural(columnCount, 'cell')}, found ${found}`);
  }
  const cell = beyond.find((text) => text.trim() !== '');
  if (cell === undefined) return undefined;
  const expected = `expected nothing after ${plural(columnCount, 'cell')}`;
  return new DataError('syntax', `${source}:${line}: ${expected}, found ${quote(cell)}`);
}

/** Gathers rows into batches in each of which the cells of a column are all numbers, or text. */
class BatchGatherer {
  readonly #wanted: readonly WantedColumn[];
  readonly #parsers: readonly CellParser[];
  /** Columns of numbers and text: text from the place on where this shows, lest each change begin a batch. */
  readonly #mixed: boolean[];
  readonly #keepCells: boolean;
  readonly #batches: Batch[] = [];
  #lines: number[] = [];
  #cells: string[][] = [];
  #refused: RefusedRow[] = [];
  #columns: ColumnGatherer[] = [];

  constructor(wanted: readonly WantedColumn[], parser: CellParser, keepCells: boolean) {
    this.#wanted = wanted;
    this.#parsers = wanted.map(({ date }) => columnParser(parser, date));
    this.#mixed = wanted.map(() => false);
    this.#keepCells = keepCells;
    this.#begin();
  }

  add(cells: string[], line: number, quotedWords: readonly number[] | undefined): void {
    const misfit = this.#take(cells, quotedWords);
    if (misfit >= 0) {
      this.#end();
      this.#mixed[misfit] = true;
      this.#begin();
      this.#take(cells, quotedWords);
    }
    this.#lines.push(line);
    if (this.#keepCells) this.#cells.push(cells);
  }

  /** @param cells one per column of the table */
  refuse(cells: string[], line: number, error: DataError): void {
    this.add(
      cells.map(() => ''),
      line,
      undefined,
    );
    this.#refused.push({ row: this.#lines.length - 1, error });
    if (this.#keepCells) this.#cells[this.#cells.length - 1] = cells;
  }

  finish(): Batch[] {
    this.#end();
    return this.#batches;
  }

  /** The column whose cell does not fit to those above it, of which no cell is taken; -1 where all fit. */
  #take(cells: readonly string[], quotedWords: readonly number[] | undefined): number {
    const wanted = this.#wanted;
    const columns = this.#columns;
    if (quotedWords === undefined) {
      for (let i = 0; i < wanted.length; i++) if (!columns[i]!.add(cells[wanted[i]!.index]!)) return i;
      return -1;
    }
    return wanted.findIndex(({ index }, i) => {
      const cell = cells[index]!;
      return !(quotedWords.includes(index) ? columns[i]!.addQuoted(cell) : columns[i]!.add(cell));
    });
  }

  #begin(): void {
    this.#lines = [];
    this.#cells = [];
    this.#refused = [];
    this.#columns = this.#wanted.map(
      ({ asText }, i) => new ColumnGatherer(asText || this.#mixed[i]!, this.#parsers[i]!),
    );
  }

  #end(): void {
    const rowCount = this.#lines.length;
    if (rowCount === 0) return;
    this.#batches.push({
      places: new Uint32Array(this.#lines),
      columns: this.#columns.map((column) => column.finish(rowCount)),
      ...(this.#keepCells && { cells: this.#cells }),
      ...(this.#refused.length > 0 && { refused: this.#refused }),
    });
  }
}

/** Gathers one column: as numbers for as long as there is no text. */
class ColumnGatherer {
  readonly #asText: boolean;
  readonly #parser: CellParser;
  #kind: 'undecided' | 'number' | 'text';
  /** Numbers; until the kind is known, and of text, codes. */
  readonly #values: number[] = [];
  readonly #codes = new Map<string, number>();
  readonly #quotedCodes = new Map<string, number>();
  /** Words for a missing value among numbers. */
  readonly #words = new Set<string>();
  readonly #rests = new Rests();

  constructor(asText: boolean, parser: CellParser) {
    this.#asText = asText;
    this.#parser = parser;
    this.#kind = asText ? 'text' : 'undecided';
  }

  /** False, and nothing is added, for a number below text or text below a number. */
  add(cell: string): boolean {
    const value = this.#asText ? undefined : this.#parser.parseNumber(cell);
    if (value !== undefined) {
      if (this.#kind !== 'number') {
        if (this.#kind === 'text') return false;
        this.#beginNumbers();
      }
      this.#rests.add(this.#values.length, cell, value);
      this.#values.push(value);
    } else if (this.#kind === 'text') {
      this.#values.push(this.#codeOf(cell, this.#codes));
    } else if (this.#parser.isMissing(cell)) {
      this.#values.push(this.#kind === 'number' ? this.#missing(cell) : this.#codeOf(cell, this.#codes));
    } else return this.#addText(cell, this.#codes);
    return true;
  }

  /** The same of a word for a missing value that is text, since it is quoted. */
  addQuoted(cell: string): boolean {
    return this.#addText(cell, this.#quotedCodes);
  }

  /** @param rowCount rows of the batch; a row that did not fit may have left a cell here */
  finish(rowCount: number): BatchColumn {
    this.#values.length = rowCount;
    if (this.#kind === 'undecided' && this.#isEmpty()) this.#beginNumbers();
    if (this.#kind === 'number') {
      const words = [...this.#words];
      const values = new Float64Array(this.#values);
      return { kind: 'number', values, ...(words.length > 0 && { words }), ...this.#rests.finish(rowCount) };
    }
    const texts: string[] = [];
    for (const codes of [this.#codes, this.#quotedCodes]) for (const [text, code] of codes) texts[code] = text;
    const quoted = [...this.#quotedCodes.values()];
    return { kind: 'text', texts, codes: new Uint32Array(this.#values), ...(quoted.length > 0 && { quoted }) };
  }

  /** Until now every cell was missing. */
  #beginNumbers(): void {
    this.#kind = 'number';
    this.#values.fill(Number.NaN);
    for (const cell of this.#codes.keys()) this.#missing(cell);
    this.#codes.clear();
  }

  #missing(cell: string): number {
    const word = cell.trim();
    if (word !== '') this.#words.add(word);
    return Number.NaN;
  }

  /** Whether every cell is empty: a word for a missing number may be a category, if the column is text. */
  #isEmpty(): boolean {
    return [...this.#codes.keys()].every((text) => text.trim() === '');
  }

  #addText(cell: string, codes: Map<string, number>): boolean {
    if (this.#kind === 'number') return false;
    this.#kind = 'text';
    this.#values.push(this.#codeOf(cell, codes));
    return true;
  }

  #codeOf(cell: string, codes: Map<string, number>): number {
    const known = codes.get(cell);
    if (known !== undefined) return known;
    const code = this.#codes.size + this.#quotedCodes.size;
    codes.set(cell, code);
    return code;
  }
}
