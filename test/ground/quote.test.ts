import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cut,
  nameInWords,
  namesInWords,
  plural,
  printable,
  printableLines,
  quote,
  quotedList,
  shownName,
  shownReason,
  shownValue,
} from '../../src/ground/quote.js';
import { acts } from '../arbitraries/hostile-text.js';

/** Any UTF-16, with what terminals, logs and pages act on more often than chance gives it. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom('\n', '\r', '\u001b[31m', '\u009b2J', '\u202e', '\u2066', '\u200b', '\u2028', '\ud83c', '\udf3c'),
      fc.constantFrom('👩‍👩‍👧', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '❤️‍🔥', 'می‌خواهم', 'é', '1️⃣', '\u200d', '"', '\\', '|'),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));

describe('what is shown of text', () => {
  it('does nothing to a terminal, a log or a page', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const shown of [printable(text), quote(text), nameInWords(text), shownName(text)]) {
          expect(acts(shown)).toBe(false);
        }
      }),
    );
  });

  it.each([
    ['a line end', 'a\r\nb', 'a\\u000d\\u000ab'],
    ['an escape sequence', '\u001b[31mred', '\\u001b[31mred'],
    ['one of a single character', '\u009b31m', '\\u009b31m'],
    ['marks that turn text around', 'a\u202eb\u2066c\u200f', 'a\\u202eb\\u2066c\\u200f'],
    ['line ends of Unicode', 'a\u2028b\u2029', 'a\\u2028b\\u2029'],
    ['spaces without width', 'pass\u200bed\ufeff', 'pass\\u200bed\\ufeff'],
    ['tags, which nobody sees', 'x\u{e0041}', 'x\\udb40\\udc41'],
    ['half of a character', 'x\ud83c', 'x\\ud83c'],
    ['a joiner between letters that do not join', 'pass\u200ded', 'pass\\u200ded'],
  ])('spells out %s', (_what, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it.each(['👩‍👩‍👧', '❤️‍🔥', '👩🏽‍🚀', 'می‌خواهم', 'क्‍ष', '1️⃣', 'naïve café', '山鳶尾', '<b>|`\\n"'])(
    'leaves %s alone',
    (text) => {
      expect(printable(text)).toBe(text);
    },
  );

  it('keeps the lines of text of several lines, and what JSON says', () => {
    expect(printableLines('a\nb\u001b')).toBe('a\nb\\u001b');
    fc.assert(
      fc.property(fc.array(anyText), (texts) => {
        expect(JSON.parse(printableLines(JSON.stringify(texts, null, 2)))).toEqual(texts);
      }),
    );
  });
});

describe('cutting text', () => {
  it('leaves alone what is short enough', () => {
    expect(cut('setosa', 6)).toBe('setosa');
    expect(cut('', 0)).toBe('');
  });

  it('keeps a beginning of whole characters, as large as may be', () => {
    const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 60 }), (text, longest) => {
        const shown = cut(text, longest);
        if (text.length <= longest) {
          expect(shown).toBe(text);
          return;
        }
        const kept = shown.slice(0, -1);
        expect(shown.at(-1)).toBe('…');
        expect(text.startsWith(kept)).toBe(true);
        expect(kept.length).toBeLessThanOrEqual(longest);
        const starts = Array.from(segmenter.segment(text), ({ index }) => index).filter((index) => index <= longest);
        const last = starts.at(-1)!;
        if (last > 0) expect(kept.length).toBe(last);
        else expect(kept.length).toBeGreaterThanOrEqual(longest - 1);
      }),
    );
  });

  it('takes a character apart only where it is all that there is, and never a surrogate pair', () => {
    expect(cut('\u{1f469}\u200d\u{1f469}!', 4)).toBe('\u{1f469}\u200d…');
    expect(cut(`a${'\u0301'.repeat(1000)}`, 5)).toBe(`a${'\u0301'.repeat(4)}…`);
    expect(cut('🌸🌼', 1)).toBe('…');
  });

  it('does not read what it does not show', () => {
    const { segment } = Intl.Segmenter.prototype;
    let longest = 0;
    Intl.Segmenter.prototype.segment = function (text) {
      longest = Math.max(longest, text.length);
      return segment.call(this, text);
    };
    try {
      quote('x'.repeat(1_000_000));
      shownName('\u0301'.repeat(1_000_000));
    } finally {
      Intl.Segmenter.prototype.segment = segment;
    }
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(100);
  });
});

describe('a found value', () => {
  it('stands in quotes, on one line, and is cut at 40', () => {
    expect(quote('a\n"b"')).toBe('"a\\n\\"b\\""');
    expect(quote('x'.repeat(41))).toBe(`"${'x'.repeat(40)}…"`);
    expect(quote(`${'x'.repeat(39)}🌸`)).toBe(`"${'x'.repeat(39)}…"`);
  });

  it('reads back as JSON', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(JSON.parse(quote(text))).toBe(cut(text, 40));
      }),
    );
  });
});

describe('a name in a sentence', () => {
  it('stands as it is where it is plain', () => {
    expect(nameInWords('petal_length')).toBe('petal_length');
    expect(nameInWords('How do you like it?')).toBe('How do you like it?');
    expect(nameInWords('x'.repeat(80))).toBe('x'.repeat(80));
  });

  it('stands in quotes where it is long, empty, or would do something', () => {
    expect(nameInWords('x'.repeat(81))).toBe(`"${'x'.repeat(50)}…${'x'.repeat(30)}"`);
    expect(nameInWords('')).toBe('""');
    expect(nameInWords(' a')).toBe('" a"');
    expect(nameInWords('a\npassed')).toBe('"a\\npassed"');
    expect(nameInWords('a\u202eb')).toBe('"a\\u202eb"');
  });

  it('keeps the beginning and the end of a long name, of whole characters', () => {
    const family = '👩‍👩‍👧';
    expect(shownName(`${'a'.repeat(60)}${'b'.repeat(60)}`)).toBe(`${'a'.repeat(50)}…${'b'.repeat(30)}`);
    expect(shownName(`${'a'.repeat(60)}${family.repeat(10)}`)).toBe(`${'a'.repeat(50)}…${family.repeat(3)}`);
    expect(shownName('🌼'.repeat(60))).toBe(`${'🌼'.repeat(25)}…${'🌼'.repeat(15)}`);
    const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
    const charactersOf = (text: string) => Array.from(segmenter.segment(text), ({ segment }) => segment);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(family, 'é', 'x', '1️⃣', '🌼'), { minLength: 1 }), (end) => {
        const name = `${'a'.repeat(80)}${end.join('')}`;
        const tail = charactersOf(shownName(name).slice('a'.repeat(50).length + 1));
        const fitting = charactersOf(name).slice(-tail.length - 1);
        expect(tail).toEqual(fitting.slice(1));
        expect(tail.join('').length).toBeLessThanOrEqual(30);
        expect(fitting.join('').length).toBeGreaterThan(30);
      }),
    );
  });

  it('is one of a few', () => {
    expect(namesInWords(['a', 'b\n'])).toBe('a, "b\\n"');
    expect(namesInWords(['a', 'b', 'c'], 2)).toBe('a, b, … (3 in all)');
  });
});

describe('a count', () => {
  it('is singular for one thing', () => {
    expect([plural(1, 'row'), plural(0, 'row'), plural(2, 'leaf', 'leaves')]).toEqual(['1 row', '0 rows', '2 leaves']);
  });
});

describe('what else is found', () => {
  it('is a list of values', () => {
    expect(quotedList(['a', 'b\n'], 2)).toBe('"a", "b\\n"');
    expect(quotedList(['a', 'b', 'c'], 2)).toBe('"a", "b", … (3 in all)');
  });

  it('is a part of a document', () => {
    expect([undefined, null, 2.5, true, 'a\u200b', [1, 2], { a: 1 }].map(shownValue)).toEqual([
      'undefined',
      'null',
      '2.5',
      'true',
      '"a\\u200b"',
      'an array of 2',
      'an object',
    ]);
  });

  it('is a reason', () => {
    expect(shownReason('no rows')).toBe('no rows');
    expect(shownReason(`\u001b${'x'.repeat(200)}`)).toBe(`\\u001b${'x'.repeat(119)}…`);
  });
});
