import { hash } from 'node:crypto';
import { badOption, DataError } from '../ground/errors.js';
import { nameInWords } from '../ground/quote.js';
import { type ColumnPlace, type ColumnReader, cellError, emptyOrQuoted } from './column-reader.js';

/**
 * The rules by which a column says which rows are held out. Unlike ranks of row hashes they can be told in SQL, and rows of
 * one key stay together.
 *
 * - `md5-key/1`: h is the number in the first 15 hex digits of the MD5 of `<seed>:<key>` in UTF-8, the key without blanks
 *   around it. A row is held out where h < share · 2^60. With k folds it is in fold floor(h · k / 2^60).
 * - `holdout-column/1`: a row is held out where the column is true.
 */
export const COLUMN_RULES = ['md5-key/1', 'holdout-column/1'] as const;

export interface HoldoutColumn {
  readonly rule: (typeof COLUMN_RULES)[number];
  readonly column: string;
}

/** The cells of such a column. */
export interface HoldoutCells extends HoldoutColumn {
  /** `codes[row]` is an index into `texts`. */
  readonly codes: Uint32Array;
  readonly texts: readonly string[];
}

const KEY_DIGITS = 15;
const KEYS = 0x1000_0000_0000_0000n;

/** The number below which a key of md5-key/1 is held out. @param share in [0, 1) */
export function keyLimit(share: number): bigint {
  // Exact: a product with a power of two.
  return BigInt(Math.ceil(share * Number(KEYS)));
}

/** The same in hex, as many digits as a hash has. */
export function keyLimitDigits(share: number): string {
  return keyLimit(share).toString(16).padStart(KEY_DIGITS, '0');
}

export function keyHash(seed: number, key: string): bigint {
  return BigInt(`0x${hash('md5', `${seed}:${key}`).slice(0, KEY_DIGITS)}`);
}

/** Reads the column: a key, or true and false. */
export class HoldoutReader implements ColumnReader {
  readonly asText = true;
  readonly #place: ColumnPlace;
  readonly #rule: HoldoutColumn['rule'];
  readonly #codes = new Map<string, number>();

  constructor(place: ColumnPlace, rule: HoldoutColumn['rule']) {
    this.#place = place;
    this.#rule = rule;
  }

  /** @throws DataError for an empty cell, and for one that is neither true nor false where it has to be */
  readText(cell: string, place: number): number {
    const text = cell.trim();
    if (text === '') throw cellError(this.#place, place, this.#expected, emptyOrQuoted(cell));
    if (this.#rule === 'holdout-column/1' && truthOf(text) === undefined) {
      throw cellError(this.#place, place, this.#expected, emptyOrQuoted(cell));
    }
    const code = this.#codes.get(text) ?? this.#codes.size;
    this.#codes.set(text, code);
    return code;
  }

  get #expected(): string {
    return this.#rule === 'md5-key/1' ? 'a key to hold rows out by' : 'true or false';
  }

  finish(codes: Float64Array): HoldoutCells {
    const { column } = this.#place;
    return { rule: this.#rule, column, codes: Uint32Array.from(codes), texts: [...this.#codes.keys()] };
  }
}

/** As engines write it, and 1 and 0. */
export function truthOf(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (word === 'true' || word === '1') return true;
  return word === 'false' || word === '0' ? false : undefined;
}

/** `isHeldOut[row]` is 1 where a row is held out. @param share of the keys, for md5-key/1 */
export function heldOutByColumn(
  { codes, rule, texts }: HoldoutCells,
  { holdout, seed }: { readonly holdout: number; readonly seed: number },
): Uint8Array {
  const limit = keyLimit(holdout);
  const isHeldOut = Uint8Array.from(texts, (text) =>
    Number(rule === 'md5-key/1' ? keyHash(seed, text) < limit : truthOf(text)!),
  );
  return Uint8Array.from(codes, (code) => isHeldOut[code]!);
}

/**
 * Folds by md5-key/1, rows of one key in one fold. Of training rows the fold is floor((h - cut) · k / (2^60 - cut)), where
 * the keys below `cut` are held out.
 *
 * @param rows the rows to divide
 * @param options.holdout the share of the keys that is held out and not among `rows`; default 0
 * @returns per fold its rows, ascending; some may have none
 */
export function keyFolds(
  { codes, texts }: HoldoutCells,
  rows: Uint32Array,
  { folds, holdout = 0, seed }: { readonly folds: number; readonly holdout?: number; readonly seed: number },
): Uint32Array[] {
  const cut = keyLimit(holdout);
  const foldOf = Uint32Array.from(texts, (text) =>
    Number(((keyHash(seed, text) - cut) * BigInt(folds)) / (KEYS - cut)),
  );
  const dealt: number[][] = Array.from({ length: folds }, () => []);
  for (const row of rows) dealt[foldOf[codes[row]!]!]!.push(row);
  return dealt.map((fold) => Uint32Array.from(fold));
}

/** @throws UsageError where a fold has no row: each has to be scored */
export function requireRows(folds: readonly Uint32Array[], column: string): void {
  const empty = folds.filter(({ length }) => length === 0).length;
  if (empty === 0) return;
  const expected = `fewer, as ${empty} of them would have no key of ${nameInWords(column)}`;
  throw badOption('folds', expected, folds.length);
}

/** The option that a rule is asked for by. */
export function optionOf(rule: HoldoutColumn['rule']): 'holdoutKey' | 'holdoutColumn' {
  return rule === 'md5-key/1' ? 'holdoutKey' : 'holdoutColumn';
}

/** @throws DataError where the table lacks the column by which a model held rows out */
export function requireHoldout(
  { holdoutBy, source }: { readonly holdoutBy?: HoldoutCells; readonly source: string },
  column: string,
): HoldoutCells {
  if (holdoutBy !== undefined) return holdoutBy;
  const expected = `the column ${nameInWords(column)}, by which the model held rows out`;
  throw new DataError('columns', `${source}: expected ${expected}, found none`);
}
