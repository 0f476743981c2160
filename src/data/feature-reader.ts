import { type CellParser, PLAIN_CELLS } from './cells.js';
import type { ColumnPlace, ColumnReader, ReadColumn } from './column-reader.js';
import { columnParser, type DateReading } from './date-cells.js';
import { LeftOutCells } from './left-out.js';
import type { NumberCells, PlacedCell } from './table-source.js';
import { restOfWhole, type Twins, WholeNumbers } from './whole-numbers.js';

/** Different texts that are kept of a column. One with more of them is free text or an id. */
export const MAX_TEXTS = 65_535;
const NONE = new Float64Array(0);
/** Different odd texts that a message shows. */
const SHOWN = 2;

/** What is read of a cell of the other kind than the column began with. No cell is an infinite number. */
const ODD_TEXT = Number.NEGATIVE_INFINITY;
const ODD_NUMBER = Number.POSITIVE_INFINITY;

/** What the cells of a column are. */
export interface ColumnProfile {
  readonly place: ColumnPlace;
  /** The different texts, in order of appearance; at most `MAX_TEXTS`. */
  readonly differentTexts: readonly string[];
  /** Different numbers among texts, or texts among numbers: all of both; at most about `2 * MAX_TEXTS`. */
  readonly different: number;
  readonly firstNumber: PlacedCell<number> | undefined;
  readonly firstTexts: readonly PlacedCell<string>[];
  /** Whether a text is a word for a missing value that is text, since it is in quotes. */
  isQuotedWord(text: string): boolean;
  /** Whether a number has a fraction. */
  readonly fractions: boolean;
  /** It takes a look at every row. */
  countCells(): CellCounts;
}

/** Cells of each kind. */
export interface CellCounts {
  readonly numbers: number;
  readonly texts: number;
  readonly missing: number;
}

/**
 * A feature column whose kind is decided here, by its cells: numbers, or categories when no cell is a number. What is
 * read is the number, or the index of the category in order of appearance; of a column with both, enough to count them.
 */
export class FeatureReader implements ColumnReader {
  readonly asText: boolean;
  readonly place: ColumnPlace;
  readonly date: DateReading | undefined;
  readonly leftOut: LeftOutCells;
  readonly #parser: CellParser;
  readonly #indices = new Map<string, number>();
  readonly #firstTexts: PlacedCell<string>[] = [];
  #firstNumber: PlacedCell<number> | undefined;
  /** Those below text. */
  readonly #oddNumbers = new Set<number>();
  readonly #wholes = new WholeNumbers();
  /** Words for missing numbers among numbers. */
  readonly #missingWords = new Set<string>();
  /** Those that are categories, as the column is text. */
  readonly #words = new Set<string>();
  readonly #quotedWords = new Set<string>();
  /** The place of the first number, where such words are above it. */
  #wordsEnd: number | undefined;
  #begins: 'number' | 'category' | 'undecided';

  /** @param named whether the column was named as categorical */
  constructor(place: ColumnPlace, named: boolean, parser = PLAIN_CELLS, date?: DateReading) {
    this.place = place;
    this.date = date;
    this.#parser = columnParser(parser, date);
    this.leftOut = new LeftOutCells(this.#parser);
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

  /** Words for missing numbers among the categories that are somewhere without quotes. */
  get words(): readonly string[] {
    return [...this.#words];
  }

  /** Words for missing numbers that are missing values here. */
  get missingWords(): readonly string[] {
    return this.kind === 'category' ? [] : [...this.#missingWords, ...this.#words, ...this.leftOut.words];
  }

  /** Two whole numbers that are one as doubles. */
  get twins(): Twins | undefined {
    return this.#wholes.twins;
  }

  readText(cell: string, place: number, quoted = false): number {
    if (!this.asText) {
      const value = this.#parser.parseNumber(cell);
      if (value !== undefined) {
        this.#wholes.add(value, restOfWhole(cell, value), place);
        return this.#number(value, place);
      }
    }
    const text = cell.trim();
    if (text === '' || (!quoted && this.#parser.isMissingText(text))) return Number.NaN;
    const isWord = !this.asText && this.#parser.isMissing(text);
    if (isWord && !quoted) return this.#begins === 'number' ? this.#missingWord(text) : this.#word(text);
    if (isWord) this.#quotedWords.add(text);
    const index = this.#indices.get(text) ?? this.#add(text);
    this.#text(text, place);
    return this.#begins === 'number' ? ODD_TEXT : index;
  }

  readNumbers({ rests = NONE, values, words = [] }: NumberCells, places: Uint32Array): ReadColumn {
    for (const word of words) this.#missingWord(word);
    for (let row = 0; row < rests.length; row++) this.#wholes.add(values[row]!, rests[row]!, places[row]!);
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
   * Words for missing numbers, which were read before the kind was known, become categories in a column of text, and
   * missing in any other.
   * @param values all that was read
   */
  settle(values: Float64Array, places: Uint32Array): void {
    if (this.#begins === 'undecided') values.fill(Number.NaN);
    for (let row = 0; places[row]! < (this.#wordsEnd ?? 0); row++) values[row] = Number.NaN;
    if (this.#begins !== 'category' || this.#words.size === 0) return;
    const isText = this.kind === 'category';
    for (let row = 0; row < values.length; row++) {
      if (values[row]! < 0) values[row] = isText ? -values[row]! - 1 : Number.NaN;
    }
  }

  /** @param values all that was read, settled */
  profile(values: Float64Array): ColumnProfile {
    const numbers = this.#begins === 'number' ? differentNumbers(values) : this.#oddNumbers;
    // Beside numbers a word is missing, but in quotes.
    const texts = this.kind === 'mixed' ? this.categories.filter((text) => !this.#isOnlyWord(text)) : this.categories;
    return {
      place: this.place,
      differentTexts: texts,
      different: numbers.size + texts.length,
      firstNumber: this.#firstNumber,
      firstTexts: this.#firstTexts,
      isQuotedWord: (text) => this.#quotedWords.has(text),
      fractions: [...numbers].some((value) => !Number.isInteger(value)),
      countCells: () => this.#countCells(values),
    };
  }

  #countCells(values: Float64Array): CellCounts {
    let [own, odd] = [0, 0];
    for (let row = 0; row < values.length; row++) {
      if (Number.isFinite(values[row])) own++;
      else if (!Number.isNaN(values[row])) odd++;
    }
    const missing = values.length - own - odd;
    return this.#begins === 'number' ? { numbers: own, texts: odd, missing } : { numbers: odd, texts: own, missing };
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

  #isOnlyWord(text: string): boolean {
    return this.#words.has(text) && !this.#quotedWords.has(text);
  }

  #missingWord(word: string): number {
    this.#missingWords.add(word);
    return Number.NaN;
  }

  /** The index that the word has as a category, apart from those of texts: see `settle`. */
  #word(text: string): number {
    this.#words.add(text);
    return -(this.#indices.get(text) ?? this.#add(text)) - 1;
  }

  #forgetWords(firstNumber: number): void {
    this.#wordsEnd = firstNumber;
    for (const word of this.#words) this.#missingWords.add(word);
    this.#words.clear();
    this.#indices.clear();
  }

  #text(cell: string, place: number): void {
    if (this.#begins === 'undecided') this.#begins = 'category';
    addFirst(this.#firstTexts, { cell, place });
  }

  /** Beyond the most texts all have one index. */
  #add(text: string): number {
    const index = this.#indices.size;
    if (index === MAX_TEXTS) return index;
    this.#indices.set(text, index);
    return index;
  }
}

/** Different cells, as equal ones come once or more often. */
function addFirst<T>(first: PlacedCell<T>[], found: PlacedCell<T>): void {
  if (first.length < SHOWN && first.every(({ cell }) => cell !== found.cell)) first.push(found);
}

/** Those of a column that began with numbers, where a text is an infinite one; not many more than `MAX_TEXTS`. */
function differentNumbers(values: Float64Array): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (let row = 0; row < values.length && numbers.size < MAX_TEXTS; row++) {
    if (Number.isFinite(values[row])) numbers.add(values[row]!);
  }
  return numbers;
}
