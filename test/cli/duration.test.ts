import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/cli/duration.js';
import { UsageError } from '../../src/ground/errors.js';

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['5s', 5000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['0s', 0],
    [' 8s ', 8000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '5', 's', '-5s', '5 s', '5S', '1e3s', '.5s', '5s5', '5d', 'NaNs', 'Infinitys'])('is not %j', (text) => {
    expect(() => parseDuration(text)).toThrow(
      new UsageError(`expected a duration such as 500ms, 5s or 2m, found "${text}"`),
    );
  });

  it('is not longer than a timer can wait', () => {
    expect(parseDuration('2147483647ms')).toBe(2_147_483_647);
    expect(() => parseDuration(`\u202e${'5'.repeat(60)}s`)).toThrow(`found "\\u202e${'5'.repeat(39)}…"`);
    expect(() => parseDuration('2147483648ms')).toThrow('expected a duration of at most 24 days, found "2147483648ms"');
  });

  it('is written as it would be read, in the largest whole unit', () => {
    expect([0, 500, 5000, 120_000, 5_400_000].map(formatDuration)).toEqual(['0s', '500ms', '5s', '2m', '90m']);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_147_483_647 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
