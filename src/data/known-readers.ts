import { UNKNOWN_CATEGORY } from '../ground/limits.js';
import { quote } from '../ground/quote.js';
import { isMissing, parseNumber } from './cells.js';
import { type ColumnPlace, type ColumnReader, cellError, emptyOrQuoted, type ReadColumn } from './column-reader.js';

/** Numbers, as a trained model expects them; NaN where missing. */
export class NumberReader implements ColumnReader {
  readonly asText = false;
  readonly #place: ColumnPlace;

  constructor(place: ColumnPlace) {
    this.#place = place;
  }

  readText(cell: string, place: number): number {
    const value = parseNumber(cell);
    if (value !== undefined) return value;
    if (isMissing(cell)) return Number.NaN;
    throw cellError(this.#place, place, 'a number', quote(cell));
  }

  readNumbers(values: Float64Array): ReadColumn {
    return { values };
  }
}

/** Indices of a model's categories; NaN where missing, UNKNOWN_CATEGORY for one that it never saw. */
export class KnownCategoryReader implements ColumnReader {
  readonly asText = true;
  readonly #indices: ReadonlyMap<string, number>;

  constructor(categories: readonly string[]) {
    this.#indices = indexOf(categories);
  }

  readText(cell: string): number {
    const text = cell.trim();
    return this.#indices.get(text) ?? (isMissing(text) ? Number.NaN : UNKNOWN_CATEGORY);
  }
}

/** Indices of a model's classes. A number is the class of its value, however it is written. */
export class KnownClassReader implements ColumnReader {
  readonly asText = true;
  readonly #place: ColumnPlace;
  readonly #indices: ReadonlyMap<string, number>;

  constructor(place: ColumnPlace, classes: readonly string[]) {
    this.#place = place;
    this.#indices = indexOf(classes);
  }

  readText(cell: string, place: number): number {
    const text = cell.trim();
    const index = this.#indices.get(text) ?? this.#indices.get(String(parseNumber(text)));
    if (index !== undefined) return index;
    if (isMissing(text)) throw cellError(this.#place, place, 'a class', emptyOrQuoted(cell));
    throw cellError(this.#place, place, 'a class of the model', quote(cell));
  }
}

function indexOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, index) => [name, index]));
}
