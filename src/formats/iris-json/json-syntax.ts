import { isUtf8 } from 'node:buffer';
import { ArtifactError } from '../../ground/errors.js';

/** Deepest nesting of the format: model, provenance, summaries, summary, histogram, counts, one row of counts. */
const MAX_MODEL_LEVELS = 7;
/** Objects and arrays: two per node of the largest tree that a file has room for. Three bytes of text make a hundred. */
const MAX_CONTAINERS = 11_000_000;

/** Up to here JSON.parse reads a text faster than code that is not compiled yet, and in little memory. */
export const SMALL_BYTES = 256 * 1024;
/** Arrays and objects from here on are asked for again and again: where they end is kept. */
const LARGE_BYTES = 4096;

/** What is known of a text that was checked. */
export interface CheckedJson {
  /** Of a small text; of a larger one undefined, as nothing is built. */
  readonly value: unknown;
  /** By where a large array or object begins, where it ends. */
  readonly ends: ReadonlyMap<number, number>;
  /** Where large arrays begin that hold no texts, arrays and objects: what JSON.parse makes of them costs little. */
  readonly plain: ReadonlySet<number>;
}

/** What is counted in one pass. */
interface Measured extends Pick<CheckedJson, 'ends' | 'plain'> {
  readonly containers: number;
  readonly depth: number;
  readonly keys: number;
}

/**
 * Whether bytes are JSON of the format's size: strict UTF-8, RFC 8259, no deeper than the format goes.
 *
 * @throws ArtifactError
 */
export function checkJson(bytes: Uint8Array): CheckedJson {
  if (!isUtf8(bytes)) throw new ArtifactError('not-json', 'expected UTF-8, found other bytes');
  const { containers, depth, ends, keys, plain } = measure(bytes);
  if (containers > MAX_CONTAINERS) {
    throw new ArtifactError('too-large', `expected at most ${MAX_CONTAINERS} objects and arrays, found ${containers}`);
  }
  if (depth > MAX_MODEL_LEVELS)
    throw new ArtifactError('too-large', `expected at most ${MAX_MODEL_LEVELS} levels of nesting, found ${depth}`);
  if (bytes.length <= SMALL_BYTES) return { value: parseSmall(bytes, keys), ends, plain };
  passText(bytes, textStart(bytes));
  return { value: undefined, ends, plain };
}

/** Brackets, nesting and colons outside of strings; right for valid JSON, harmless for anything else. */
function measure(bytes: Uint8Array): Measured {
  const ends = new Map<number, number>();
  const plain = new Set<number>();
  /** By level, where what is open began. */
  const starts = new Int32Array(MAX_MODEL_LEVELS + 1);
  let containers = 0;
  let depth = 0;
  let level = 0;
  let keys = 0;
  let inString = false;
  /** Where the last text, array or object began. */
  let last = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte > QUOTE && byte < COLON) continue;
    else if (byte === QUOTE) {
      inString = true;
      last = at;
    } else if (byte === COLON) keys++;
    else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      containers++;
      if (++level > depth) depth = level;
      last = at;
      // Places that an array does not have are slow, and a file may be made of them.
      if (level > 0 && level <= MAX_MODEL_LEVELS) starts[level] = at;
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
      const start = level > 0 && level <= MAX_MODEL_LEVELS ? starts[level] : at;
      level--;
      if (at + 1 - start < LARGE_BYTES) continue;
      ends.set(start, at + 1);
      if (last === start && byte === CLOSE_BRACKET) plain.add(start);
    }
  }
  return { containers, depth, ends, keys, plain };
}

/** `__proto__` is an ordinary key here, as JSON.parse makes it. */
function parseSmall(bytes: Uint8Array, keys: number): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    // The engine's message quotes the text, line ends included: an error is one line.
    const reason = (cause as Error).message.replace(/\s+/g, ' ');
    throw new ArtifactError('not-json', `not JSON: ${reason}`, { cause });
  }
  if (countKeys(value) !== keys)
    throw new ArtifactError('key', 'expected every key once, found one twice in one object');
  return value;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let keys = Array.isArray(value) ? 0 : members.length;
  for (let i = 0; i < members.length; i++) if (typeof members[i] === 'object') keys += countKeys(members[i]);
  return keys;
}

/*
 * The grammar of RFC 8259: each function passes what begins at a place and returns the place behind it. They may call each
 * other without a bound, since the nesting is known to be small. Plain functions, because most models are small: what
 * counts is how fast this is before it is compiled. Reasons are worded as JSON.parse words them.
 */

function passText(bytes: Uint8Array, start: number): void {
  const end = passSpace(bytes, passValue(bytes, passSpace(bytes, start)));
  if (end < bytes.length) refuseAt(bytes, end, 'Unexpected non-whitespace character after the value');
}

function passValue(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === OPEN_BRACKET) return passArray(bytes, at);
  if (byte === OPEN_BRACE) return passObject(bytes, at);
  if (byte === QUOTE) return passString(bytes, at);
  return byte === MINUS || isDigit(byte) ? passNumber(bytes, at) : passLiteral(bytes, at);
}

function passArray(bytes: Uint8Array, at: number): number {
  let next = passSpace(bytes, at + 1);
  if (bytes[next] === CLOSE_BRACKET) return next + 1;
  for (;;) {
    next = passValue(bytes, next);
    if (bytes[next] !== COMMA) next = passSpace(bytes, next);
    if (bytes[next] === CLOSE_BRACKET) return next + 1;
    if (bytes[next] !== COMMA) refuseAt(bytes, next, "Expected ',' or ']' after array element");
    next = passSpace(bytes, next + 1);
  }
}

function passObject(bytes: Uint8Array, at: number): number {
  let next = passSpace(bytes, at + 1);
  if (bytes[next] === CLOSE_BRACE) return next + 1;
  for (;;) {
    if (bytes[next] !== QUOTE) refuseAt(bytes, next, 'Expected double-quoted property name');
    next = passSpace(bytes, passString(bytes, next));
    if (bytes[next] !== COLON) refuseAt(bytes, next, "Expected ':' after property name");
    next = passSpace(bytes, passValue(bytes, passSpace(bytes, next + 1)));
    if (bytes[next] === CLOSE_BRACE) return next + 1;
    if (bytes[next] !== COMMA) refuseAt(bytes, next, "Expected ',' or '}' after property value");
    next = passSpace(bytes, next + 1);
  }
}

function passString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) {
      const length = escapeLength(bytes, at);
      if (length === 0) refuseAt(bytes, at, 'Bad escaped character');
      at += length - 1;
    } else if (byte < SPACE) refuseAt(bytes, at, 'Bad control character in string literal');
  }
  return refuseAt(bytes, bytes.length, 'Unterminated string');
}

function passNumber(bytes: Uint8Array, start: number): number {
  let at = bytes[start] === MINUS ? start + 1 : start;
  at = bytes[at] === ZERO ? at + 1 : passDigits(bytes, at, 'No number after minus sign');
  if (bytes[at] === POINT) at = passDigits(bytes, at + 1, 'Unterminated fractional number');
  if (bytes[at] !== LETTER_E && bytes[at] !== CAPITAL_E) return at;
  const signed = bytes[at + 1] === PLUS || bytes[at + 1] === MINUS;
  return passDigits(bytes, at + (signed ? 2 : 1), 'Exponent part is missing a number');
}

function passDigits(bytes: Uint8Array, start: number, orElse: string): number {
  let at = start;
  while (bytes[at] >= ZERO && bytes[at] <= NINE) at++;
  return at > start ? at : refuseAt(bytes, at, orElse);
}

function passLiteral(bytes: Uint8Array, at: number): number {
  if (at >= bytes.length) throw new ArtifactError('not-json', 'not JSON: Unexpected end of JSON input');
  const literal = LITERALS.find((letters) => letters.every((letter, index) => bytes[at + index] === letter));
  return literal ? at + literal.length : refuseAt(bytes, at, 'Unexpected token');
}

function passSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isSpace(bytes[at])) at++;
  return at;
}

function refuseAt(bytes: Uint8Array, at: number, reason: string): never {
  throw new ArtifactError('not-json', `not JSON: ${reason} in JSON at position ${at - textStart(bytes)}`);
}

/** Where the text begins: a byte order mark is not part of it. */
export function textStart(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Bytes of the escape sequence that begins at `at`; 0 where there is none. */
export function escapeLength(bytes: Uint8Array, at: number): number {
  const byte = bytes[at + 1];
  if (byte !== LETTER_U) return at + 1 < bytes.length && ESCAPES.includes(byte) ? 2 : 0;
  for (let digit = at + 2; digit < at + 6; digit++) if (!isHexDigit(bytes[digit])) return 0;
  return 6;
}

function isHexDigit(byte: number): boolean {
  const lower = byte | LOWER;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

export function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
const PLUS = 0x2b;
const POINT = 0x2e;
const LETTER_E = 0x65;
const CAPITAL_E = 0x45;
const LETTER_U = 0x75;
/** What tells a lower-case letter from its capital. */
const LOWER = 0x20;
const ESCAPES = Buffer.from('"\\/bfnrt');
const LITERALS = ['true', 'false', 'null'].map((literal) => Buffer.from(literal));
