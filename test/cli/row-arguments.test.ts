import { describe, expect, it } from 'vitest';
import { rowFromArguments } from '../../src/cli/row-arguments.js';
import type { InputFeature, PredictionSource } from '../../src/client/prediction.js';
import type { TableOptions } from '../../src/data/schema.js';
import { UnseenTally } from '../../src/data/unseen.js';

function source(features: readonly InputFeature[] | null, named = true): PredictionSource {
  return { features, named, explains: 'path', predict: async () => [], close: () => {} };
}

const numbers = source([
  { name: 'length', kind: 'number' },
  { name: 'width', kind: 'number' },
]);
const mixed = source([
  { name: 'colour', kind: 'category' },
  { name: 'size', kind: 'number' },
]);
const categories = source([
  { name: 'colour', kind: 'category' },
  { name: 'colour=dark', kind: 'category' },
]);
const known = source([
  { name: 'colour', kind: 'category', categories: ['blue', 'red', 'color=red'] },
  { name: 'size', kind: 'number' },
]);
const unnamed = source(
  [
    { name: 'x[0]', kind: 'number' },
    { name: 'x[1]', kind: 'number' },
  ],
  false,
);

const sex = source([{ name: 'sex', kind: 'category', categories: ['female', 'male'] }]);
const dated = source(['d', 'd_year', 'd_month', 'd_weekday', 'x'].map((name) => ({ name, kind: 'number' })));

describe('a row of arguments', () => {
  it.each([
    [numbers, ['1', '-2.5e1'], [1, -25], undefined],
    [numbers, ['width=2', 'length=?'], [Number.NaN, 2], undefined],
    [unnamed, ['1', ''], [1, Number.NaN], undefined],
    [source(null, false), ['1', '2', '3'], [1, 2, 3], undefined],
    [mixed, [' blue ', '3'], [Number.NaN, 3], ['blue', '']],
    [mixed, ['NA', '3'], [Number.NaN, 3], ['', '']],
    [mixed, ['a=b', '3'], [Number.NaN, 3], ['a=b', '']],
    [mixed, ['size=3', 'colour=a=b'], [Number.NaN, 3], ['a=b', '']],
    [categories, ['colour=dark=yes', 'colour=red'], [Number.NaN, Number.NaN], ['red', 'yes']],
    [categories, ['x=y', 'a=b'], [Number.NaN, Number.NaN], ['x=y', 'a=b']],
    [known, ['color=red', '3'], [Number.NaN, 3], ['color=red', '']],
    [sex, ['ab=c'], [Number.NaN], ['ab=c']],
    [dated, ['d=?', 'd_year=2024', 'd_month=1', 'd_weekday=2', 'x=1'], [Number.NaN, 2024, 1, 2, 1], undefined],
  ])('of %o: %j', (model, args, values, texts) => {
    const { rows } = rowFromArguments(args, model);
    expect([Array.from(rows.values), rows.texts, rows.rowCount]).toEqual([values, texts, 1]);
  });

  it.each([
    [numbers, ['1'], 'expected 2 values (length, width), found 1'],
    [numbers, ['1', '2', '3'], 'expected 2 values (length, width), found 3'],
    [unnamed, ['1'], 'expected 2 values, found 1'],
    [numbers, ['1', 'x'], 'width: expected a number, found "x"'],
    [numbers, ['1', 'Infinity'], 'width: expected a number, found "Infinity"'],
    [numbers, ['1', '1e999'], 'width: expected a number, found "1e999"'],
    [numbers, ['1', '0x10'], 'width: expected a number, found "0x10"'],
    [numbers, ['width=x', 'length=1'], 'width: expected a number, found "x"'],
    [numbers, ['widht=1', 'length=1'], 'unknown feature widht, did you mean width?'],
    [numbers, ['q=1', 'length=1'], 'unknown feature q: expected length, width'],
    [numbers, ['width=1', '2'], 'expected name=value for every value, found "2"'],
    [numbers, ['width=1', 'width=2'], 'width: expected one value, found two'],
    [numbers, ['width=1'], 'length: expected a value (length=? where it is missing), found none'],
    [mixed, ['color=red', 'size=1'], 'unknown feature color, did you mean colour?'],
    [mixed, ['colour=red', 'sizes=1'], 'unknown feature sizes, did you mean size?'],
    [mixed, ['color=red', '1'], 'unknown feature color, did you mean colour?'],
    [known, ['color=blue', '1'], 'unknown feature color, did you mean colour?'],
    [categories, ['colour=red', 'colur=blue'], 'unknown feature colur, did you mean colour?'],
    [categories, ['colour=red', 'blue'], 'expected name=value for every value, found "blue"'],
    [sex, ['sx=male'], 'unknown feature sx, did you mean sex?'],
    [
      dated,
      ['d=2024-01-05', 'x=1'],
      'd_year: expected a value (d_year=? where it is missing), found none; option dates=d reads it as a date',
    ],
    [
      dated,
      ['x=1', 'd=31.1.2024'],
      'd_year: expected a value (d_year=? where it is missing), found none; option dates=d=dmy reads it as a date',
    ],
    [dated, ['x=1', 'd=5'], 'd_year: expected a value (d_year=? where it is missing), found none'],
    [
      dated,
      ['2024-01-05', '1'],
      'expected 5 values (d, d_year, d_month, d_weekday, x), found 2; option dates=d reads it as a date',
    ],
    [
      dated,
      ['2024-01-05', '2024', '1', '5', '1'],
      'd: expected a number, found "2024-01-05"; option dates=d reads it as a date',
    ],
    [source([{ name: 'd_year', kind: 'number' }]), ['d=1', 'd_year=2'], 'unknown feature d: expected d_year'],
    [unnamed, ['a=1', 'b=2'], 'the server names no features: give the values in their order'],
  ])('of %o: %j is wrong usage', (model, args, message) => {
    expect(() => rowFromArguments(args, model)).toThrow(expect.objectContaining({ name: 'UsageError', message }));
  });
});

describe('a row of arguments that are written as cells of a table', () => {
  const ask = (values: readonly string[], written: TableOptions, model = dated) =>
    rowFromArguments(values, model, new UnseenTally(model.features!), written).rows;

  it.each<[string, readonly string[], TableOptions]>([
    ['by name', ['x=1', 'd=2024-01-05'], { dates: { d: 'ymd' } }],
    ['in the order of the columns', ['5.1.2024', '1'], { dates: { d: 'dmy' } }],
    ['with a decimal comma', ['d=1/5/2024', 'x=1,0'], { dates: { d: 'mdy' }, decimal: ',' }],
  ])('gives a date once: %s', (_, values, written) => {
    expect([...ask(values, written).values]).toEqual([19_727, 2024, 1, 5, 1]);
  });

  it('gives what is made of a date that is missing or no feature itself', () => {
    const missing = ask(['x=1', 'd=?'], { dates: { d: 'ymd' } });
    expect([...missing.values]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN, 1]);
    const month = source([{ name: 'd_month', kind: 'number' }]);
    expect([...ask(['d=2024-03-05'], { dates: { d: 'ymd' } }, month).values]).toEqual([3]);
    expect([...ask(['2024-03-05'], { dates: { d: 'ymd' } }, month).values]).toEqual([3]);
  });

  it('has the words for a missing value that are named', () => {
    expect(ask(['colour=red', 'size=-'], { missing: ['-', 'red'] }, mixed)).toMatchObject({ texts: ['', ''] });
  });

  it.each<[readonly string[], TableOptions, string]>([
    [['d=soon', 'x=1'], { dates: { d: 'ymd' } }, 'd: expected a date such as 2024-01-31, found "soon"'],
    [
      ['d=5.1.2024', 'x=1'],
      { dates: { d: 'ymd' } },
      'd: expected a date such as 2024-01-31, found "5.1.2024"; option dates=d=dmy reads it as a date',
    ],
    [['x=1'], { dates: { d: 'ymd' } }, 'd: expected a value (d=? where it is missing), found none'],
    [['1'], { dates: { d: 'ymd' } }, 'expected 2 values (d, x), found 1'],
    [['1', '2'], { dates: { dd: 'ymd' } }, 'dates: expected dates that features are made of (d), found "dd"'],
    [
      ['1', '2'],
      { dates: { day: 'ymd', d: 'ymd' } },
      'dates: expected dates that features are made of (d), found "day"',
    ],
  ])('%j with %j is wrong usage', (values, written, message) => {
    expect(() => ask(values, written)).toThrow(expect.objectContaining({ name: 'UsageError', message }));
  });
});
