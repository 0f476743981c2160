import type { Batch, Lines } from './table-source.js';

/** A row as it stands in its table. */
export interface WrittenRow {
  /** Per column of the table. */
  readonly cells: readonly string[];
  /** The same as a line of CSV (RFC 4180), without its end, where the row stands as one. */
  readonly csv?: string | undefined;
}

/** The rows of a batch that has its cells. */
export function writtenRows({ cells, lines }: Batch): WrittenRow[] {
  if (lines === undefined) return cells!.map((row) => ({ cells: row }));
  return lines.texts.map((text) => new Line(text, lines));
}

/** A blank at the end of a cell: it needs quotes. */
const BLANK = /(?:^|,)\s|\s(?:,|$)/;

/** It is mostly wanted whole: there may be millions of them. */
class Line implements WrittenRow {
  readonly #text: string;
  readonly #lines: Lines;

  constructor(text: string, lines: Lines) {
    this.#text = text;
    this.#lines = lines;
  }

  get cells(): string[] {
    return this.#text.split(this.#lines.delimiter);
  }

  get csv(): string | undefined {
    const { delimiter, hasBlanks } = this.#lines;
    return delimiter === ',' && !(hasBlanks && BLANK.test(this.#text)) ? this.#text : undefined;
  }
}
