import { ArtifactError } from '../../ground/errors.js';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  checkJson,
  escapeLength,
  isDigit,
  isSpace,
  MINUS,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SMALL_BYTES,
  textStart,
  ZERO,
} from './json-syntax.js';

/** Far more than any object of the format has. */
const MAX_KEYS = 64;
/** Digits of an integer that a double holds whatever they are. */
const SAFE_DIGITS = 15;
/** Bytes of a string that a message quotes from: more than it shows. */
const GLIMPSE_BYTES = 1024;
/** Bytes of which anything may be made for a look: a file may be made of tiny objects. */
const LOOK_BYTES = 1 << 15;

/** The members of an object: where the value of each key begins, and where the object ends. */
export interface Members {
  readonly values: ReadonlyMap<string, number>;
  readonly end: number;
}

/**
 * JSON that is read where it lies: a value is the place of its first byte. A model is mostly numbers, which cost four to
 * sixteen times as much as JavaScript values as they take here, and as they take in the arrays that they are read into.
 */
export class JsonText {
  readonly bytes: Buffer;
  /** Where the whole value begins. */
  readonly root: number;
  /** The whole of a small text. */
  readonly value: unknown;
  /** Where the number ends that `number` read last. */
  numberEnd = 0;
  /** Whether the string whose end was looked for last has escape sequences. */
  stringEscaped = false;
  /** Of large values: a file has few, and they are asked for again. */
  readonly #ends: ReadonlyMap<number, number>;
  readonly #plain: ReadonlySet<number>;
  readonly #lengths = new Map<number, number>();

  /** @throws ArtifactError for what is no JSON, or too much of it */
  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { ends, plain, value } = checkJson(bytes);
    this.value = value;
    this.#ends = ends;
    this.#plain = plain;
    this.root = this.#pastSpace(textStart(bytes));
  }

  isObject(at: number): boolean {
    return this.bytes[at] === OPEN_BRACE;
  }

  isArray(at: number): boolean {
    return this.bytes[at] === OPEN_BRACKET;
  }

  /** The byte after a value. */
  end(at: number): number {
    const { bytes } = this;
    const first = bytes[at];
    if (first === QUOTE) return this.#stringEnd(at);
    if (first === OPEN_BRACE || first === OPEN_BRACKET) return this.#containerEnd(at);
    let end = at + 1;
    while (end < bytes.length && !isSpace(bytes[end]) && !isEnd(bytes[end]) && bytes[end] !== COMMA) end++;
    return end;
  }

  /** The first element of an array; -1 where there is none. */
  first(array: number): number {
    const at = this.#pastSpace(array + 1);
    return this.bytes[at] === CLOSE_BRACKET ? -1 : at;
  }

  /** The element after the one that ends at `end`; -1 where that was the last. */
  next(end: number): number {
    const at = this.#pastSpace(end);
    return this.bytes[at] === COMMA ? this.#pastSpace(at + 1) : -1;
  }

  /** Elements of an array. */
  length(array: number): number {
    const known = this.#lengths.get(array);
    if (known !== undefined) return known;
    const count = this.#plainArray(array)?.length ?? this.#count(array);
    if (this.#ends.has(array)) this.#lengths.set(array, count);
    return count;
  }

  /**
   * The members of an object.
   *
   * @throws ArtifactError for a key that comes twice, and for more keys than the format could have
   */
  members(object: number): Members {
    const values = new Map<string, number>();
    let at = this.#pastSpace(object + 1);
    while (this.bytes[at] !== CLOSE_BRACE) {
      if (values.size === MAX_KEYS)
        throw new ArtifactError('key', `expected at most ${MAX_KEYS} keys in one object, found more`);
      const key = this.parse(at) as string;
      if (values.has(key)) throw new ArtifactError('key', 'expected every key once, found one twice in one object');
      const value = this.#pastSpace(this.#pastSpace(this.#stringEnd(at)) + 1);
      values.set(key, value);
      at = this.#pastSpace(this.end(value));
      if (this.bytes[at] === COMMA) at = this.#pastSpace(at + 1);
    }
    return { values, end: at + 1 };
  }

  /** A number, which ends at `numberEnd` then; NaN for another value. */
  number(at: number): number {
    const { bytes } = this;
    const negative = bytes[at] === MINUS;
    const start = negative ? at + 1 : at;
    let end = start;
    let value = 0;
    for (; isDigit(bytes[end]); end++) value = value * 10 + bytes[end] - ZERO;
    if (end === start) return Number.NaN;
    const isInteger = end === bytes.length || isSpace(bytes[end]) || isEnd(bytes[end]) || bytes[end] === COMMA;
    if (isInteger && end - start <= SAFE_DIGITS) {
      this.numberEnd = end;
      return negative ? -value : value;
    }
    this.numberEnd = this.end(at);
    return Number(bytes.toString('latin1', at, this.numberEnd));
  }

  /** A value as JSON.parse gives it: for small ones. */
  parse(at: number): unknown {
    return JSON.parse(this.bytes.toString('utf8', at, this.end(at)));
  }

  /**
   * The elements of an array of numbers. As long as code is not compiled, JSON.parse is faster than `number`.
   *
   * @returns nothing for one that is too short or too long for that, and one of other values
   */
  numbers(array: number): readonly number[] | undefined {
    const values = this.#plainArray(array);
    return values?.every(Number.isFinite) ? (values as number[]) : undefined;
  }

  /** As much of a value as a message says of it. */
  glimpse(at: number): unknown {
    if (this.isArray(at)) return new Array(this.length(at));
    if (this.isObject(at)) return {};
    const end = this.end(at);
    if (end - at <= GLIMPSE_BYTES) return this.parse(at);
    if (this.bytes[at] !== QUOTE) return Number(this.bytes.toString('latin1', at, end));
    let cut = at + 1;
    while (cut < at + GLIMPSE_BYTES) cut += this.bytes[cut] === BACKSLASH ? escapeLength(this.bytes, cut) : 1;
    // Not within a character.
    while ((this.bytes[cut] & 0xc0) === 0x80) cut--;
    return JSON.parse(`${this.bytes.toString('utf8', at, cut)}"`);
  }

  /** How many commas a value has that part elements and members: nearly how many these are. */
  commas(at: number): number {
    const small = this.#parsed(at, LOOK_BYTES);
    if (small !== undefined) return commasOf(small);
    const { bytes } = this;
    const end = this.end(at);
    let commas = 0;
    for (let place = at; place < end; place++) {
      if (bytes[place] === QUOTE) place = this.#stringEnd(place) - 1;
      else if (bytes[place] === COMMA) commas++;
    }
    return commas;
  }

  /** An array or an object that is neither too short nor too long to be parsed for a look at it. */
  #parsed(at: number, most: number): unknown {
    const size = (this.#ends.get(at) ?? at) - at;
    return size > 0 && size <= most ? this.parse(at) : undefined;
  }

  #plainArray(at: number): readonly unknown[] | undefined {
    return this.#plain.has(at) ? (this.#parsed(at, SMALL_BYTES) as readonly unknown[] | undefined) : undefined;
  }

  #count(array: number): number {
    let count = 0;
    for (let at = this.first(array); at >= 0; at = this.next(this.end(at))) count++;
    return count;
  }

  #stringEnd(at: number): number {
    const { bytes } = this;
    let end = at + 1;
    this.stringEscaped = false;
    for (; bytes[end] !== QUOTE; end++) {
      if (bytes[end] !== BACKSLASH) continue;
      this.stringEscaped = true;
      end++;
    }
    return end + 1;
  }

  #containerEnd(at: number): number {
    const known = this.#ends.get(at);
    if (known !== undefined) return known;
    const { bytes } = this;
    let end = at;
    for (let level = 0; ; end++) {
      const byte = bytes[end];
      // Digits, signs, points and commas are most of it.
      if (byte > QUOTE && byte < OPEN_BRACKET) continue;
      if (byte === QUOTE) end = this.#stringEnd(end) - 1;
      else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) level++;
      else if (isEnd(byte) && --level === 0) break;
    }
    return end + 1;
  }

  #pastSpace(at: number): number {
    let past = at;
    while (isSpace(this.bytes[past])) past++;
    return past;
  }
}

function isEnd(byte: number): boolean {
  return byte === CLOSE_BRACKET || byte === CLOSE_BRACE;
}

function commasOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let commas = Math.max(members.length - 1, 0);
  for (let i = 0; i < members.length; i++) if (typeof members[i] === 'object') commas += commasOf(members[i]);
  return commas;
}
