import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalText, decimalValue, widened } from '../../../src/data/typed/numerals.js';

describe('a 32-bit float', () => {
  it.each([
    [0.1, 0.1],
    [-0.3, -0.3],
    [1e-10, 1e-10],
    [3.4e-38, 3.4e-38],
    [1.401298464324817e-45, 1e-45],
    [16777215, 16777215],
    [1073741824, 1073741824],
    [3.4028234663852886e38, 3.4028234663852886e38],
    [Number.NaN, Number.NaN],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('next to %d is %d as a double', (near, double) => {
    expect(widened(Math.fround(near))).toBe(double);
  });

  it('is itself again once the double is rounded', () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        expect(Math.fround(widened(value)) + 0).toBe(value + 0);
      }),
    );
  });

  it('has the shortest decimal of all that are rounded to it', () => {
    const digitsOf = (value: number) =>
      String(value)
        .replace(/e.*|[-.]/g, '')
        .replace(/^0+|0+$/g, '').length;
    const decimal = fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: -20, max: -1 }));
    fc.assert(
      fc.property(decimal, ([digits, exponent]) => {
        const short = Number(`${digits}e${exponent}`);
        expect(digitsOf(widened(Math.fround(short)))).toBeLessThanOrEqual(digitsOf(short));
        expect(widened(Math.fround(short))).toBe(short + 0);
      }),
    );
  });
});

describe('a decimal number', () => {
  it.each<[bigint | number, number, string]>([
    [150n, 2, '1.50'],
    [-5n, 2, '-0.05'],
    [0, 3, '0.000'],
    [7n, 0, '7'],
    [10n ** 37n, 38, `0.1${'0'.repeat(37)}`],
  ])('of the digits %s with a scale of %d is %s', (digits, scale, text) => {
    expect(decimalText(digits, scale)).toBe(text);
  });

  it('is the double that its text is read as', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }),
        fc.integer({ min: 0, max: 38 }),
        (digits, scale) => {
          expect(decimalValue(digits, scale) + 0).toBe(Number(decimalText(digits, scale)) + 0);
        },
      ),
    );
  });
});
