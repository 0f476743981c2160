import type { Advice } from '../ground/errors.js';
import { MAX_CLASSES } from '../ground/limits.js';
import { nameInWords, quote, quotedList } from '../ground/quote.js';
import { type CellParser, compareCodePoints, isMissing, PLAIN_CELLS, parseNumber } from './cells.js';
import { type ColumnPlace, type ColumnReader, cellMessage, emptyOrQuoted, placeOfAnother } from './column-reader.js';
import { missingAdvice } from './missing-words.js';
import { ODD_SHARE, type Trouble } from './trouble.js';

/** More different numbers than these are classes only where they look like codes, or where the caller insists. */
const MOST_NUMBERS = 20;
/** Texts that a message lists before it stops. */
const LISTED = 3;
/** Rows of each code, on average, from which on whole numbers without a gap are taken for codes. */
const ROWS_PER_CODE = 5;

/** What a target's reader makes of its column: the classes in their final order, and the class of each index it read. */
export interface ClassesRead {
  readonly classes: readonly string[];
  readonly classOf: Uint16Array;
}

/**
 * What can be done about a cell of the target that is missing.
 * @param words that are to stay missing values in other columns
 */
export function missingLabelAdvice(cell: string, words: readonly string[] = []): Advice {
  const advice = { option: 'dropMissingTarget', value: true, effect: 'leaves out the rows without one' };
  const word = cell.trim();
  if (word === '' || words.includes(word)) return advice;
  return { ...advice, or: missingAdvice(words, 'takes it for a class') };
}

/** Without a class in any row there is nothing to leave out rows for. */
export function targetWithoutValue({ column, origin }: ColumnPlace): Trouble {
  return {
    column,
    reason: 'classes',
    message: `${origin.name}: ${nameInWords(column)}: expected classes, found only missing cells`,
    advice: { option: 'target', value: 'COLUMN', effect: 'names another column' },
  };
}

/** A reader of the target, which gives indices in the order of appearance, NaN where it is missing. */
export interface TargetReader extends ColumnReader {
  /** Words for a missing value that it found. */
  readonly words: readonly string[];
  /** Words that mean a missing value unless others are listed, and are classes. */
  readonly classWords: readonly string[];
  /**
   * What is wrong with the column. To be called once all rows are read.
   * @param words that are missing values in other columns
   */
  troubles(labels: Uint32Array, words: readonly string[]): Trouble[];
  /** Where nothing is wrong. @param labels the indices that it gave, per row */
  finish(labels: Uint32Array): ClassesRead;
}

/** A class as it is written, and where it was first seen. */
interface WrittenClass {
  readonly text: string;
  readonly place: number;
}

/**
 * Class labels. A class is its text, spaces around it apart.
 * Why: docs/decisions/labels-keep-their-text.md
 */
export class LabelReader implements TargetReader {
  readonly asText = true;
  readonly #place: ColumnPlace;
  readonly #parser: CellParser;
  readonly #insisted: boolean;
  readonly #dropMissing: boolean;
  readonly #indices = new Map<string, number>();
  readonly #byValue = new Map<number, WrittenClass>();
  /** Classes that are no numbers. */
  readonly #texts: string[] = [];
  /** Two texts of one number. */
  #twins: readonly [WrittenClass, WrittenClass] | undefined;
  #missing: WrittenClass | undefined;
  readonly #words = new Set<string>();
  readonly #classWords: string[] = [];
  #tooMany: number | undefined;

  /**
   * @param insisted whether the column was named as categorical: its texts are classes, whatever they look like
   * @param dropMissing whether rows without a label are left out
   */
  constructor(place: ColumnPlace, parser = PLAIN_CELLS, insisted = false, dropMissing = false) {
    this.#dropMissing = dropMissing;
    this.#place = place;
    this.#parser = parser;
    this.#insisted = insisted;
  }

  get words(): readonly string[] {
    return [...this.#words];
  }

  /** None where the column was named as categorical. */
  get classWords(): readonly string[] {
    return this.#insisted ? [] : [...this.#classWords];
  }

  readText(cell: string, place: number, quoted = false): number {
    const text = cell.trim();
    if (text === '' || (!quoted && this.#parser.isMissing(text))) {
      this.#missing ??= { text: cell, place };
      if (text !== '') this.#words.add(text);
      return Number.NaN;
    }
    const known = this.#indices.get(text);
    if (known !== undefined) return known;
    if (this.#indices.size === MAX_CLASSES) {
      this.#tooMany ??= place;
      return 0;
    }
    if (!quoted && isMissing(text)) this.#classWords.push(text);
    const value = parseNumber(text);
    if (value === undefined) this.#texts.push(text);
    else {
      const twin = this.#byValue.get(value);
      if (twin === undefined) this.#byValue.set(value, { text, place });
      else this.#twins ??= [twin, { text, place }];
    }
    this.#indices.set(text, this.#indices.size);
    return this.#indices.size - 1;
  }

  troubles(labels: { readonly length: number }, words: readonly string[]): Trouble[] {
    const kind = this.#insisted ? undefined : (this.#numbersTrouble(labels) ?? this.#twinsTrouble());
    const found = [this.#missingTrouble(words), kind ?? this.#countTrouble()];
    return found.filter((trouble) => trouble !== undefined);
  }

  finish(): ClassesRead {
    const texts = [...this.#indices.keys()];
    const classes = this.#areNumbers
      ? [...this.#byValue].sort(([a], [b]) => a - b).map(([, { text }]) => text)
      : [...texts].sort(compareCodePoints);
    const index = new Map(classes.map((name, at) => [name, at]));
    return { classes, classOf: Uint16Array.from(texts, (text) => index.get(text)!) };
  }

  /** Whether all classes are numbers, each of another value. */
  get #areNumbers(): boolean {
    return this.#byValue.size === this.#indices.size;
  }

  #missingTrouble(words: readonly string[]): Trouble | undefined {
    if (this.#missing === undefined || this.#dropMissing) return undefined;
    if (this.#indices.size === 0) return targetWithoutValue(this.#place);
    const { place, text } = this.#missing;
    const message = cellMessage(this.#place, place, 'a class', emptyOrQuoted(text));
    return { ...this.#trouble(message), advice: missingLabelAdvice(text, words), remedy: { dropMissingTarget: true } };
  }

  #countTrouble(): Trouble | undefined {
    if (this.#tooMany === undefined) return undefined;
    const expected = `at most ${MAX_CLASSES} classes`;
    return this.#trouble(cellMessage(this.#place, this.#tooMany, expected, 'one more; is it a number or an id?'));
  }

  #twinsTrouble(): Trouble | undefined {
    if (this.#twins === undefined) return undefined;
    const [first, second] = this.#twins;
    const { column, origin } = this.#place;
    const advice = { option: 'categorical', value: [column], effect: 'takes each text for a class' };
    const expected = `one text for each number, as ${quote(first.text)} ${placeOfAnother(origin, first.place)}`;
    const found = `${quote(second.text)}, the same number`;
    return { ...this.#trouble(cellMessage(this.#place, second.place, expected, found)), advice };
  }

  #numbersTrouble(labels: { readonly length: number }): Trouble | undefined {
    const odd = this.#texts;
    if (odd.length > ODD_SHARE * this.#indices.size) return undefined;
    if (this.#byValue.size <= MOST_NUMBERS || this.#areCodes(labels.length)) return undefined;
    return continuousTarget(this.#place, [...this.#byValue.keys()], odd);
  }

  #trouble(message: string): Trouble {
    return { column: this.#place.column, reason: 'cell', message };
  }

  /** Numbers with leading zeros; or whole ones from 0 or 1 on, none left out, each of some rows. */
  #areCodes(rowCount: number): boolean {
    if ([...this.#byValue.values()].some(({ text }) => /^0\d/.test(text))) return true;
    const values = [...this.#byValue.keys()].sort((a, b) => a - b);
    const first = values[0]!;
    const withoutGap = values.every((value, at) => value === first + at);
    return (first === 0 || first === 1) && withoutGap && rowCount >= ROWS_PER_CODE * values.length;
  }
}

/** A person has to say what is meant: a regression is not to be had, and the column may be the wrong one. */
function continuousTarget(
  { column, origin }: ColumnPlace,
  values: readonly number[],
  texts: readonly string[],
): Trouble {
  const name = nameInWords(column);
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
  const others = texts.length === 0 ? '' : ` and ${quotedList(texts, LISTED)}`;
  const found = `${values.length} different numbers from ${least} to ${most}${others} (classes are predicted here, not numbers)`;
  return {
    column,
    reason: 'classes',
    message: `${origin.name}: ${name}: expected classes, found ${found}`,
    advice: {
      option: 'classesFrom',
      value: 'quantiles:4',
      effect: 'makes classes of ranges',
      or: { option: 'categorical', value: [column], effect: 'takes each number for a class' },
    },
    remedy: { classesFrom: 'quantiles:4' },
  };
}
