import { parseNumber } from '../cells.js';
import type { NumberCells, TextCells } from '../table-source.js';
import { type CellType, isUnheld, numberOf, textOf } from './cell-type.js';
import type { Values } from './result.js';

/** Rows from `start` up to `end`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** Numbers, and what is wrong with some of them. */
export interface NumbersRead {
  readonly cells: NumberCells;
  /** Rows of the range, ascending, with a whole number that no double holds. */
  readonly unheld: readonly number[];
}

/** Numbers that are listed as words for a missing value: a typed one is no text, so it is compared as a number. */
export function missingNumbers(words: readonly string[] = []): ReadonlySet<number> {
  return new Set(words.map((word) => parseNumber(word)).filter((number) => number !== undefined));
}

/** @returns undefined for a type whose cells are text, and where one is an infinite number, which no table has as a number */
export function readNumbers(
  values: Values,
  type: CellType,
  { end, start }: RowRange,
  missing: ReadonlySet<number>,
): NumbersRead | undefined {
  const numberFrom = numberOf(type);
  if (numberFrom === undefined) return undefined;
  if (type.kind === 'number' && values instanceof Float64Array && missing.size === 0) {
    return readDoubles(values.slice(start, end));
  }
  const numbers = new Float64Array(end - start);
  const unheld: number[] = [];
  for (let row = start; row < end; row++) {
    const value = values[row];
    const number = value === null || value === undefined ? Number.NaN : numberFrom(value);
    if (Number.isNaN(number) || missing.has(number)) numbers[row - start] = Number.NaN;
    else if (!Number.isFinite(number)) return undefined;
    else {
      if (Math.abs(number) > Number.MAX_SAFE_INTEGER && isUnheld(type, value)) unheld.push(row - start);
      numbers[row - start] = number + 0;
    }
  }
  return { cells: { kind: 'number', values: numbers }, unheld };
}

/** The common case, in a third of the time. @param values become those of the cells */
function readDoubles(values: Float64Array): NumbersRead | undefined {
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return undefined;
    values[row] = value + 0;
  }
  return { cells: { kind: 'number', values }, unheld: [] };
}

/** A missing value is an empty text, as it is in CSV. */
export function readTexts(values: Values, type: CellType, { end, start }: RowRange): TextCells {
  const toText = textOf(type);
  const codes = new Uint32Array(end - start);
  const texts: string[] = [];
  const codeOf = new Map<unknown, number>();
  for (let row = start; row < end; row++) {
    const given = values[row];
    const value = isNothing(given) ? '' : given;
    let code = codeOf.get(value);
    if (code === undefined) {
      code = texts.length;
      texts.push(value === '' ? '' : toText(value));
      codeOf.set(value, code);
    }
    codes[row - start] = code;
  }
  return { kind: 'text', texts, codes };
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || Number.isNaN(value);
}
