import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareCodePoints, isMissing, parseNumber } from '../../src/data/cells.js';

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

describe('isMissing', () => {
  it.each(['', '  ', 'NA', ' NA ', 'NaN', 'null', '?'])('takes %j for a missing value', (text) => {
    expect(isMissing(text)).toBe(true);
  });

  it.each(['na', 'nan', 'N/A', 'Null', 'NULL', '-', '??', '0', 'None'])('takes %j for a value', (text) => {
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
