import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestError } from '../../../src/ground/errors.js';
import { LargeArray, LargeJsonParser } from '../../../src/server/http/large-json.js';

/** Parses with a pause after every byte or so. */
function parse(text: string | Buffer, pieceBytes = 8, step = 1): unknown {
  const parser = new LargeJsonParser(Buffer.from(text as string), pieceBytes);
  while (!parser.run(step)) {}
  return whole(parser.document);
}

/** With every array in one piece. */
function whole(value: unknown): unknown {
  if (value instanceof LargeArray) return value.pieces.flat().map(whole);
  if (Array.isArray(value)) return value.map(whole);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, element]) => [name, whole(element)]));
}

/** What comes of it: a value, or that there is none. */
function outcome(read: () => unknown): { value: unknown } | 'no JSON' {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return 'no JSON';
    throw error;
  }
}

const key = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom('__proto__', 'a', '1', '0', ''));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: 'grapheme' }),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((entries) => new Written(entries)),
  ),
})).value;

/** An object with keys that may come twice. */
class Written {
  readonly entries: readonly (readonly [string, unknown])[];

  constructor(entries: readonly (readonly [string, unknown])[]) {
    this.entries = entries;
  }
}

function write(value: unknown, space: string): string {
  if (Array.isArray(value))
    return `[${space}${value.map((element) => write(element, space)).join(`${space},${space}`)}${space}]`;
  if (!(value instanceof Written)) return JSON.stringify(value);
  const members = value.entries.map(
    ([name, element]) => `${JSON.stringify(name)}${space}:${space}${write(element, space)}`,
  );
  return `{${space}${members.join(`${space},`)}${space}}`;
}

const text = fc.tuple(json, fc.constantFrom('', ' ', '\n\t ')).map(([value, space]) => write(value, space));
const sizes = { piece: fc.integer({ min: 1, max: 40 }), step: fc.integer({ min: 1, max: 30 }) };

describe('large JSON', () => {
  it('is what JSON.parse makes of it, in whatever pieces it is parsed', () => {
    fc.assert(
      fc.property(text, sizes.piece, sizes.step, (written, piece, step) => {
        expect(parse(written, piece, step)).toStrictEqual(JSON.parse(written));
      }),
      { numRuns: 500 },
    );
  });

  it('is none where JSON.parse says so, with a byte too many, too few or another one', () => {
    const bytes = [...'[]{},:" 1a\\\u0000'].map((character) => character.charCodeAt(0));
    fc.assert(
      fc.property(
        text,
        fc.nat(),
        fc.nat(2),
        fc.constantFrom(...bytes),
        sizes.piece,
        (written, place, kind, byte, piece) => {
          const whole = Buffer.from(written);
          const at = place % (whole.length + 1);
          const [removed, added] = [
            [0, [byte]],
            [1, []],
            [1, [byte]],
          ][kind] as [number, number[]];
          const broken = Buffer.concat([whole.subarray(0, at), Buffer.from(added), whole.subarray(at + removed)]);
          const strict = () => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(broken));
          expect(outcome(() => parse(broken, piece))).toStrictEqual(outcome(strict));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    '',
    ' ',
    '[1,]',
    '[,1]',
    '{"a":1,}',
    '[1 [2]]',
    '[[1] [2]]',
    '{"a":[1] "b":2}',
    '{"a" "b":[1]}',
    '{"a"::[1]}',
    '{"a":"b":[1]}',
    '{1:[1]}',
    '[1]]',
    '[1}',
    '{"a":[1}',
    '1,2',
    '{}{}',
    '"a',
    '[1',
  ])('is none: %s', (broken) => {
    for (let piece = 1; piece < 12; piece++) expect(() => parse(broken, piece)).toThrow(SyntaxError);
  });

  it('may begin with a mark of byte order, and nowhere else has one', () => {
    expect(parse('\ufeff[1, 2, 3]', 2)).toEqual([1, 2, 3]);
    expect(() => parse('[1, \ufeff2, 3]', 2)).toThrow(SyntaxError);
  });

  it('is no text of another encoding', () => {
    expect(() => parse(Buffer.from('["\xe9", 1]', 'latin1'), 2)).toThrow(TypeError);
  });

  it.each([
    ['arrays', '[],'],
    ['objects', '{},'],
  ])('may have half a million parts, and no more: %s', (_, part) => {
    const last = part.slice(0, -1);
    expect(parse(`[${part.repeat(499_998)}${last}]`, 32_768, 65_536)).toHaveLength(499_999);
    expect(() => parse(`[${part.repeat(499_999)}${last}]`, 32_768, 65_536)).toThrow(
      new RequestError([
        {
          field: 'request',
          description:
            'expected at most 500000 arrays, objects and members of objects, found more: data need not be nested',
        },
      ]),
    );
  });

  it('counts members of objects as parts, and nothing that stands in strings', () => {
    const member = String.raw`"\\\"[{:":1,`;
    expect(parse(`{${member.repeat(499_998)}"a":1}`, 32_768, 65_536)).toHaveProperty('a', 1);
    expect(() => parse(`{${member.repeat(499_999)}"a":1}`, 32_768, 65_536)).toThrow(/at most 500000 arrays/);
  });

  it('may have ten thousand members in one object, and no more', () => {
    const members = (count: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i])));
    expect(Object.keys(parse(members(10_000), 8, 4096) as object)).toHaveLength(10_000);
    expect(() => parse(members(10_001), 8, 4096)).toThrow(/at most 10000 members of an object/);
  });

  it('is refused below 32 levels, and with a value of more than a mebibyte', () => {
    expect(parse(`${'['.repeat(31)}${']'.repeat(31)}`)).toBeInstanceOf(Array);
    expect(() => parse(`${'['.repeat(33)}${']'.repeat(33)}`)).toThrow(/at most 32 levels/);
    const long = (length: number) => JSON.stringify(['a', 'b'.repeat(length)]);
    expect(parse(long(1_000_000), 8, 65_536)).toHaveLength(2);
    expect(() => parse(long(1_100_000), 8, 65_536)).toThrow(/values of at most 1048576 bytes/);
  });
});
