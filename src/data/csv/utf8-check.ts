import { isAscii, isUtf8 } from 'node:buffer';
import { type Advice, DataError } from '../../ground/errors.js';

const LINE_FEED = 10;

/** The most common one of those in which each byte is a character. */
const ANOTHER_ENCODING: Advice = {
  option: 'encoding',
  value: 'windows-1252',
  effect: 'reads text of Western European Windows, if it is that',
};

/** Checks a text that comes in pieces to be UTF-8, strictly, and names the line of the first byte that is not. */
export class Utf8Check {
  readonly #source: string;
  /** Line of the first byte that is not yet checked. */
  #line: number;
  /** The bytes of a character whose end is still to come, at most three. */
  #pending: Buffer = Buffer.alloc(0);
  /** Whether every byte so far is ASCII. */
  #ascii: boolean;

  /** @param from of a text of which the beginning is known to be UTF-8, where it goes on */
  constructor(source: string, from: { readonly line: number; readonly isAscii: boolean } = { line: 1, isAscii: true }) {
    this.#source = source;
    this.#line = from.line;
    this.#ascii = from.isAscii;
  }

  /** @returns the text, as it is. @throws DataError */
  add(chunk: Buffer): Buffer {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const end = bytes.length - unfinishedBytes(bytes);
    const whole = bytes.subarray(0, end);
    // Mostly one look is enough.
    if (!isAscii(whole)) {
      if (!isUtf8(whole)) this.#refuse(whole);
      this.#ascii = false;
    }
    for (let at = whole.indexOf(LINE_FEED); at !== -1; at = whole.indexOf(LINE_FEED, at + 1)) this.#line++;
    this.#pending = Buffer.from(bytes.subarray(end));
    return chunk;
  }

  /** @throws DataError where the text ends within a character */
  end(): Buffer {
    if (this.#pending.length > 0) this.#refuse(this.#pending);
    return this.#pending;
  }

  #refuse(bytes: Buffer): never {
    let start = 0;
    let line = this.#line;
    // A line feed is never part of a longer character, so the first bad byte is in the first line that is bad alone.
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, start)) {
      if (!isUtf8(bytes.subarray(start, at))) break;
      start = at + 1;
      line++;
    }
    const bad = firstBadByte(bytes, start);
    const byte = bytes[bad]!.toString(16).padStart(2, '0');
    // After characters that are UTF-8 it is damage rather than another encoding, and where a NUL is it is no text.
    const isText = this.#ascii && isAscii(bytes.subarray(0, bad)) && !bytes.includes(0);
    const advice = isText ? ANOTHER_ENCODING : undefined;
    const found = `found the byte 0x${byte}`;
    throw new DataError('encoding', `${this.#source}:${line}: expected UTF-8 text, ${found}`, { advice });
  }
}

/** How many bytes at the end begin a character that they do not complete. */
function unfinishedBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return characterBytes(byte) > back ? back : 0;
  }
  return 0;
}

/** Length of the character that a lead byte announces (RFC 3629, 3). */
function characterBytes(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** Index of the first byte from `start` on that does not begin a whole character. */
function firstBadByte(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length) {
    const end = at + characterBytes(bytes[at]!);
    if (!isUtf8(bytes.subarray(at, end)) || end > bytes.length) return at;
    at = end;
  }
  return start;
}
