import { createHash } from 'node:crypto';
import { ArtifactError } from '../../ground/errors.js';
import { canonicalize, canonicalString } from './canonical-value.js';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  isDigit,
  isSpace,
  MINUS,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  ZERO,
} from './json-syntax.js';
import type { JsonText } from './json-text.js';

/** Bytes gathered before they are passed on. */
const PIECE_BYTES = 1 << 16;
/** Digits of an integer that a double holds whatever they are, and that ECMAScript writes without an exponent. */
const PLAIN_DIGITS = 15;

/**
 * The SHA-256 of the object that a text is, in canonical form, lower-case hex. Memory does not grow with the object.
 *
 * @param without a key that is left out
 * @throws ArtifactError as `writeCanonical`
 */
export function canonicalSha256(text: JsonText, without?: string): string {
  const hash = createHash('sha256');
  if (text.value !== undefined) {
    const { [without ?? '']: _, ...content } = text.value as Record<string, unknown>;
    return hash.update(canonicalize(content)).digest('hex');
  }
  writeCanonical(text, text.root, (piece) => void hash.update(piece), without);
  return hash.digest('hex');
}

/**
 * The JSON Canonicalization Scheme, RFC 8785: no white space, keys sorted by UTF-16 code unit, numbers and strings as
 * ECMAScript serialises them.
 *
 * @param write takes the form piece by piece, as UTF-8; a piece is valid until it returns
 * @param without a key of the value itself that is left out
 * @throws ArtifactError for what the scheme has no form for: numbers that are not finite, unpaired surrogates, a key twice
 */
export function writeCanonical(text: JsonText, at: number, write: (piece: Uint8Array) => void, without?: string): void {
  const writer = new CanonicalWriter(text, write);
  writer.value(at, without);
  writer.flush();
}

class CanonicalWriter {
  readonly #text: JsonText;
  readonly #bytes: Buffer;
  readonly #write: (piece: Uint8Array) => void;
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES);
  #length = 0;

  constructor(text: JsonText, write: (piece: Uint8Array) => void) {
    this.#text = text;
    this.#bytes = text.bytes;
    this.#write = write;
  }

  /** @returns where the value ends */
  value(at: number, without?: string): number {
    const first = this.#bytes[at];
    if (first === OPEN_BRACKET) return this.#array(at);
    if (first === OPEN_BRACE) return this.#object(at, without);
    if (first === QUOTE) return this.#string(at);
    if (first === MINUS || isDigit(first)) return this.#number(at);
    const end = this.#text.end(at);
    this.#copy(at, end);
    return end;
  }

  flush(): void {
    this.#write(this.#piece.subarray(0, this.#length));
    this.#length = 0;
  }

  #array(at: number): number {
    const text = this.#text;
    let end = at + 1;
    this.#put(OPEN_BRACKET);
    for (let element = text.first(at); element >= 0; element = text.next(end)) {
      if (end > at + 1) this.#put(COMMA);
      end = this.value(element);
    }
    // The bracket that closes may stand behind white space.
    while (this.#bytes[end] !== CLOSE_BRACKET) end++;
    this.#put(CLOSE_BRACKET);
    return end + 1;
  }

  #object(at: number, without: string | undefined): number {
    const { end, values } = this.#text.members(at);
    let separator = '{';
    // Array.prototype.sort without a comparator orders by UTF-16 code unit, which is what the RFC asks for.
    for (const key of [...values.keys()].sort()) {
      if (key === without) continue;
      this.#putText(`${separator}${canonicalString(key)}:`);
      this.value(values.get(key)!);
      separator = ',';
    }
    this.#putText(separator === '{' ? '{}' : '}');
    return end;
  }

  /** Without escape sequences a string of strict UTF-8 is as ECMAScript writes it. */
  #string(at: number): number {
    const end = this.#text.end(at);
    if (!this.#text.stringEscaped) this.#copy(at, end);
    else this.#putText(canonicalString(this.#text.parse(at) as string));
    return end;
  }

  #number(at: number): number {
    const end = this.#plainInteger(at);
    if (end > 0) return end;
    const value = this.#text.number(at);
    if (!Number.isFinite(value))
      throw new ArtifactError('value', 'expected finite 64-bit numbers, found one out of their range');
    this.#putText(JSON.stringify(value));
    return this.#text.numberEnd;
  }

  /** Most are integers that stand as ECMAScript writes them. @returns where it ends; 0 for another number */
  #plainInteger(at: number): number {
    const bytes = this.#bytes;
    const piece = this.#piece;
    this.#makeRoom(PLAIN_DIGITS + 1);
    let to = this.#length;
    let from = at;
    if (bytes[from] === MINUS) piece[to++] = bytes[from++];
    if (bytes[from] === ZERO && from > at) return 0;
    for (const end = from + PLAIN_DIGITS; isDigit(bytes[from]) && from < end; ) piece[to++] = bytes[from++];
    const next = bytes[from];
    if (next !== COMMA && next !== CLOSE_BRACKET && !isSpace(next) && next !== CLOSE_BRACE) return 0;
    this.#length = to;
    return from;
  }

  #copy(start: number, end: number): void {
    if (end - start > PIECE_BYTES) {
      this.flush();
      this.#write(this.#bytes.subarray(start, end));
      return;
    }
    this.#makeRoom(end - start);
    // Most are a few digits, which copy() takes longer for.
    for (let at = start; at < end; at++) this.#piece[this.#length++] = this.#bytes[at];
  }

  #put(byte: number): void {
    this.#makeRoom(1);
    this.#piece[this.#length++] = byte;
  }

  #putText(text: string): void {
    if (text.length > PIECE_BYTES / 3) {
      this.flush();
      this.#write(Buffer.from(text));
      return;
    }
    this.#makeRoom(text.length * 3);
    this.#length += this.#piece.write(text, this.#length);
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes > PIECE_BYTES) this.flush();
  }
}
