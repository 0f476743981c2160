import { TextDecoder } from 'node:util';
import { badOption, DataError } from '../../ground/errors.js';
import { quote } from '../../ground/quote.js';
import { peek, prepend } from './named-bytes.js';
import { Utf8Check } from './utf8-check.js';

/** Turns text that comes in pieces into UTF-8. */
interface Decoding {
  /** @throws DataError that names a line of the text */
  add(chunk: Buffer): Buffer;
  /** What is left where the text ends. @throws DataError */
  end(): Buffer;
}

/** Byte order marks: https://encoding.spec.whatwg.org/#bom-sniff */
const MARKS: readonly { readonly mark: string; readonly encoding: string }[] = [
  { mark: '\xef\xbb\xbf', encoding: 'utf-8' },
  { mark: '\xff\xfe', encoding: 'utf-16le' },
  { mark: '\xfe\xff', encoding: 'utf-16be' },
];
const UTF_32_MARKS = ['\xff\xfe\0\0', '\0\0\xfe\xff'];

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Text as UTF-8. A byte order mark says what the text is written in and is left out. Without one it is the encoding that
 * is asked for, and UTF-8 where none is.
 *
 * @param asked a label of https://encoding.spec.whatwg.org/#names-and-labels
 * @throws UsageError for an encoding that is not known, DataError for bytes that are no text
 */
export async function* decoded(
  bytes: AsyncGenerator<Buffer>,
  asked: string | undefined,
  source: string,
): AsyncGenerator<Buffer> {
  try {
    const encoding = asked === undefined ? 'utf-8' : knownEncoding(asked);
    const { head, rest } = await peek(bytes, 4);
    const begin = head.toString('latin1', 0, 4);
    const marked = MARKS.find(({ mark }) => begin.startsWith(mark));
    if (marked === undefined && encoding === 'utf-8') refuseUnmarked(begin, source);
    if (UTF_32_MARKS.includes(begin)) throw new DataError('encoding', `${source}: expected UTF-8 text, found UTF-32`);
    const decoding = decodingOf(marked?.encoding ?? encoding, source);
    yield* decodedBy(decoding, prepend(head.subarray(marked?.mark.length ?? 0), rest));
  } finally {
    await bytes.return(undefined);
  }
}

/** @throws DataError */
export async function* decodedBy(decoding: Decoding, bytes: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    const text = decoding.add(chunk);
    if (text.length > 0) yield text;
  }
  const text = decoding.end();
  if (text.length > 0) yield text;
}

function knownEncoding(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch (cause) {
    const expected = 'the name of an encoding, such as utf-8, utf-16le or windows-1252';
    throw badOption('encoding', expected, label, { found: quote(label), cause });
  }
}

/** UTF-16 of which the mark is missing is UTF-8 too, with a NUL for each other byte. */
function refuseUnmarked(begin: string, source: string): void {
  const [first, second] = begin;
  if (second === undefined || (first === '\0') === (second === '\0')) return;
  const value = first === '\0' ? 'utf-16be' : 'utf-16le';
  throw new DataError('encoding', `${source}:1: expected UTF-8 text, found a NUL beside the first character`, {
    advice: { option: 'encoding', value, effect: 'reads UTF-16 without a byte order mark' },
  });
}

function decodingOf(encoding: string, source: string): Decoding {
  switch (encoding) {
    case 'utf-8':
      return new Utf8Check(source);
    case 'utf-16le':
    case 'utf-16be':
      return new Utf16(source, encoding === 'utf-16be');
    case 'windows-1252':
      return { add: windows1252, end: () => NOTHING };
    default:
      return new OtherEncoding(source, encoding);
  }
}

/** What stands at 0x80 to 0x9f; the rest is as in Latin-1. https://encoding.spec.whatwg.org/index-windows-1252.txt */
const WINDOWS_1252 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

/** Not by a TextDecoder: those of some versions of Node read Latin-1 (https://github.com/nodejs/node/issues/56542). */
function windows1252(chunk: Buffer): Buffer {
  const text = chunk.toString('latin1');
  return Buffer.from(text.replace(/[\x80-\x9f]/g, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80]!));
}

class Utf16 implements Decoding {
  readonly #source: string;
  readonly #bigEndian: boolean;
  #line = 1;
  /** Half a character, or the first half of a pair. */
  #pending: Buffer = NOTHING;

  constructor(source: string, bigEndian: boolean) {
    this.#source = source;
    this.#bigEndian = bigEndian;
  }

  add(chunk: Buffer): Buffer {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let end = bytes.length - (bytes.length % 2);
    if (end > 0 && (bytes[end - (this.#bigEndian ? 2 : 1)]! & 0xfc) === 0xd8) end -= 2;
    this.#pending = Buffer.from(bytes.subarray(end));
    return this.#encode(bytes.subarray(0, end));
  }

  end(): Buffer {
    if (this.#pending.length % 2 === 0) return this.#encode(this.#pending);
    throw new DataError(
      'encoding',
      `${this.#source}:${this.#line}: expected UTF-16 text, found half a character at its end`,
    );
  }

  #encode(bytes: Buffer): Buffer {
    const text = (this.#bigEndian ? Buffer.from(bytes).swap16() : bytes).toString('utf16le');
    const lone = text.search(/\p{Cs}/u);
    if (lone !== -1) {
      const line = this.#line + lineFeeds(text.slice(0, lone));
      const found = `half of a pair, 0x${text.charCodeAt(lone).toString(16)}`;
      throw new DataError('encoding', `${this.#source}:${line}: expected UTF-16 text, found ${found}`);
    }
    this.#line += lineFeeds(text);
    return Buffer.from(text);
  }
}

/** The encodings of which Node has a decoder. */
class OtherEncoding implements Decoding {
  readonly #source: string;
  readonly #encoding: string;
  readonly #decoder: TextDecoder;
  #line = 1;

  constructor(source: string, encoding: string) {
    this.#source = source;
    this.#encoding = encoding;
    // A fatal one would not tell where.
    this.#decoder = new TextDecoder(encoding);
  }

  add(chunk: Buffer): Buffer {
    return this.#encode(this.#decoder.decode(chunk, { stream: true }));
  }

  end(): Buffer {
    return this.#encode(this.#decoder.decode());
  }

  #encode(text: string): Buffer {
    const bad = text.indexOf('\ufffd');
    if (bad !== -1) {
      const line = this.#line + lineFeeds(text.slice(0, bad));
      throw new DataError(
        'encoding',
        `${this.#source}:${line}: expected ${this.#encoding} text, found bytes that are no character of it`,
      );
    }
    this.#line += lineFeeds(text);
    return Buffer.from(text);
  }
}

function lineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
