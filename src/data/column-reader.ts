import { type Advice, DataError } from '../ground/errors.js';
import { nameInWords, quote } from '../ground/quote.js';
import type { LeftOutCells } from './left-out.js';
import { type BatchColumn, type NumberCells, type Origin, placeInWords } from './table-source.js';

/** Turns the cells of one column, batch after batch, into numbers. */
export interface ColumnReader {
  /** Whether cells that look like numbers are text to it as well: then it gets only text. */
  readonly asText: boolean;
  /**
   * @param quoted whether it is text even where it is a word for a missing value
   * @throws DataError
   */
  readText(text: string, place: number, quoted?: boolean): number;
  /** Not there where all cells are wanted as text. */
  readNumbers?(cells: NumberCells, places: Uint32Array): ReadColumn;
  /** The cells of rows that are left out, of which nothing is read but whether a model has to take them. */
  readonly leftOut?: LeftOutCells;
}

/** A column, for messages. */
export interface ColumnPlace {
  readonly origin: Origin;
  readonly column: string;
}

/** `iris.csv:7: petal_width: expected a number, found "x"` */
export function cellMessage({ origin, column }: ColumnPlace, place: number, expected: string, found: string): string {
  return `${placeInWords(origin, place)}: ${nameInWords(column)}: expected ${expected}, found ${found}`;
}

/** @see cellMessage */
export function cellError(
  column: ColumnPlace,
  place: number,
  expected: string,
  found: string,
  advice?: Advice,
): DataError {
  return new DataError('cell', cellMessage(column, place, expected, found), { advice });
}

/** The place of a second row in a message: `on line 2`. */
export function placeOfAnother({ unit }: Origin, place: number): string {
  return unit === 'line' ? `on line ${place}` : `in row ${place}`;
}

/** A cell that says nothing, for a message. */
export function emptyOrQuoted(cell: string): string {
  return cell.trim() === '' ? 'an empty cell' : quote(cell);
}

/** A word for a missing value that is none, for a message. */
export function quotedWord(cell: string): string {
  return `${quote(cell.trim())} in quotes, which is text`;
}

/** The cells of a batch's column as numbers; or the first row with an error, and the error. */
export type ReadColumn = { readonly values: Float64Array } | { readonly row: number; readonly error: DataError };

/** Each distinct text is read once, where it appears first. */
export function readColumn(column: BatchColumn, reader: ColumnReader, places: Uint32Array): ReadColumn {
  if (column.kind === 'number') return reader.readNumbers!(column, places);
  const { codes, quoted, texts } = column;
  const isRead = new Uint8Array(texts.length);
  const readValues = new Float64Array(texts.length);
  const values = new Float64Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (isRead[code] === 0) {
      try {
        readValues[code] = reader.readText(texts[code]!, places[row]!, quoted?.includes(code));
      } catch (error) {
        if (error instanceof DataError) return { row, error };
        throw error;
      }
      isRead[code] = 1;
    }
    values[row] = readValues[code]!;
  }
  return { values };
}
