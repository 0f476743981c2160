import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeCanonical } from '../../../src/formats/iris-json/canonical.js';
import { canonicalize } from '../../../src/formats/iris-json/canonical-value.js';
import { JsonText } from '../../../src/formats/iris-json/json-text.js';
import { ArtifactError } from '../../../src/ground/errors.js';

/** The canonical form of a JSON text. */
function canonicalText(json: string): string {
  const text = new JsonText(Buffer.from(json));
  const pieces: Buffer[] = [];
  writeCanonical(text, text.root, (piece) => pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces).toString();
}

/** Of a value, which has to be that of its text, spread out with white space. */
function canonicalForm(value: unknown): string {
  const form = canonicalText(JSON.stringify(value, null, 2));
  expect(canonicalize(value)).toBe(form);
  return form;
}

describe('canonical JSON (RFC 8785)', () => {
  it.each<[string, unknown, string]>([
    ['literals', [null, true, false], '[null,true,false]'],
    ['minus zero', -0, '0'],
    [
      'the largest integers written without exponent',
      [999999999999999900000, 1e20],
      '[999999999999999900000,100000000000000000000]',
    ],
    ['the first one with an exponent', 1e21, '1e+21'],
    ['the last small number without exponent', 0.000001, '0.000001'],
    ['the first one with an exponent', 0.0000001, '1e-7'],
    ['the extremes of doubles', [5e-324, -5e-324, 1.7976931348623157e308], '[5e-324,-5e-324,1.7976931348623157e+308]'],
    [
      'digits that only rounding tells apart',
      [Number('333333333.33333329'), 333333333.3333333],
      '[333333333.3333333,333333333.3333333]',
    ],
    ['a sum in its shortest form', 0.1 + 0.2, '0.30000000000000004'],
    ['integers beyond 2^53', Number('9007199254740993'), '9007199254740992'],
    ['short escapes', '\b\t\n\f\r"\\', String.raw`"\b\t\n\f\r\"\\"`],
    ['other control characters', '\u0000\u000b\u001f', String.raw`"\u0000\u000b\u001f"`],
    ['nothing else', '/\u007f\u0080€\u2028😂', '"/\u007f\u0080€\u2028😂"'],
    ['nesting without white space', { a: [{ b: [] }, {}] }, '{"a":[{"b":[]},{}]}'],
    ['integer-like keys as text', { 10: 1, 9: 2, 1: 3 }, '{"1":3,"10":1,"9":2}'],
    ['letters by code, not by language', { é: 1, z: 2, Z: 3, a: 4 }, '{"Z":3,"a":4,"z":2,"é":1}'],
    // U+1F602 begins with the unit D83D, which is below U+FB33, though its code point is above.
    ['keys by UTF-16 unit, not by code point', { '\ufb33': 1, '😂': 2, '\r': 3 }, '{"\\r":3,"😂":2,"\ufb33":1}'],
    ['keys that are prefixes of others', { ab: 1, a: 2, '': 3 }, '{"":3,"a":2,"ab":1}'],
  ])('writes %s', (_, value, expected) => {
    expect(canonicalForm(value)).toBe(expected);
  });

  it.each([
    ['value', '1e400', 'expected finite 64-bit numbers, found one out of their range'],
    ['value', '[-1e309]', 'expected finite 64-bit numbers, found one out of their range'],
    ['value', String.raw`{"a":"\ud800"}`, String.raw`expected Unicode text, found an unpaired surrogate in "\ud800"`],
    ['value', String.raw`{"\udc00":1}`, String.raw`expected Unicode text, found an unpaired surrogate in "\udc00"`],
    ['key', String.raw`[{"a":1,"\u0061":2}]`, 'expected every key once, found one twice in one object'],
  ] as const)('refuses as %s: %s', (reason, json, message) => {
    expect(() => canonicalText(json)).toThrow(new ArtifactError(reason, message));
  });

  it.each([
    ['-0', '0'],
    ['[-0, 0, -0.0, 0e5]', '[0,0,0,0]'],
    ['[1.0, 10e-1, 100E+1, 1e21]', '[1,1,1000,1e+21]'],
    [
      '[123456789012345, -123456789012345, 12345678901234567890]',
      '[123456789012345,-123456789012345,12345678901234567000]',
    ],
    [String.raw`["\u0041\/", "\ud83d\ude02"]`, '["A/","😂"]'],
    ['\ufeff {"b" : [ ] ,\r\n"a":{ }}', '{"a":{},"b":[]}'],
    [`["${'x'.repeat(200_000)}", "${'é'.repeat(70_000)}"]`, `["${'x'.repeat(200_000)}","${'é'.repeat(70_000)}"]`],
  ])('writes what stands there as %.60s', (json, expected) => {
    expect(canonicalText(json)).toBe(expected);
  });

  it('loses nothing and does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 5 }), (value) => {
        const text = canonicalForm(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalForm(reversed(value))).toBe(text);
      }),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}
