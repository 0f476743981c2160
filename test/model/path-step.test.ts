import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepWords } from '../../src/model/path-step.js';
import { thresholdText } from '../../src/model/threshold-text.js';

const stepOf = (value: number, threshold: number) => ({
  feature: 'x',
  value,
  threshold,
  wentLeft: value <= threshold,
  samples: 1,
});

describe('the words of a step', () => {
  it.each([
    [17.425, 17.424999999999997, 3, 'x 17.425 > 17.424999999999997'],
    [17.425, 17.424999999999997, null, 'x 17.425 > 17.424999999999997'],
    [17.45, 17.450000000000003, 3, 'x 17.45 <= 17.45'],
    [17.5, 17.424999999999997, 3, 'x 17.5 > 17.425'],
    [26.2687, 26.26875, 3, 'x 26.2687 <= 26.269'],
    [26.2688, 26.26875, 3, 'x 26.2688 > 26.26875'],
    [2.4504, 2.45049, 3, 'x 2.4504 <= 2.45049'],
  ])('for %d at %d with %s decimals are true', (value, threshold, decimals, words) => {
    expect(stepWords(stepOf(value, threshold), thresholdText(threshold, decimals))).toBe(words);
  });

  it('say that there is a value where only missing ones go the other way', () => {
    const step = { feature: 'color', value: 'red', categories: [], wentLeft: false, samples: 1 };
    expect(stepWords(step)).toBe('color has a value: red');
    expect(stepWords({ ...step, value: null, wentLeft: true })).toBe('color missing: goes left');
  });

  it('are true for every value and threshold, read back as numbers', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }),
      fc.integer({ min: -1e6, max: 1e6 }).map((value) => value / 1000),
    );
    // Beside the threshold, where a short form may lie on the other side.
    const nudge = fc.oneof(fc.constantFrom(0, 1e-16, -1e-16, 1e-5, -1e-5), fc.double({ min: -1, max: 1, noNaN: true }));
    const decimals = fc.option(fc.integer({ min: 3, max: 100 }));
    fc.assert(
      fc.property(number, nudge, decimals, (threshold, by, places) => {
        const value = threshold + by * Math.max(1, Math.abs(threshold));
        const { wentLeft } = stepOf(value, threshold);
        const shown = places === null ? undefined : thresholdText(threshold, places);
        const [, left, sign, right] = stepWords(stepOf(value, threshold), shown).split(' ');
        expect(sign).toBe(wentLeft ? '<=' : '>');
        expect(Number(left) <= Number(right)).toBe(wentLeft);
      }),
      { numRuns: 2000 },
    );
  });
});
