/** What values of typed columns are, and what of them stands in a table of text. */

import { dateInWords, timeInWords, timestampInWords } from './moments.js';
import { decimalText, decimalValue, exactRest, widened } from './numerals.js';

/** In the terms that Parquet, DuckDB, PostgreSQL and Arrow share. A value that is null is missing, of whatever type. */
export type CellType =
  /** Doubles, or whole numbers that are some: numbers. */
  | { readonly kind: 'number'; readonly whole?: true }
  /** Numbers, each as a double. */
  | { readonly kind: 'float32' }
  /** Bigints, or numbers. */
  | { readonly kind: 'integer' }
  /** The digits of each as a bigint or a number, the last `scale` of them after the point. */
  | { readonly kind: 'decimal'; readonly scale: number }
  /** Decimal numbers as texts. */
  | { readonly kind: 'numeral' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'text' }
  /** Days since 1970-01-01: numbers. */
  | { readonly kind: 'date' }
  /** Since midnight: bigints or numbers. */
  | { readonly kind: 'time'; readonly perSecond: number }
  /** Since 1970-01-01, in UTC where they are `zoned`: bigints or numbers. */
  | { readonly kind: 'timestamp'; readonly perSecond: number; readonly zoned: boolean }
  /** A list, bytes or the like, of which no feature can be made. */
  | { readonly kind: 'foreign'; readonly name: string };

/** What makes a number of a value that is not missing; undefined of a type whose cells are text. */
export function numberOf(type: CellType): ((value: unknown) => number) | undefined {
  switch (type.kind) {
    case 'number':
    case 'integer':
    case 'numeral':
      return Number;
    case 'float32':
      return (value) => widened(value as number);
    case 'decimal':
      return (value) => decimalValue(value as bigint | number, type.scale);
    default:
      return undefined;
  }
}

/**
 * The text of a value that is not missing, as it would stand in CSV. Engines write the same, or what reads as the same.
 * Why: docs/decisions/a-typed-cell-is-what-csv-would-say.md
 */
export function textOf(type: CellType): (value: unknown) => string {
  switch (type.kind) {
    case 'decimal':
      return (value) => decimalText(value as bigint | number, type.scale);
    case 'float32':
      return (value) => String(widened(value as number));
    case 'date':
      return (value) => dateInWords(value as number);
    case 'time':
      return (value) => timeInWords(BigInt(value as bigint | number), type.perSecond);
    case 'timestamp':
      return (value) => timestampInWords(BigInt(value as bigint | number), type.perSecond, type.zoned);
    case 'foreign':
      return shownForeign;
    default:
      return String;
  }
}

/** Whether a whole number is beyond those that a double holds: another would be read in its place. */
export function isUnheld(type: CellType, value: unknown): boolean {
  switch (type.kind) {
    case 'integer':
      return exactRest(value as bigint | number) !== 0n;
    case 'decimal':
      return type.scale === 0 && exactRest(value as bigint | number) !== 0n;
    case 'numeral':
      return /^-?\d+$/.test(value as string) && exactRest(BigInt(value as string)) !== 0n;
    default:
      return false;
  }
}

/** Of a cell that is only kept. */
function shownForeign(value: unknown): string {
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
}
