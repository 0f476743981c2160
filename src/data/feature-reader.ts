import { type CellParser, PLAIN_CELLS } from './cells.js';
import type { ColumnPlace, ColumnReader, ReadColumn } from './column-reader.js';
import { columnParser, type DateReading } from './date-cells.js';

/** Different texts that are kept of a column. One with more of them is free text or an id. */
export const MAX_TEXTS = 65_535;
/** Different odd texts that a message shows. */
const SHOWN = 2;

/** What is read of a cell of the other kind than the column began with. No cell is an infinite number. */
const ODD_TEXT = Number.NEGATIVE_INFINITY;
const ODD_NUMBER = Number.POSITIVE_INFINITY;

/** A cell, and the place of its row. */
export interface PlacedCell<T> {
  readonly cell: T;
  readonly place: number;
}

/** What the cells of a column are. */
export interface ColumnProfile {
  readonly place: ColumnPlace;
  /** Cells of each kind. */
  readonly numbers: number;
  readonly texts: number;
  readonly missing: number;
  /** The different texts, in order of appearance; at most `MAX_TEXTS`. */
  readonly differentTexts: readonly string[];
  /** Different numbers among texts, or texts among numbers: all of both; at most about `2 * MAX_TEXTS`. */
  readonly different: number;
  readonly firstNumber: PlacedCell<number> | undefined;
  readonly firstTexts: readonly PlacedCell<string>[];
  /** Whether a number has a fraction. */
  readonly fractions: boolean;
}

/**
 * A feature column whose kind is decided here, by its cells: numbers, or categories when no cell is a number. What is
 * read is the number, or the index of the category in order of appearance; of a column with both, enough to count them.
 */
export class FeatureReader implements ColumnReader {
  readonly asText: boolean;
  readonly place: ColumnPlace;
  readonly date: DateReading | undefined;
  readonly #parser: CellParser;
  readonly #indices = new Map<string, number>();
  readonly #firstTexts: PlacedCell<string>[] = [];
  #firstNumber: PlacedCell<number> | undefined;
  /** Those below text. */
  readonly #oddNumbers = new Set<number>();
  /** Words for missing numbers that are categories, as the column is text. */
  readonly #words = new Set<string>();
  /** The place of the first number, where such words are above it. */
  #wordsEnd: number | undefined;
  #begins: 'number' | 'category' | 'undecided';

  /** @param named whether the column was named as categorical */
  constructor(place: ColumnPlace, named: boolean, parser = PLAIN_CELLS, date?: DateReading) {
    this.place = place;
    this.date = date;
    this.#parser = columnParser(parser, date);
    this.asText = named;
    this.#begins = named ? 'category' : 'undecided';
  }

  /** What its numbers are, for a message. */
  get numberInWords(): string {
    return this.#parser.numberInWords;
  }

  /** In order of appearance. */
  get categories(): string[] {
    return [...this.#indices.keys()];
  }

  /** `mixed`: numbers and text; `undecided`: no value at all. */
  get kind(): 'number' | 'category' | 'mixed' | 'undecided' {
    if (this.#oddNumbers.size > 0 || (this.#begins === 'number' && this.#indices.size > 0)) return 'mixed';
    return this.#begins === 'category' && this.#indices.size === 0 ? 'undecided' : this.#begins;
  }

  /** Words for missing numbers among the categories, but for those that are so only in quotes. */
  get words(): string[] {
    return [...this.#words];
  }

  readText(cell: string, place: number, quoted = false): number {
    if (!this.asText) {
      const value = this.#parser.parseNumber(cell);
      if (value !== undefined) return this.#number(value, place);
    }
    const text = cell.trim();
    if (text === '' || (!quoted && this.#parser.isMissingText(text))) return Number.NaN;
    const isWord = !quoted && this.#parser.isMissing(text);
    if (isWord && !this.asText) {
      if (this.#begins === 'number') return Number.NaN;
      this.#words.add(text);
    }
    const index = this.#indices.get(text) ?? this.#add(text);
    if (!isWord) this.#text(text, place);
    return this.#begins === 'number' ? ODD_TEXT : index;
  }

  readNumbers(values: Float64Array, places: Uint32Array): ReadColumn {
    if (this.#begins === 'category') {
      return { values: values.map((value, row) => (Number.isNaN(value) ? value : this.#number(value, places[row]!))) };
    }
    if (this.#begins === 'undecided') {
      const row = values.findIndex((value) => !Number.isNaN(value));
      if (row !== -1) this.#number(values[row]!, places[row]!);
    }
    return { values };
  }

  /**
   * Corrects what was read before the kind was known: words for missing numbers above the first number are missing.
   * @param values all that was read
   */
  settle(values: Float64Array, places: Uint32Array): void {
    if (this.#begins === 'undecided') values.fill(Number.NaN);
    for (let row = 0; places[row]! < (this.#wordsEnd ?? 0); row++) values[row] = Number.NaN;
  }

  /** @param values all that was read, settled */
  profile(values: Float64Array): ColumnProfile {
    const begunWithNumbers = this.#begins === 'number';
    const numbers = new Set(this.#oddNumbers);
    const counts = { own: 0, odd: 0, missing: 0 };
    // Beside numbers such a word is missing, wherever it stands.
    const words = new Set(this.kind === 'mixed' ? this.words.map((word) => this.#indices.get(word)) : []);
    for (const value of values) {
      if (Number.isNaN(value) || words.has(value)) counts.missing++;
      else if (Number.isFinite(value)) {
        counts.own++;
        if (begunWithNumbers && numbers.size < MAX_TEXTS) numbers.add(value);
      } else counts.odd++;
    }
    return {
      place: this.place,
      numbers: begunWithNumbers ? counts.own : counts.odd,
      texts: begunWithNumbers ? counts.odd : counts.own,
      missing: counts.missing,
      differentTexts: words.size === 0 ? this.categories : this.categories.filter((text) => !this.#words.has(text)),
      different: numbers.size + this.#indices.size - words.size,
      firstNumber: this.#firstNumber,
      firstTexts: this.#firstTexts,
      fractions: [...numbers].some((value) => !Number.isInteger(value)),
    };
  }

  #number(value: number, place: number): number {
    this.#firstNumber ??= { cell: value, place };
    if (this.#begins !== 'category') {
      if (this.#words.size > 0 && this.#begins === 'undecided') this.#forgetWords(place);
      this.#begins = 'number';
      return value;
    }
    if (this.#oddNumbers.size < MAX_TEXTS) this.#oddNumbers.add(value);
    return ODD_NUMBER;
  }

  #forgetWords(firstNumber: number): void {
    this.#wordsEnd = firstNumber;
    this.#words.clear();
    this.#indices.clear();
  }

  #text(cell: string, place: number): void {
    if (this.#begins === 'undecided') this.#begins = 'category';
    if (this.#firstTexts.length < SHOWN && this.#firstTexts.every((other) => other.cell !== cell)) {
      this.#firstTexts.push({ cell, place });
    }
  }

  /** Beyond the most texts all have one index. */
  #add(text: string): number {
    const index = this.#indices.size;
    if (index === MAX_TEXTS) return index;
    this.#indices.set(text, index);
    return index;
  }
}
