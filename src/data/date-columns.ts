import { type Advice, badOption, DataError } from '../ground/errors.js';
import { nameInWords, quote } from '../ground/quote.js';
import { DATE_ORDERS, DATE_PARTS, type DateOrder, type DatePart, type Dates, type ModelColumn } from './date-cells.js';
import { findAsked } from './selection.js';

/**
 * The columns of a table, and after each one of dates its year, month and weekday: `sold`, `sold_year`, `sold_month`,
 * `sold_weekday`. They are made wherever a table is read, so a model finds them in any other table that is read so.
 *
 * @throws DataError for a name that the table does not have, or has beside the date; UsageError for an order
 */
export function modelColumns(source: string, names: readonly string[], dates: Dates = {}): ModelColumn[] {
  const orders = new Map(Object.entries(dates));
  for (const [name, order] of orders) {
    findAsked(source, names, 'date column', name);
    if (!DATE_ORDERS.includes(order)) throw badOption('dates', `one of ${DATE_ORDERS.join(', ')}`, order);
  }
  return names.flatMap((name, index): ModelColumn[] => {
    const order = orders.get(name);
    if (order === undefined) return [{ name, index }];
    const made = DATE_PARTS.map((part) => ({ name: nameOfPart(name, part), index, date: { order, part } }));
    const clash = clashWith(name, names);
    if (clash !== undefined) throw taken(source, name, clash);
    return [{ name, index, date: { order, part: 'day' } }, ...made];
  });
}

/** A column that has the name of one that would be made of the dates of `date`: then these cannot be read. */
export function clashWith(date: string, names: readonly string[]): string | undefined {
  return DATE_PARTS.map((part) => nameOfPart(date, part)).find((name) => names.includes(name));
}

function nameOfPart(date: string, part: DatePart): string {
  return `${date}_${part}`;
}

/** @param orders one, or day and month first: both are named, for a person to choose; none where there is no date */
export function datesAdvice(column: string, orders: readonly DateOrder[], effect: string): Advice | undefined {
  const [order, other] = orders;
  if (order === undefined) return undefined;
  const value = order === 'ymd' ? [column] : { [column]: order };
  if (other === undefined) return { option: 'dates', value, effect };
  const or = { option: 'dates', value: { [column]: other }, effect: 'where the month comes first' };
  return { option: 'dates', value, effect: `${effect} where the day comes first`, or };
}

function taken(source: string, date: string, name: string): DataError {
  const found = `expected no such column beside the dates of ${nameInWords(date)}, which are given this name`;
  return new DataError('columns', `${source}: ${nameInWords(name)}: ${found}, found ${quote(name)}`);
}
