import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { checkJson, SMALL_BYTES } from '../../../src/formats/iris-json/json-syntax.js';
import { JsonText } from '../../../src/formats/iris-json/json-text.js';
import { ArtifactError } from '../../../src/ground/errors.js';

/** Behind so much white space a text is checked without JSON.parse. */
const SPACE = ' '.repeat(SMALL_BYTES);

function says(json: string): string {
  try {
    checkJson(Buffer.from(json));
    return 'good';
  } catch (error) {
    expect(error).toBeInstanceOf(ArtifactError);
    return (error as ArtifactError).message;
  }
}

function isGood(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

/** Pieces of JSON, as they fall. */
const soup = fc
  .array(
    fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"', '"a"', '"\\u00', '"\\"', '\\', 'true', 'nul', 'null', '-', '0', '1.5'],
      ...['e', 'E+3', '.', '01', '1e', '"\t"', ' ', '\n', '\u00a0', '"\\u12aF"', '"\\x"', '2', '[1]', '{"b":0}'],
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(''));

/** JSON with one character taken out, put in or changed. */
const spoiled = fc
  .tuple(
    fc.json({ maxDepth: 3, noUnicodeString: false }),
    fc.nat(),
    fc.constantFrom('', '"', ',', ']', '}', '0', 'e', '\\'),
  )
  .map(([json, at, put]) => {
    const place = at % (json.length + 1);
    return json.slice(0, place) + put + json.slice(place + (at % 2));
  })
  // Half a character is no UTF-8.
  .filter((json) => Buffer.from(json).toString() === json);

describe('the grammar of a large text', () => {
  it.each([
    ['pieces', soup],
    ['JSON that was spoiled', spoiled],
  ])('takes what JSON.parse takes, and nothing else: %s', (_, texts) => {
    let good = 0;
    fc.assert(
      fc.property(texts, (json) => {
        const expected = isGood(json);
        if (expected) good++;
        const message = says(`${SPACE}${json}`);
        if (expected) expect(message).toBe('good');
        else expect(message).toMatch(/^not JSON: /);
      }),
      { numRuns: 1500 },
    );
    expect(good).toBeGreaterThan(50);
  });

  it.each([
    ['', 'Unexpected end of JSON input', 0],
    ['[1', "Expected ',' or ']' after array element in JSON at position", 2],
    ['{"a":1', "Expected ',' or '}' after property value in JSON at position", 6],
    ['{"a" 1}', "Expected ':' after property name in JSON at position", 5],
    ['{a:1}', 'Expected double-quoted property name in JSON at position', 1],
    ['"a', 'Unterminated string in JSON at position', 2],
    ['"\n"', 'Bad control character in string literal in JSON at position', 1],
    [String.raw`"\q"`, 'Bad escaped character in JSON at position', 1],
    ['[-]', 'No number after minus sign in JSON at position', 2],
    ['[1.]', 'Unterminated fractional number in JSON at position', 3],
    ['[1e]', 'Exponent part is missing a number in JSON at position', 3],
    ['oops', 'Unexpected token in JSON at position', 0],
    ['1 2', 'Unexpected non-whitespace character after the value in JSON at position', 2],
  ])('says what it expected, and where: %s', (json, reason, at) => {
    const position = reason.endsWith('position') ? ` ${SPACE.length + at}` : '';
    expect(says(`${SPACE}${json}`)).toBe(`not JSON: ${reason}${position}`);
  });

  it('builds nothing', () => {
    expect(checkJson(Buffer.from(`${SPACE}[1]`)).value).toBeUndefined();
    expect(checkJson(Buffer.from('[1]')).value).toEqual([1]);
  });
});

describe('a text that is read where it lies', () => {
  it('gives the numbers that JSON.parse gives', () => {
    const digits = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.bigInt({ min: 0n, max: 10n ** 25n }),
        fc.constantFrom('', '.5', '.000', 'e3', 'E-7'),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(digits, fc.double({ noNaN: true, noDefaultInfinity: true }).map(String))),
        (tokens) => {
          const text = new JsonText(Buffer.from(`[ ${tokens.join(' ,\n')} ]`));
          const found: number[] = [];
          for (let at = text.first(text.root); at >= 0; at = text.next(text.numberEnd)) found.push(text.number(at));
          expect(found).toEqual(tokens.map((token) => JSON.parse(token)));
          expect(text.length(text.root)).toBe(tokens.length);
        },
      ),
    );
  });

  it('finds members and ends around strings that look like more of it', () => {
    const value = { '"': ['],', '}', '\\'], '\\"}': { a: '[{' }, '': ',', é: [[], {}, [0]] };
    const text = new JsonText(Buffer.from(JSON.stringify(value, null, 1)));
    const { end, values } = text.members(text.root);
    expect(Object.fromEntries([...values].map(([key, at]) => [key, text.parse(at)]))).toEqual(value);
    expect(end).toBe(text.bytes.length);
    expect(text.commas(text.root)).toBe(7);
  });

  it.each([
    ['a long string', JSON.stringify('x'.repeat(5000)), 'x'.repeat(1000)],
    ['one of escape sequences', JSON.stringify('\\\n\u0001"'.repeat(1000)), '\\\n\u0001"'.repeat(50)],
    ['one of long characters', JSON.stringify('😂'.repeat(1000)), '😂'.repeat(250)],
  ])('quotes no more than the beginning of %s', (_, json, beginning) => {
    const text = new JsonText(Buffer.from(json));
    const glimpse = text.glimpse(text.root) as string;
    expect(glimpse.startsWith(beginning)).toBe(true);
    expect((JSON.parse(json) as string).startsWith(glimpse)).toBe(true);
    expect(glimpse.length).toBeLessThan(1100);
  });

  it('refuses an object of more keys than the format knows', () => {
    const text = new JsonText(
      Buffer.from(JSON.stringify(Object.fromEntries(Array.from({ length: 65 }, (_, n) => [n, n])))),
    );
    expect(() => text.members(text.root)).toThrow(
      new ArtifactError('key', 'expected at most 64 keys in one object, found more'),
    );
  });
});

describe('a large array', () => {
  const ones = `[${'1, '.repeat(3000)}1]`;
  const places = (json: string) => {
    const text = new JsonText(Buffer.from(json));
    return [...text.members(text.root).values.values()].map((at) => ({
      length: text.isArray(at) ? text.length(at) : null,
      commas: text.commas(at),
      numbers: text.isArray(at) ? text.numbers(at)?.length : undefined,
    }));
  };

  it.each(['', SPACE])('has the same elements in a small text and in a large one', (space) => {
    const nested = `{"b": ${ones}, "c": {"d": "], [,"}}`;
    expect(places(`${space}{"a": ${ones}, "e": ${nested}, "f": [${ones}, 2], "g": [1, 2]}`)).toEqual([
      { length: 3001, commas: 3000, numbers: 3001 },
      { length: null, commas: 3001, numbers: undefined },
      { length: 2, commas: 3001, numbers: undefined },
      { length: 2, commas: 1, numbers: undefined },
    ]);
  });

  it('is no array of numbers where one is beyond doubles, or something else', () => {
    for (const other of ['1e999', 'null', '"1"', 'true', '[1]']) {
      const text = new JsonText(Buffer.from(ones.replace('[1', `[${other}`)));
      expect(text.numbers(text.root)).toBeUndefined();
    }
  });

  it.each([
    ['numbers', '1', 1],
    ['objects', '{"a": 1}', 0],
    ['texts', '"a"', 0],
    ['arrays', '[]', 0],
    ['numbers, but for an object', '1, 2', 0, '{}'],
  ])(
    'is parsed once at most to be counted, and only where that makes little: one of %s',
    (_, element, parsed, last = element) => {
      const text = new JsonText(Buffer.from(`[${`${element}, `.repeat(3000)}${last}]`));
      const parse = vi.spyOn(JSON, 'parse');
      const lengths = new Set([1, 2, 3].map(() => text.length(text.root)));
      expect([...lengths]).toEqual([element === '1, 2' ? 6001 : 3001]);
      expect(parse).toHaveBeenCalledTimes(parsed);
      parse.mockRestore();
    },
  );

  it('is walked to count what is in it where it holds much else', () => {
    const text = new JsonText(Buffer.from(`[${'{}, '.repeat(9000)}{}]`));
    const parse = vi.spyOn(JSON, 'parse');
    expect(text.commas(text.root)).toBe(9000);
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  it('is known by its place in a text of more brackets than belong there', () => {
    for (const json of ['['.repeat(9000), ']'.repeat(9000), ']['.repeat(9000), '}'.repeat(9000)]) {
      expect(says(json)).toMatch(/^not JSON: |levels of nesting/);
    }
    const { ends, plain } = checkJson(Buffer.from(`{"a": [${ones}, ${ones}, []], "b": "[", "c": ${ones}}`));
    expect([ends.size, plain.size]).toEqual([5, 3]);
  });
});
