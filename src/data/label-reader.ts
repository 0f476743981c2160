import { MAX_CLASSES } from '../ground/limits.js';
import { type CellParser, compareCodePoints, PLAIN_CELLS, parseNumber } from './cells.js';
import { type ColumnPlace, type ColumnReader, cellError, emptyOrQuoted } from './column-reader.js';

/**
 * Class labels. What is read is the index of the cell's text, in order of appearance.
 * Why: docs/decisions/mixed-target-is-text.md
 */
export class LabelReader implements ColumnReader {
  readonly asText = true;
  readonly #place: ColumnPlace;
  readonly #parser: CellParser;
  readonly #indices = new Map<string, number>();
  readonly #numbers = new Set<number>();
  #allNumbers = true;

  constructor(place: ColumnPlace, parser = PLAIN_CELLS) {
    this.#place = place;
    this.#parser = parser;
  }

  readText(cell: string, place: number): number {
    const text = cell.trim();
    const known = this.#indices.get(text);
    if (known !== undefined) return known;
    if (this.#parser.isMissing(text)) throw cellError(this.#place, place, 'a class', emptyOrQuoted(cell));
    const value = parseNumber(text);
    const allNumbers = this.#allNumbers && value !== undefined;
    const classCount = allNumbers ? this.#numbers.size + (this.#numbers.has(value) ? 0 : 1) : this.#indices.size + 1;
    if (classCount > MAX_CLASSES) {
      throw cellError(this.#place, place, `at most ${MAX_CLASSES} classes`, 'one more; is it a number or an id?');
    }
    this.#allNumbers = allNumbers;
    if (value !== undefined) this.#numbers.add(value);
    this.#indices.set(text, this.#indices.size);
    return this.#indices.size - 1;
  }

  /**
   * The classes in their final order, numbers by value in their shortest form where all labels are numbers, else text
   * by code point; and for each index that was read, the index of its class.
   */
  finish(): { classes: string[]; classOf: Uint16Array } {
    const texts = [...this.#indices.keys()];
    const labels = this.#allNumbers ? texts.map((text) => String(parseNumber(text))) : texts;
    const classes = this.#allNumbers
      ? [...this.#numbers].sort((a, b) => a - b).map(String)
      : [...texts].sort(compareCodePoints);
    const index = new Map(classes.map((name, at) => [name, at]));
    return { classes, classOf: Uint16Array.from(labels, (label) => index.get(label)!) };
  }
}
