/** What one cell of a table means. The same grammar everywhere: tables, `name=value`, client input. */

/** How the cells of a table are written. Plain data, that threads can be given; `cellParser` makes functions of it. */
export interface CellGrammar {
  /** Sign before the fraction; default a point. */
  readonly decimal?: '.' | ',' | undefined;
  /** Sign between groups of three digits; default none. */
  readonly thousands?: ThousandsSign | undefined;
  /** Whether a currency sign or % before or after a number is dropped; default false: such a cell is text. */
  readonly units?: boolean | undefined;
  /**
   * Words for a missing cell, in columns of any kind. Default: those that `isMissing` knows, and in columns of text none. An
   * empty cell is always missing, a word in quotes never, unless it is a number.
   */
  readonly missing?: readonly string[] | undefined;
}

export type ThousandsSign = ',' | '.' | ' ' | "'";

/** What reads cells, by one grammar. */
export interface CellParser {
  /** Undefined where the cell is no number. */
  readonly parseNumber: (text: string) => number | undefined;
  /** What it reads, for a message: `a number`. */
  readonly numberInWords: string;
  /** Of a cell among numbers that is no number itself, and of the target. */
  readonly isMissing: (text: string) => boolean;
  /** Of a cell in a column of text. */
  readonly isMissingText: (text: string) => boolean;
  /** Of a cell that is none of the categories that a model knows. */
  readonly isMissingToModel: (text: string) => boolean;
}

const PLUS = 43;
const NINE = 57;

/**
 * A decimal number: sign, digits, point, exponent, spaces around. No hex, octal or binary form, no digit separators,
 * no infinity (a value too large for a double is none either), no empty text. -0 reads as 0.
 */
export function parseNumber(text: string): number | undefined {
  let cell = text;
  let first = cell.charCodeAt(0);
  // Every number begins with one of + - . 0 to 9, which lie in this range; Number() refuses the two others in it.
  if (!(first >= PLUS && first <= NINE)) {
    cell = cell.trim();
    first = cell.charCodeAt(0);
    if (!(first >= PLUS && first <= NINE)) return undefined;
  }
  if (isRadixPrefix(cell.charCodeAt(1))) return undefined;
  const value = Number(cell);
  return Number.isFinite(value) ? value + 0 : undefined;
}

/** The letter of 0x, 0o, 0b: Number() would read those. */
function isRadixPrefix(code: number): boolean {
  const lower = code | 32;
  return lower === 120 || lower === 111 || lower === 98;
}

/**
 * Words for a missing number. In a column of text such a word may be a name: NA is Namibia.
 * Why: docs/decisions/words-for-missing-values.md
 */
const WORDS = ['NA', 'NaN', 'nan', 'NULL', 'null', 'None', 'N/A', 'n/a', '#N/A', '<NA>', '-', '.', '?'];
const WORD_SET = new Set(['', ...WORDS]);

/** Orders words for a missing number as they are listed, others after them. */
export function compareByWord(a: string, b: string): number {
  const rank = (word: string) => (WORDS.includes(word) ? WORDS.indexOf(word) : WORDS.length);
  return rank(a) - rank(b);
}

/** Nothing, or one of the words for a missing number, spaces around allowed. */
export function isMissing(text: string): boolean {
  return WORD_SET.has(text.trim());
}

/**
 * Words that are missing to a model that does not know them as categories, as they have been since the first models.
 */
const MODEL_WORDS = new Set(['', 'NA', 'NaN', 'null', '?']);

/** What reads cells where nothing is said of how they are written. */
export const PLAIN_CELLS: CellParser = {
  parseNumber,
  numberInWords: 'a number',
  isMissing,
  isMissingText: (text) => text.trim() === '',
  isMissingToModel: (text) => MODEL_WORDS.has(text.trim()),
};

/**
 * The words of a grammar that are text where they are quoted, and those that would be without it. A number is one with
 * quotes too, such as -999.
 */
export function textWords({ missing = [] }: CellGrammar): readonly string[] {
  const listed = missing.map((word) => word.trim()).filter((word) => word !== '' && parseNumber(word) === undefined);
  return [...new Set([...WORDS, ...listed])];
}

export function cellParser({ decimal = '.', missing, thousands, units = false }: CellGrammar = {}): CellParser {
  const isPlain = decimal === '.' && thousands === undefined && !units;
  if (isPlain && missing === undefined) return PLAIN_CELLS;
  const parser = {
    ...PLAIN_CELLS,
    parseNumber: isPlain ? parseNumber : writtenNumberParser(decimal, thousands, units),
  };
  if (missing === undefined) return parser;
  const words = new Set(['', ...missing.map((word) => word.trim())]);
  const isWord = (text: string) => words.has(text.trim());
  const parse = parser.parseNumber;
  return {
    ...parser,
    parseNumber: (text) => (isWord(text) ? undefined : parse(text)),
    isMissing: isWord,
    isMissingText: isWord,
    isMissingToModel: isWord,
  };
}

/** The characters that are written for a sign between thousands: a space may be one that breaks no line. */
const THOUSANDS_CLASS: Readonly<Record<ThousandsSign, string>> = {
  ',': ',',
  '.': '\\.',
  ' ': ' \u00a0\u2009\u202f',
  "'": "'\u2019",
};

/** Only a text that is all of it written by the grammar is a number: `1.5` is none where the decimal sign is a comma. */
function writtenNumberParser(
  decimal: '.' | ',',
  thousands: ThousandsSign | undefined,
  units: boolean,
): CellParser['parseNumber'] {
  const group = thousands === undefined ? undefined : `[${THOUSANDS_CLASS[thousands]}]`;
  const whole = group === undefined ? '\\d+' : `\\d{1,3}(?:${group}\\d{3})+|\\d+`;
  const point = decimal === '.' ? '\\.' : ',';
  const digits = `(?:(${whole})(?:${point}(\\d*))?|${point}(\\d+))(e[+-]?\\d+)?`;
  const number = new RegExp(
    units ? `^(${SIGN}${CURRENCY}|${CURRENCY}${SIGN})${digits}${UNIT}$` : `^(${SIGN})${digits}$`,
    'iu',
  );
  const between = group === undefined ? undefined : new RegExp(group, 'gu');
  return (text) => {
    const found = number.exec(text.trim());
    if (found === null) return undefined;
    const [, before = '', integer = '', fraction = '', bare = '', exponent = ''] = found;
    const minus = before.includes('-') ? '-' : '';
    const plain = between === undefined ? integer : integer.replace(between, '');
    return parseNumber(`${minus}${plain || 0}.${fraction || bare || 0}${exponent}`);
  };
}

const SIGN = '[+-]?';
const CURRENCY = '\\s*\\p{Sc}?\\s*';
const UNIT = '\\s*(?:\\p{Sc}|%)?';

/** Orders text by code point; `<` would order by UTF-16 unit, which puts U+FF5E after U+1F600. */
export function compareCodePoints(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rankOfUnit(x) - rankOfUnit(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for the code points above every other unit. */
function rankOfUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
