import { UNKNOWN_CATEGORY } from '../ground/limits.js';
import { quote } from '../ground/quote.js';
import { type CellReader, type ColumnPlace, cellError, emptyOrQuoted, indexOf } from './cell-readers.js';
import { isMissing, parseNumber } from './cells.js';

/** Numbers, as a trained model expects them; NaN where missing. */
export class NumberReader implements CellReader {
  readonly textual = false;
  readonly #place: ColumnPlace;

  constructor(place: ColumnPlace) {
    this.#place = place;
  }

  read(cell: string, line: number): number {
    const value = parseNumber(cell);
    if (value !== undefined) return value;
    if (isMissing(cell)) return Number.NaN;
    throw cellError(this.#place, line, 'a number', quote(cell));
  }

  admitsNumbers(): boolean {
    return true;
  }
}

/** Indices of a model's categories; NaN where missing, UNKNOWN_CATEGORY for one that it never saw. */
export class KnownCategoryReader implements CellReader {
  readonly textual = true;
  readonly #indices: ReadonlyMap<string, number>;

  constructor(categories: readonly string[]) {
    this.#indices = indexOf(categories);
  }

  read(cell: string): number {
    const text = cell.trim();
    return this.#indices.get(text) ?? (isMissing(text) ? Number.NaN : UNKNOWN_CATEGORY);
  }
}

/** Indices of a model's classes. A number is the class of its value, however it is written. */
export class KnownClassReader implements CellReader {
  readonly textual = true;
  readonly #place: ColumnPlace;
  readonly #indices: ReadonlyMap<string, number>;

  constructor(place: ColumnPlace, classes: readonly string[]) {
    this.#place = place;
    this.#indices = indexOf(classes);
  }

  read(cell: string, line: number): number {
    const text = cell.trim();
    const index = this.#indices.get(text) ?? this.#indices.get(String(parseNumber(text)));
    if (index !== undefined) return index;
    if (isMissing(text)) throw cellError(this.#place, line, 'a class', emptyOrQuoted(cell));
    throw cellError(this.#place, line, 'a class of the model', quote(cell));
  }
}
