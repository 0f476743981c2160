/** Dates in cells, and the numbers that are made of them. */

import type { CellParser } from './cells.js';
import { isMost } from './number-writings.js';

/** In what order the year, the month and the day stand. */
export type DateOrder = 'ymd' | 'dmy' | 'mdy';
export const DATE_ORDERS: readonly DateOrder[] = ['ymd', 'dmy', 'mdy'];

/** The number that is read from a date. `day` counts from 1970-01-01, the time of day as its fraction. */
export type DatePart = 'day' | 'year' | 'month' | 'weekday';
/** Beside the day, which has the name of the column. */
export const DATE_PARTS: readonly DatePart[] = ['year', 'month', 'weekday'];

const EXAMPLES: Readonly<Record<DateOrder, string>> = { ymd: '2024-01-31', dmy: '31.01.2024', mdy: '01/31/2024' };

/** How a column is read as dates. Plain data, for threads. */
export interface DateReading {
  readonly order: DateOrder;
  readonly part: DatePart;
}

/** A column as a model sees it: one of a table's, or a number that is made of its dates. */
export interface ModelColumn {
  readonly name: string;
  /** Into the columns of the table. */
  readonly index: number;
  readonly date?: DateReading;
}

/** Columns of dates by name, each with its order. */
export type Dates = Readonly<Record<string, DateOrder>>;

const DAY_MS = 86_400_000;

const TIME = String.raw`(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?`;
const SIGN = '[-/.]';
const YEAR = String.raw`(\d{4})`;
const SHORT = String.raw`(\d{1,2})`;
const PATTERNS: Readonly<Record<DateOrder, RegExp>> = {
  // The day may be left out: 2024-03 is the first of March.
  ymd: new RegExp(`^${YEAR}(${SIGN})${SHORT}(?:\\2${SHORT}${TIME})?$`, 'i'),
  dmy: new RegExp(`^${SHORT}(${SIGN})${SHORT}\\2${YEAR}${TIME}$`, 'i'),
  mdy: new RegExp(`^${SHORT}(${SIGN})${SHORT}\\2${YEAR}${TIME}$`, 'i'),
};

/**
 * Days since 1970-01-01 in UTC, or undefined where the text is no date of that order. A time without a zone is UTC.
 * (ISO 8601 is `ymd`, with `-` between.)
 */
export function parseDate(text: string, order: DateOrder): number | undefined {
  const match = PATTERNS[order].exec(text.trim());
  if (match === null) return undefined;
  const [, first, , second, third = '1', hour = '0', minute = '0', seconds = '0', zone = 'Z'] = match;
  const [year, month, day] = (
    order === 'ymd' ? [first, second, third] : order === 'dmy' ? [third, second, first] : [third, first, second]
  ).map(Number) as [number, number, number];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(seconds) >= 61) return undefined;
  const time = (Number(hour) * 60 + Number(minute)) * 60_000 + Number(seconds) * 1000;
  return (date.getTime() + time - zoneOffset(zone)) / DAY_MS;
}

/** `sold` of `sold_year`: the date that a feature of this name is made of, if it is. */
export function dateOfPart(name: string): string | undefined {
  return DATE_PARTS.flatMap((part) => (name.endsWith(`_${part}`) ? name.slice(0, -part.length - 1) : []))[0];
}

/**
 * The orders of most texts, if most are dates. Between day and month first those decide that can be only one; where none
 * does, both fit.
 */
export function dateOrdersIn(texts: readonly string[]): readonly DateOrder[] {
  let best: DateOrder[] = [];
  let most = 0;
  for (const order of DATE_ORDERS) {
    const count = texts.filter((text) => parseDate(text, order) !== undefined).length;
    if (!isMost(count, texts.length) || count < most) continue;
    best = count === most ? [...best, order] : [order];
    most = count;
  }
  // With points, 03.04.2024, the month comes first nowhere.
  return best.length > 1 && texts.every((text) => !/^\s*\d+[-/]/.test(text)) ? ['dmy'] : best;
}

/** Milliseconds by which a zone is before UTC: `+02:00`, and `+02`, as databases write it, is 7 200 000. */
function zoneOffset(zone: string): number {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{2})(?::?(\d{2}))?$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/** What reads the cells of a column, given what reads those of the table. */
export function columnParser(parser: CellParser, date: DateReading | undefined): CellParser {
  if (date === undefined) return parser;
  return { ...parser, parseNumber: datePartParser(date), numberInWords: `a date such as ${EXAMPLES[date.order]}` };
}

/** Weekdays count from Monday, 1 (ISO 8601). */
function datePartParser({ order, part }: DateReading): CellParser['parseNumber'] {
  return (text) => {
    const days = parseDate(text, order);
    if (days === undefined || part === 'day') return days;
    const day = Math.floor(days);
    // The first of January 1970 was a Thursday.
    if (part === 'weekday') return ((((day + 3) % 7) + 7) % 7) + 1;
    const date = new Date(day * DAY_MS);
    return part === 'year' ? date.getUTCFullYear() : date.getUTCMonth() + 1;
  };
}
