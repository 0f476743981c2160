import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecimalScanner } from '../../../src/data/csv/decimal-scanner.js';

const scanner = new DecimalScanner();
/** What is scanned at the beginning of a text; undefined where that is left to `Number`. */
function scan(text: string): { value: number; end: number } | undefined {
  const value = scanner.scan(Buffer.from(text), 0);
  return Number.isNaN(value) ? undefined : { value, end: scanner.end };
}

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 24 });
/** Any double in its shortest form, and digits with a point anywhere. */
const decimal = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map(String),
  fc
    .tuple(fc.constantFrom('', '-', '+'), digits, fc.nat(24), fc.constantFrom('', 'e3', 'E-2', 'e+07'))
    .map(([sign, text, at, exponent]) => `${sign}${text.slice(0, at)}.${text.slice(at)}${exponent}`),
);

describe('scanning a decimal number', () => {
  it('gives what Number gives, to the last bit, or leaves it to Number', () => {
    let scanned = 0;
    fc.assert(
      fc.property(decimal, fc.constantFrom('', ',', '\n', 'x', ';1'), (text, rest) => {
        const found = scan(`${text}${rest}`);
        if (found === undefined) return;
        scanned++;
        expect(Object.is(found.value, Number(text) + 0)).toBe(true);
        expect(found.end).toBe(text.length);
      }),
      { numRuns: 20_000 },
    );
    expect(scanned).toBeGreaterThan(5_000);
  });

  it('rounds as Number where the digits lie next to the middle between two doubles', () => {
    const middle = fc
      .tuple(
        fc.bigInt({ min: 2n ** 52n, max: 2n ** 53n - 1n }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: -2, max: 2 }),
      )
      // An odd number of halves, written with decimals: a tie, and its neighbours in the last digit.
      .map(([half, decimals, beside]) => {
        const text = String((2n * half + 1n) * 5n ** BigInt(decimals) + BigInt(beside));
        return `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
      });
    let scanned = 0;
    fc.assert(
      fc.property(middle, (text) => {
        const found = scan(text);
        if (found !== undefined) scanned++;
        expect(found?.value ?? Number(text)).toBe(Number(text));
      }),
      { numRuns: 5_000 },
    );
    expect(scanned).toBeGreaterThan(1_000);
  });

  it.each(['', '-', '.', '-.', 'x', 'e5', '1e', '1e+', 'NaN', ' 1', '123456789012345678901234567890', '1e400'])(
    'leaves %j to others',
    (text) => {
      expect(scan(text)).toBeUndefined();
    },
  );

  it.each([
    ['-0', 0, 2],
    ['5.', 5, 2],
    ['.5', 0.5, 2],
    ['+1', 1, 2],
    ['007', 7, 3],
    ['0x10', 0, 1],
    ['1.2.3', 1.2, 3],
    ['1_000', 1, 1],
    ['0.1000000000000000055', 0.1, 21],
  ])('stops where the number ends: %s', (text, value, end) => {
    expect(scan(text)).toEqual({ value, end });
  });
});
