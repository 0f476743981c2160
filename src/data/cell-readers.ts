import { DataError } from '../ground/errors.js';
import { MAX_CATEGORIES, MAX_CLASSES } from '../ground/limits.js';
import { cut, nameInWords, quote } from '../ground/quote.js';
import { compareCodePoints, isMissing, parseNumber } from './cells.js';

/** Turns the cells of one column into numbers. */
export interface CellReader {
  /** Whether cells that look like numbers are text to it as well. */
  readonly textual: boolean;
  /** @throws DataError */
  read(cell: string, line: number): number;
  /**
   * Whether a run of cells that are all numbers, or missing, can be taken as it is; that decides as much as reading
   * them would. Only asked where the reader is not textual.
   */
  admitsNumbers?(values: Float64Array): boolean;
}

/** A column, for messages. */
export interface ColumnPlace {
  readonly source: string;
  readonly column: string;
}

/** `iris.csv:7: petal_width: expected a number, found "x"` */
export function cellError({ source, column }: ColumnPlace, line: number, expected: string, found: string): DataError {
  return new DataError(`${source}:${line}: ${nameInWords(column)}: expected ${expected}, found ${found}`);
}

/**
 * A feature column whose kind its cells decide: numbers, or categories when no cell is a number. `read` gives the
 * number, or the index of the category in order of appearance.
 */
export class FeatureReader implements CellReader {
  readonly textual: boolean;
  readonly #place: ColumnPlace;
  readonly #indices = new Map<string, number>();
  #firstTextLine = 0;
  kind: 'number' | 'category' | 'undecided';

  /** @param named whether the column was named as categorical */
  constructor(place: ColumnPlace, named: boolean) {
    this.#place = place;
    this.textual = named;
    this.kind = named ? 'category' : 'undecided';
  }

  /** In order of appearance. */
  get categories(): string[] {
    return [...this.#indices.keys()];
  }

  read(cell: string, line: number): number {
    if (!this.textual) {
      const value = parseNumber(cell);
      if (value !== undefined) {
        if (this.kind === 'category') this.#refuseNumber(cell, line);
        this.kind = 'number';
        return value;
      }
    }
    const text = cell.trim();
    const known = this.#indices.get(text);
    if (known !== undefined) return known;
    if (isMissing(text)) return Number.NaN;
    if (this.kind === 'number') throw cellError(this.#place, line, 'a number', quote(cell) + this.#advice());
    return this.#add(text, line);
  }

  admitsNumbers(values: Float64Array): boolean {
    if (this.kind === 'number' || values.every(Number.isNaN)) return true;
    if (this.kind === 'category') return false;
    this.kind = 'number';
    return true;
  }

  #add(text: string, line: number): number {
    if (this.#indices.size === 0) this.#firstTextLine = line;
    if (this.#indices.size === MAX_CATEGORIES) {
      const { column } = this.#place;
      const advice = `; is it an id? --ignore ${nameInWords(column)} leaves it out`;
      throw cellError(this.#place, line, `at most ${MAX_CATEGORIES} categories`, `one more, ${quote(text)}${advice}`);
    }
    this.kind = 'category';
    this.#indices.set(text, this.#indices.size);
    return this.#indices.size - 1;
  }

  #refuseNumber(cell: string, line: number): never {
    const first = quote(this.#indices.keys().next().value!);
    const expected = `text as on line ${this.#firstTextLine} (${first})`;
    throw cellError(this.#place, line, expected, `the number ${cut(cell.trim(), 40)}${this.#advice()}`);
  }

  #advice(): string {
    return `; --categorical ${nameInWords(this.#place.column)} reads the column as text`;
  }
}

/** Class labels. `read` gives an index in order of appearance, of the cell's text. */
export class LabelReader implements CellReader {
  readonly textual = true;
  readonly #place: ColumnPlace;
  readonly #indices = new Map<string, number>();
  readonly #numbers = new Set<number>();
  #allNumbers = true;

  constructor(place: ColumnPlace) {
    this.#place = place;
  }

  read(cell: string, line: number): number {
    const text = cell.trim();
    const known = this.#indices.get(text);
    if (known !== undefined) return known;
    if (isMissing(text)) throw cellError(this.#place, line, 'a class', emptyOrQuoted(cell));
    const value = parseNumber(text);
    const allNumbers = this.#allNumbers && value !== undefined;
    const classCount = allNumbers ? this.#numbers.size + (this.#numbers.has(value) ? 0 : 1) : this.#indices.size + 1;
    if (classCount > MAX_CLASSES) {
      throw cellError(this.#place, line, `at most ${MAX_CLASSES} classes`, 'one more; is it a number or an id?');
    }
    this.#allNumbers = allNumbers;
    if (value !== undefined) this.#numbers.add(value);
    this.#indices.set(text, this.#indices.size);
    return this.#indices.size - 1;
  }

  /**
   * The classes in their final order, numbers by value in their shortest form where all labels are numbers, else text
   * by code point; and for each index that `read` gave, the index of its class.
   */
  finish(): { classes: string[]; classOf: Uint16Array } {
    const texts = [...this.#indices.keys()];
    const labels = this.#allNumbers ? texts.map((text) => String(parseNumber(text))) : texts;
    const classes = this.#allNumbers
      ? [...this.#numbers].sort((a, b) => a - b).map(String)
      : [...texts].sort(compareCodePoints);
    const index = indexOf(classes);
    return { classes, classOf: Uint16Array.from(labels, (label) => index.get(label)!) };
  }
}

/** Each name's index. */
export function indexOf(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name, index) => [name, index]));
}

/** A cell that says nothing, for a message. */
export function emptyOrQuoted(cell: string): string {
  return cell.trim() === '' ? 'an empty cell' : quote(cell);
}
