import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDate } from '../../../src/data/date-cells.js';
import { dateInWords, timeInWords, timestampInWords } from '../../../src/data/typed/moments.js';

describe('a day', () => {
  it.each([
    [0, '1970-01-01'],
    [-1, '1969-12-31'],
    [-719_162, '0001-01-01'],
    [-719_528, '0000-01-01'],
    [-719_529, '-0001-12-31'],
    [2_147_483_647, 'infinity'],
    [-2_147_483_648, '-infinity'],
  ])('%d is %s', (days, text) => {
    expect(dateInWords(days)).toBe(text);
  });
});

describe('a time', () => {
  it.each<[bigint, number, string]>([
    [0n, 1000, '00:00:00'],
    [86_399_999_999n, 1_000_000, '23:59:59.999999'],
    [3_600_500n, 1000, '01:00:00.5'],
    [60_000_000_001n, 1_000_000_000, '00:01:00.000000001'],
  ])('%s of %d a second is %s', (since, perSecond, text) => {
    expect(timeInWords(since, perSecond)).toBe(text);
  });
});

describe('a moment', () => {
  it.each<[bigint, boolean, string]>([
    [1_706_697_000_000_000n, false, '2024-01-31 10:30:00'],
    [1_706_697_000_250_000n, true, '2024-01-31 10:30:00.25+00'],
    [-1n, false, '1969-12-31 23:59:59.999999'],
    [9_223_372_036_854_775_807n, false, 'infinity'],
  ])('%s microseconds on is %s', (since, zoned, text) => {
    expect(timestampInWords(since, 1_000_000, zoned)).toBe(text);
  });

  it('is read as the day and the part of it', () => {
    const seconds = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
    fc.assert(
      fc.property(seconds, fc.boolean(), (since, zoned) => {
        expect(parseDate(timestampInWords(BigInt(since), 1, zoned), 'ymd')! + 0).toBe(since / 86_400 + 0);
      }),
    );
  });
});
