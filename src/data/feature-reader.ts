import type { Advice, DataError } from '../ground/errors.js';
import { MAX_CATEGORIES } from '../ground/limits.js';
import { nameInWords, quote } from '../ground/quote.js';
import { type CellParser, PLAIN_CELLS } from './cells.js';
import { type ColumnPlace, type ColumnReader, cellError, type ReadColumn } from './column-reader.js';

/**
 * A feature column whose kind is decided here, by its cells: numbers, or categories when no cell is a number. What is
 * read is the number, or the index of the category in order of appearance.
 */
export class FeatureReader implements ColumnReader {
  readonly asText: boolean;
  readonly #place: ColumnPlace;
  readonly #parser: CellParser;
  readonly #indices = new Map<string, number>();
  #firstTextPlace = 0;
  kind: 'number' | 'category' | 'undecided';

  /** @param named whether the column was named as categorical */
  constructor(place: ColumnPlace, named: boolean, parser = PLAIN_CELLS) {
    this.#place = place;
    this.#parser = parser;
    this.asText = named;
    this.kind = named ? 'category' : 'undecided';
  }

  /** In order of appearance. */
  get categories(): string[] {
    return [...this.#indices.keys()];
  }

  readText(cell: string, place: number): number {
    if (!this.asText) {
      const value = this.#parser.parseNumber(cell);
      if (value !== undefined) {
        if (this.kind === 'category') throw this.#numberError(value, place);
        this.kind = 'number';
        return value;
      }
    }
    const text = cell.trim();
    const known = this.#indices.get(text);
    if (known !== undefined) return known;
    if (this.#parser.isMissingText(text)) return Number.NaN;
    if (this.kind === 'number') throw cellError(this.#place, place, 'a number', quote(cell), this.#advice());
    return this.#add(text, place);
  }

  readNumbers(values: Float64Array, places: Uint32Array): ReadColumn {
    const row = this.kind === 'number' ? -1 : values.findIndex((value) => !Number.isNaN(value));
    if (row === -1) return { values };
    if (this.kind === 'category') return { row, error: this.#numberError(values[row]!, places[row]!) };
    this.kind = 'number';
    return { values };
  }

  #add(text: string, place: number): number {
    if (this.#indices.size === 0) this.#firstTextPlace = place;
    if (this.#indices.size === MAX_CATEGORIES) {
      const { column } = this.#place;
      const advice = { option: 'ignore', value: nameInWords(column), effect: 'leaves it out, if it is an id' };
      const found = `one more, ${quote(text)}`;
      throw cellError(this.#place, place, `at most ${MAX_CATEGORIES} categories`, found, advice);
    }
    this.kind = 'category';
    this.#indices.set(text, this.#indices.size);
    return this.#indices.size - 1;
  }

  #numberError(value: number, place: number): DataError {
    const first = quote(this.#indices.keys().next().value!);
    const where = this.#place.origin.unit === 'line' ? 'on line' : 'in row';
    const expected = `text as ${where} ${this.#firstTextPlace} (${first})`;
    return cellError(this.#place, place, expected, `the number ${value}`, this.#advice());
  }

  #advice(): Advice {
    return { option: 'categorical', value: nameInWords(this.#place.column), effect: 'reads the column as text' };
  }
}
