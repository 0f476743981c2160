import { DataError } from '../../ground/errors.js';
import { isMissing, parseNumber } from '../cells.js';
import type { Block } from './blocks.js';
import { parseRecords } from './records.js';

/** What a thread has to know to parse a block of a table. */
export interface BlockTask {
  readonly block: Block;
  readonly delimiter: string;
  readonly columnCount: number;
  /** The columns to parse; a textual one is not to be read as numbers. */
  readonly columns: readonly { readonly index: number; readonly textual: boolean }[];
}

/** A column of a block: numbers, NaN where missing; or, where a cell is text, an index into the distinct cells. */
export type ParsedColumn =
  | { readonly kind: 'number'; readonly values: Float64Array }
  | {
      readonly kind: 'text';
      /** In order of appearance. */
      readonly texts: readonly string[];
      /** The line on which each appears first. */
      readonly firstLines: readonly number[];
      readonly codes: Uint32Array;
    };

export interface ParsedBlock {
  readonly lines: Uint32Array;
  /** In the order of the task. */
  readonly columns: readonly ParsedColumn[];
}

/**
 * Parses a block without the rest of its table. Gives undefined where something is wrong with it (quotes, a ragged
 * row, a column of numbers and text): the reader of the whole table is to find that, and to say where.
 */
export function parseBlock({ block, delimiter, columnCount, columns }: BlockTask): ParsedBlock | undefined {
  const lines: number[] = [];
  const gatherers = columns.map(({ textual }) => new Gatherer(textual));
  try {
    parseRecords(block, delimiter, '', (cells, line) => {
      if (cells.length !== columnCount) throw new DataError('a ragged row');
      lines.push(line);
      for (let i = 0; i < columns.length; i++) gatherers[i]!.add(cells[columns[i]!.index]!, line);
    });
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
  return { lines: Uint32Array.from(lines), columns: gatherers.map((gatherer) => gatherer.finish()) };
}

/** Gathers one column: as numbers for as long as there is no text. */
class Gatherer {
  readonly #textual: boolean;
  #kind: 'undecided' | 'number' | 'text';
  readonly #values: number[] = [];
  readonly #codes = new Map<string, number>();
  readonly #firstLines: number[] = [];

  constructor(textual: boolean) {
    this.#textual = textual;
    this.#kind = textual ? 'text' : 'undecided';
  }

  add(cell: string, line: number): void {
    const value = this.#textual ? undefined : parseNumber(cell);
    if (value !== undefined) {
      if (this.#kind === 'text') throw new DataError('a number among text');
      this.#kind = 'number';
      this.#values.push(value);
    } else if (this.#kind === 'text') {
      this.#values.push(this.#codeOf(cell, line));
    } else if (isMissing(cell)) {
      this.#values.push(Number.NaN);
    } else {
      if (this.#kind === 'number') throw new DataError('text among numbers');
      this.#beginText(line);
      this.#values.push(this.#codeOf(cell, line));
    }
  }

  finish(): ParsedColumn {
    if (this.#kind !== 'text') return { kind: 'number', values: Float64Array.from(this.#values) };
    const texts = [...this.#codes.keys()];
    return { kind: 'text', texts, firstLines: this.#firstLines, codes: Uint32Array.from(this.#values) };
  }

  /** Until now every cell was missing: an empty cell says the same. */
  #beginText(line: number): void {
    this.#kind = 'text';
    if (this.#values.length > 0) this.#values.fill(this.#codeOf('', line));
  }

  #codeOf(cell: string, line: number): number {
    const known = this.#codes.get(cell);
    if (known !== undefined) return known;
    this.#codes.set(cell, this.#codes.size);
    this.#firstLines.push(line);
    return this.#codes.size - 1;
  }
}
