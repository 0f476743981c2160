import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CellGrammar, cellParser, compareCodePoints, isMissing, parseNumber } from '../../src/data/cells.js';

describe('parseNumber', () => {
  it.each([
    ['0', 0],
    ['5.1', 5.1],
    ['-3', -3],
    ['+4', 4],
    ['.5', 0.5],
    ['5.', 5],
    ['007', 7],
    ['1e3', 1000],
    ['1E+3', 1000],
    ['-2.5e-3', -0.0025],
    [' 12\t', 12],
    ['\u00a01', 1],
    ['1e-999', 0],
    ['0.1000000000000000055511151231257827', 0.1],
    ['179769313486231570e291', Number.MAX_VALUE],
  ])('reads %j as %d', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  it.each(['-0', '-0.0', '-1e-999'])('reads %j as zero without a sign', (text) => {
    expect(Object.is(parseNumber(text), 0)).toBe(true);
  });

  it.each([
    '',
    ' ',
    '\t',
    '-',
    '.',
    '+.',
    'e5',
    '1e',
    '--1',
    '1 2',
    '1,5',
    '1/2',
    '0x10',
    ' 0X10',
    '0o7',
    '0b1',
    '1_000',
    '1n',
    'Infinity',
    '-Infinity',
    'inf',
    '1e999',
    'NaN',
    'true',
    'x',
    '١',
  ])('refuses %j', (text) => {
    expect(parseNumber(text)).toBeUndefined();
  });

  it('agrees with a grammar written as one regular expression, on text made of the characters of numbers', () => {
    const grammar = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
    const text = fc.string({ unit: fc.constantFrom(...'0123456789+-.eExXobBn_, ,/'), maxLength: 8 });
    fc.assert(
      fc.property(text, (cell) => {
        const expected = grammar.test(cell) && Number.isFinite(Number.parseFloat(cell.trim()));
        expect(parseNumber(cell) !== undefined).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives back every finite double from its shortest form', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parseNumber(String(value))).toBe(value + 0);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('cellParser', () => {
  it('is the plain grammar where nothing else is said', () => {
    expect(cellParser().parseNumber).toBe(parseNumber);
    expect(cellParser({ decimal: '.', units: false }).isMissing).toBe(isMissing);
  });

  it.each<[CellGrammar, string, number | undefined]>([
    [{ decimal: ',' }, '8,8', 8.8],
    [{ decimal: ',' }, ' -,5e2 ', -50],
    [{ decimal: ',' }, '12', 12],
    [{ decimal: ',' }, '12,', 12],
    [{ decimal: ',' }, '8.8', undefined],
    [{ decimal: ',' }, '1,2,3', undefined],
    [{ decimal: ',' }, ',', undefined],
    [{ decimal: ',', thousands: '.' }, '1.234.567,89', 1234567.89],
    [{ decimal: ',', thousands: '.' }, '1.23', undefined],
    [{ thousands: ',' }, '728,571', 728571],
    [{ thousands: ',' }, '1,234.5', 1234.5],
    [{ thousands: ',' }, '999', 999],
    [{ thousands: ',' }, '1234', 1234],
    [{ thousands: ',' }, '1,23', undefined],
    [{ thousands: ',' }, '1234,567', undefined],
    [{ thousands: ' ' }, '1 234\u00a0567', 1234567],
    [{ thousands: "'" }, "1'234’567", 1234567],
    [{ units: true }, '$5100.0', 5100],
    [{ units: true }, '-$5', -5],
    [{ units: true }, '€ -5', -5],
    [{ units: true }, '5 €', 5],
    [{ units: true }, '3.5%', 3.5],
    [{ units: true }, '3.5', 3.5],
    [{ units: true }, '$', undefined],
    [{ units: true }, 'EUR 5', undefined],
    [{ units: true, thousands: ',' }, '$1,234.50', 1234.5],
    [{ units: true }, '1e999', undefined],
  ])('reads by %j the cell %j as %d', (grammar, text, value) => {
    expect(cellParser(grammar).parseNumber(text)).toBe(value);
  });

  it('takes the words that are given, and an empty cell, as missing', () => {
    const { isMissing: isMissingNumber, isMissingText } = cellParser({ missing: ['-9', 'none'] });
    for (const isMissingHere of [isMissingNumber, isMissingText]) {
      expect(['-9', ' none ', '', 'NA'].map(isMissingHere)).toEqual([true, true, true, false]);
    }
    expect(cellParser({ missing: ['-9'] }).parseNumber(' -9')).toBeUndefined();
  });
});

describe('isMissing', () => {
  it.each([
    ...['', '  ', 'NA', ' NA ', 'NaN', 'nan', 'NULL', 'null', 'None', 'N/A', 'n/a', '#N/A', '<NA>', '-', '.', '?'],
  ])('takes %j for a missing value', (text) => {
    expect(isMissing(text)).toBe(true);
  });

  it.each(['na', 'Nan', 'Null', 'none', '--', '??', '0', 'unknown'])('takes %j for a value', (text) => {
    expect(isMissing(text)).toBe(false);
  });
});

describe('compareCodePoints', () => {
  it('puts a character beyond the basic plane after the last one of it, unlike <', () => {
    expect('\u{1f600}' < '\uff5e').toBe(true);
    expect(compareCodePoints('\u{1f600}', '\uff5e')).toBeGreaterThan(0);
  });

  it('orders any text as its sequence of code points is ordered', () => {
    const bytes = (text: string) => Buffer.from(text, 'utf8');
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{1f600}'),
    });
    fc.assert(
      // UTF-8 keeps the order of code points byte by byte.
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(bytes(a), bytes(b)));
      }),
    );
  });
});
