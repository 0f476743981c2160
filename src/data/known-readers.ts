import { UNKNOWN_CATEGORY } from '../ground/limits.js';
import { quote } from '../ground/quote.js';
import { type CellParser, PLAIN_CELLS, parseNumber } from './cells.js';
import { type ColumnPlace, type ColumnReader, cellError, emptyOrQuoted, type ReadColumn } from './column-reader.js';

/** Numbers, as a trained model expects them; NaN where missing. */
export class NumberReader implements ColumnReader {
  readonly asText = false;
  readonly #place: ColumnPlace;
  readonly #parser: CellParser;

  constructor(place: ColumnPlace, parser = PLAIN_CELLS) {
    this.#place = place;
    this.#parser = parser;
  }

  readText(cell: string, place: number): number {
    const value = this.#parser.parseNumber(cell);
    if (value !== undefined) return value;
    if (this.#parser.isMissing(cell)) return Number.NaN;
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
  readonly #parser: CellParser;

  constructor(categories: readonly string[], parser = PLAIN_CELLS) {
    this.#indices = indexOf(categories);
    this.#parser = parser;
  }

  readText(cell: string): number {
    const text = cell.trim();
    return this.#indices.get(text) ?? (this.#parser.isMissingText(text) ? Number.NaN : UNKNOWN_CATEGORY);
  }
}

/** Indices of a model's classes. A number is the class of its value, however it is written. */
export class KnownClassReader implements ColumnReader {
  readonly asText = true;
  readonly #place: ColumnPlace;
  readonly #parser: CellParser;
  readonly #indices: ReadonlyMap<string, number>;

  constructor(place: ColumnPlace, classes: readonly string[], parser = PLAIN_CELLS) {
    this.#place = place;
    this.#parser = parser;
    this.#indices = indexOf(classes);
  }

  readText(cell: string, place: number): number {
    const text = cell.trim();
    const value = parseNumber(text);
    const index = this.#indices.get(text) ?? (value === undefined ? undefined : this.#indices.get(String(value)));
    if (index !== undefined) return index;
    if (this.#parser.isMissing(text)) throw cellError(this.#place, place, 'a class', emptyOrQuoted(cell));
    throw cellError(this.#place, place, 'a class of the model', quote(cell));
  }
}

function indexOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, index) => [name, index]));
}
