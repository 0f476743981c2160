import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PLAIN_CELLS } from '../../src/data/cells.js';
import { columnParser, DATE_ORDERS, type DateOrder, parseDate } from '../../src/data/date-cells.js';

const day = (text: string) => Date.parse(text) / 86_400_000;

describe('parseDate', () => {
  it.each<[string, DateOrder, string]>([
    ['1970-01-01', 'ymd', '1970-01-01'],
    ['2024-02-29', 'ymd', '2024-02-29'],
    ['2024/2/9', 'ymd', '2024-02-09'],
    ['2024-03', 'ymd', '2024-03-01'],
    ['0099-12-31', 'ymd', '0099-12-31'],
    ['31.01.2024', 'dmy', '2024-01-31'],
    ['1/31/2024', 'mdy', '2024-01-31'],
    ['03/04/2024', 'dmy', '2024-04-03'],
    ['03/04/2024', 'mdy', '2024-03-04'],
    [' 2024-01-31T18:00:00Z ', 'ymd', '2024-01-31T18:00:00Z'],
    ['2024-01-31 06:30', 'ymd', '2024-01-31T06:30:00Z'],
    ['2024-01-31T00:30:15.5+02:00', 'ymd', '2024-01-30T22:30:15.500Z'],
    ['2024-01-31 00:30:15.5+02', 'ymd', '2024-01-30T22:30:15.500Z'],
    ['2024-01-31T23:00-0130', 'ymd', '2024-02-01T00:30:00Z'],
  ])('reads %j as %s', (text, order, iso) => {
    expect(parseDate(text, order)).toBe(day(iso));
  });

  it.each<[string, DateOrder]>([
    ['2023-02-29', 'ymd'],
    ['2024-13-01', 'ymd'],
    ['2024-00-10', 'ymd'],
    ['2024-01-32', 'ymd'],
    ['2024-01/31', 'ymd'],
    ['24-01-31', 'ymd'],
    ['2024-01-31T25:00', 'ymd'],
    ['2024-01-31T10:60', 'ymd'],
    ['31/01/2024', 'mdy'],
    ['01/31/2024', 'dmy'],
    ['2024', 'ymd'],
    ['', 'ymd'],
    ['x', 'dmy'],
  ])('refuses %j as %s', (text, order) => {
    expect(parseDate(text, order)).toBeUndefined();
  });

  it('reads every day however it is written', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          const [year, month, dayOfMonth] = date.toISOString().slice(0, 10).split('-') as [string, string, string];
          const written = {
            ymd: `${year}-${month}-${dayOfMonth}`,
            dmy: `${dayOfMonth}.${month}.${year}`,
            mdy: `${month}/${dayOfMonth}/${year}`,
          };
          for (const order of DATE_ORDERS)
            expect(parseDate(written[order], order)).toBe(Math.floor(date.getTime() / 86_400_000));
        },
      ),
    );
  });
});

describe('the parts of a date', () => {
  const part = (text: string, name: 'day' | 'year' | 'month' | 'weekday') =>
    columnParser(PLAIN_CELLS, { order: 'ymd', part: name }).parseNumber(text);

  it.each([
    ['2024-01-31', 19_753, 2024, 1, 3],
    ['1969-12-28', -4, 1969, 12, 7],
    ['1970-01-01T12:00', 0.5, 1970, 1, 4],
    ['1969-12-31T18:00', -0.25, 1969, 12, 3],
  ])('of %s', (text, days, year, month, weekday) => {
    expect([part(text, 'day'), part(text, 'year'), part(text, 'month'), part(text, 'weekday')]).toEqual([
      days,
      year,
      month,
      weekday,
    ]);
  });

  it('are none of a cell that is no date, whose missing words stay those of the table', () => {
    expect(part('12', 'year')).toBeUndefined();
    expect(columnParser(PLAIN_CELLS, { order: 'ymd', part: 'year' }).isMissing('NA')).toBe(true);
  });
});
