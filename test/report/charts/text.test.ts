import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  listThatFits,
  percent,
  shorten,
  shortenMiddle,
  shortenNames,
  shortNumber,
  textWidth,
} from '../../../src/report/charts/text.js';

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

describe('shortening names', () => {
  const prefix = 'average_daily_temperature_of_the_sensor_';

  it('cuts the middle out', () => {
    expect(shortenMiddle('a very long name of a class', 80, 12)).toBe('a ver…class');
    expect(shortenMiddle('short', 80, 12)).toBe('short');
  });

  it('keeps names different that begin, end, or begin and end alike', () => {
    expect(shortenNames([`${prefix}kitchen`, `${prefix}bathroom`, 'year'], 90, 12)).toEqual([
      'ave…r_kitchen',
      'ave…bathroom',
      'year',
    ]);
    expect(shortenNames(['kitchen_temperature_2020', 'bathroom_temperature_2020'], 90, 12)).toEqual([
      'kitchen…_2020',
      'bathro…_2020',
    ]);
    expect(shortenNames([`${prefix}a_in_2020`, `${prefix}b_in_2020`], 90, 12)).toEqual([
      'ave…a_in_2020',
      'ave…b_in_2020',
    ]);
    expect(shortenNames([`${prefix}a_${prefix}`, `${prefix}b_${prefix}`], 90, 12)).toEqual([
      'average_d… (1)',
      'average_d… (2)',
    ]);
  });

  it('never makes two of them alike, nor wider than they may be', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '_', '花'), maxLength: 12 });
    const name = fc.tuple(part, part).map(([from, to]) => `${from}${'x'.repeat(10)}${to}`);
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 70, max: 200 }),
        (names, width) => {
          const shown = shortenNames(names, width, 12);
          expect(new Set(shown).size).toBe(names.length);
          for (const text of shown) expect(textWidth(text, 12)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('takes no character apart', () => {
    expect(shortenMiddle('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 110, 12)).toBe('👩‍👩‍👧…👩‍👩‍👧');
  });

  it('lists whole names and counts the others', () => {
    expect(listThatFits(['Delft', 'Den Helder', 'Groningen'], 200, 11)).toBe('Delft, Den Helder, Groningen');
    expect(listThatFits(['Delft', 'Den Helder', 'Groningen'], 120, 11)).toBe('Delft, Den Helder +1');
    expect(listThatFits([`${prefix}a`, `${prefix}b`], 110, 11)).toBe('average…nsor_a +1');
    expect(listThatFits([], 110, 11)).toBe('');
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
});
