import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { percent, plural, shorten, shortNumber, textWidth } from '../../../src/report/charts/text.js';

describe('shortening text', () => {
  it('leaves alone what fits', () => {
    expect(shorten('setosa', 60, 12)).toBe('setosa');
  });

  it('cuts the end off what does not fit', () => {
    expect(shorten('a very long name of a class', 80, 12)).toBe('a very long…');
  });

  it('keeps one character at least, whole', () => {
    expect(shorten('🌸🌼', 1, 12)).toBe('🌸…');
  });

  it('never makes text wider than it may be, but for one character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 3 }), fc.integer({ min: 30, max: 200 }), (text, width) => {
        const cut = shorten(text, width, 12);
        expect([...cut].length <= 2 || textWidth(cut, 12) <= width).toBe(true);
        if (cut !== text) expect(text.startsWith(cut.slice(0, -1))).toBe(true);
      }),
    );
  });

  it('reads no more of a long text than fits', () => {
    const looks = vi.spyOn(RegExp.prototype, 'test');
    shorten('x'.repeat(1_000_000), 200, 12);
    shorten('花'.repeat(1_000_000), 200, 12);
    const count = looks.mock.calls.length;
    looks.mockRestore();
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThan(200);
  });

  it('takes no character apart that is several', () => {
    expect(shorten('ab👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 80, 12)).toBe('ab👩‍👩‍👧…');
  });

  it('takes ideographs for wider than letters', () => {
    expect(textWidth('山鳶尾', 10)).toBe(30);
    expect(textWidth('abc', 10)).toBeLessThan(20);
  });
});

describe('words for numbers', () => {
  it('have six digits at most', () => {
    expect([2.4500000000000002, 1 / 3, 1e-7, 123456789, -0.5].map(shortNumber)).toEqual([
      '2.45',
      '0.333333',
      '1e-7',
      '123457000',
      '-0.5',
    ]);
  });

  it('are percents without an empty decimal', () => {
    expect([1, 0.975, 2 / 3, 0].map(percent)).toEqual(['100 %', '97.5 %', '66.7 %', '0 %']);
  });

  it('are singular for one thing', () => {
    expect([plural(1, 'row'), plural(0, 'row'), plural(2, 'leaf', 'leaves')]).toEqual(['1 row', '0 rows', '2 leaves']);
  });
});
