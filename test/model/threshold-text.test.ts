import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalsFor, thresholdText } from '../../src/model/threshold-text.js';

/** As the tree computes it. */
function midpoint(lower: number, upper: number): number {
  const middle = lower / 2 + upper / 2;
  return middle < upper ? middle : lower;
}

describe('the text of a threshold', () => {
  it.each([
    [17.4, 17.5, '17.45'],
    [1.9, 3, '2.45'],
    [9, 10, '9.5'],
    [26.25, 26.2875, '26.269'],
    [0.1, 0.30000000000000004, '0.2'],
    [0.3, 0.30000000000000004, '0.3'],
    [0.29999999999999993, 0.3, '0.29999999999999993'],
    [-0.0001, 0.0001, '0'],
    [20230114, 20230115, '20230114.5'],
    [1e-9, 2e-9, '1.5e-9'],
    [5e-324, 1e-323, '5e-324'],
    [1e22, 3e22, '2e+22'],
    [-1.7e308, 1.7e308, '0'],
  ])('between %d and %d is %s', (lower, upper, text) => {
    expect(thresholdText(midpoint(lower, upper), decimalsFor(upper - lower))).toBe(text);
  });

  it('separates the values beside the threshold, whatever the other gaps of the feature are', () => {
    const double = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: -1e6, max: 1e6 }).map((value) => value / 1000),
      fc.double({ min: 0.1, max: 0.1000000001, noNaN: true }),
    );
    fc.assert(
      fc.property(double, double, fc.double({ min: 0, noNaN: true }), (a, b, other) => {
        fc.pre(a !== b);
        const [lower, upper] = [Math.min(a, b), Math.max(a, b)];
        const decimals = decimalsFor(Math.min(upper - lower, other));
        const shown = Number(thresholdText(midpoint(lower, upper), decimals));
        expect(shown).toBeGreaterThanOrEqual(lower);
        expect(shown).toBeLessThan(upper);
      }),
      { numRuns: 2000 },
    );
  });

  it('has 15 digits where the model does not record the decimals, which is the exact midpoint of shorter values', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e6, max: 1e6 }),
        fc.integer({ min: 1, max: 1e5 }),
        fc.nat(6),
        (n, step, places) => {
          const [lower, upper] = [n, n + step].map((digits) => Number(`${digits}e-${places}`));
          const exact = Number(`${2 * n + step}e-${places}`) / 2;
          const text = thresholdText(midpoint(lower, upper), null);
          expect(Number(text)).toBeCloseTo(exact, 12);
          expect(text.replace(/e.*/, '').replace(/\D/g, '').replace(/^0+/, '').length).toBeLessThanOrEqual(9);
        },
      ),
    );
    expect(thresholdText(17.450000000000003, null)).toBe('17.45');
  });
});
