import { RequestError } from '../../ground/errors.js';

/**
 * Arrays, objects and members of objects that one request may have: each takes a microsecond or more, and a hundred bytes.
 * Numbers and strings are a tenth of that.
 */
const MAX_PARTS = 500_000;
/** Members of one object: each key costs more the more there are, and all are read at once. */
const MAX_MEMBERS = 10_000;
/** A request has five levels, with its parameters. */
const MAX_REQUEST_LEVELS = 32;
/** JSON that is parsed at once: some milliseconds. */
const PIECE_BYTES = 32 * 1024;
/** Elements that a piece of an array grows to. */
const MAX_GROWN = 4096;
/** A single value is not parsed in pieces: this is its limit. */
const MAX_VALUE_BYTES = 1024 * 1024;

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const ARRAY_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;

/** An array in pieces: one of millions of elements would be moved again and again while it grows. */
export class LargeArray {
  readonly pieces: unknown[][] = [];

  get length(): number {
    return this.pieces.reduce((sum, { length }) => sum + length, 0);
  }

  /** One more element. */
  push(element: unknown): void {
    const last = this.pieces[this.pieces.length - 1];
    if (last && last.length < MAX_GROWN) last.push(element);
    else this.pieces.push([element]);
  }
}

/** An array or object that is too large to be parsed at once: its elements are, in groups. */
interface Container {
  readonly value: LargeArray | Record<string, unknown>;
  /** Where the text begins that is not parsed yet: after the bracket, a comma or a child that has been closed. */
  from: number;
  /** Of an object: how many have been read. */
  members: number;
  /** Nothing but a comma or the end may come next. */
  closedChild: boolean;
  /** A comma came: another element has to. */
  expectsMore: boolean;
  /** Of an object: the key of a child that is a container. */
  key: string;
}

/** Where an array or object begins, and where the key would be that it has in an object. */
interface Pending {
  readonly start: number;
  readonly keyStart: number;
  readonly colon: number;
}

/**
 * Parses JSON in pieces, each with JSON.parse: a body of 16 MB takes a second, during which nothing
 * else would be answered. The result is that of JSON.parse, but large arrays are in pieces.
 * Why: docs/decisions/large-json-in-slices.md
 */
export class LargeJsonParser {
  readonly #bytes: Buffer;
  readonly #pieceBytes: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #at = 0;
  #parts = 0;
  #inString = false;
  /** Where the last string begins, and where the last colon is: before a container, they are its key's. */
  #stringStart = 0;
  #colon = 0;
  /** The document is the one element of the first one. */
  readonly #containers: Container[];
  /** Those that are open in the last container and may yet be parsed at once. */
  readonly #pending: Pending[] = [];

  constructor(bytes: Buffer, pieceBytes = PIECE_BYTES) {
    this.#bytes = bytes;
    this.#pieceBytes = pieceBytes;
    // A byte order mark means nothing in UTF-8, and is not part of JSON.
    if (bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) this.#at = 3;
    this.#containers = [open(new LargeArray(), this.#at)];
  }

  /**
   * Reads on.
   *
   * @param most bytes to look at
   * @returns whether all is read
   * @throws SyntaxError, TypeError when it is no JSON in UTF-8
   * @throws RequestError when it has too many parts, levels, or too long a value
   */
  run(most: number): boolean {
    const bytes = this.#bytes;
    const end = Math.min(bytes.byteLength, this.#at + most);
    while (this.#at < end) {
      const byte = bytes[this.#at];
      if (byte === QUOTE) {
        this.#inString = !this.#inString;
        if (this.#inString) this.#stringStart = this.#at;
      } else if (this.#inString) {
        if (byte === BACKSLASH) this.#at++;
      } else if (byte === COMMA) this.#onComma();
      else if (byte === COLON) this.#onColon();
      else if (byte === ARRAY || byte === OBJECT) this.#onOpen();
      else if (byte === ARRAY_END || byte === OBJECT_END) this.#onClose(byte);
      this.#at++;
    }
    if (this.#at < bytes.byteLength) {
      this.#requireShort();
      return false;
    }
    this.#finish();
    return true;
  }

  /** To be called when all is read. */
  get document(): unknown {
    return (this.#containers[0].value as LargeArray).pieces[0][0];
  }

  get #last(): Container {
    return this.#containers[this.#containers.length - 1];
  }

  #onComma(): void {
    this.#splitIfLarge();
    const last = this.#last;
    if (this.#pending.length > 0) return;
    if (last.closedChild) this.#requireBlank(last.from, this.#at);
    else if (this.#at - last.from >= this.#pieceBytes) this.#parseElements(last, this.#at);
    else return;
    last.from = this.#at + 1;
    last.closedChild = false;
    last.expectsMore = true;
  }

  #onColon(): void {
    this.#countPart();
    this.#colon = this.#at;
  }

  #onOpen(): void {
    this.#countPart();
    if (this.#containers.length + this.#pending.length > MAX_REQUEST_LEVELS) {
      throw tooMuch(`expected at most ${MAX_REQUEST_LEVELS} levels of arrays and objects, found more`);
    }
    this.#pending.push({ start: this.#at, keyStart: this.#stringStart, colon: this.#colon });
  }

  #onClose(byte: number): void {
    this.#splitIfLarge();
    if (this.#pending.pop() !== undefined) return;
    const closed = this.#last;
    const expected = closed.value instanceof LargeArray ? ARRAY_END : OBJECT_END;
    if (this.#containers.length === 1 || byte !== expected) throw unexpected(byte, this.#at);
    this.#parseRest(closed);
    this.#containers.pop();
    const parent = this.#last;
    if (parent.value instanceof LargeArray) parent.value.push(closed.value);
    else addMember(parent, parent.key, closed.value);
    parent.from = this.#at + 1;
    parent.closedChild = true;
  }

  #finish(): void {
    const [document] = this.#containers;
    if (this.#inString || this.#pending.length > 0 || this.#containers.length > 1) {
      throw new SyntaxError('Unexpected end of JSON input');
    }
    this.#parseRest(document);
    const values = document.value as LargeArray;
    if (values.length !== 1)
      throw new SyntaxError(values.length === 0 ? 'Unexpected end of JSON input' : 'more than one value');
  }

  /** What stands before the end of a container. */
  #parseRest(container: Container): void {
    const { expectsMore, from } = container;
    if (container.closedChild) this.#requireBlank(from, this.#at);
    else if (expectsMore || !this.#isBlank(from, this.#at)) this.#parseElements(container, this.#at);
  }

  /** Takes open containers out of a text that has become too large to be parsed at once. */
  #splitIfLarge(): void {
    while (this.#pending.length > 0 && this.#at - this.#last.from >= this.#pieceBytes) this.#split();
    this.#requireShort();
  }

  #split(): void {
    const { colon, keyStart, start } = this.#pending.shift()!;
    const parent = this.#last;
    if (parent.closedChild) throw unexpected(this.#bytes[start], start);
    if (parent.value instanceof LargeArray) this.#parseBefore(parent, start);
    else {
      this.#requireBlank(colon + 1, start);
      parent.key = this.#parse('', keyStart, colon, '') as string;
      this.#parseBefore(parent, keyStart);
    }
    this.#containers.push(open(this.#bytes[start] === ARRAY ? new LargeArray() : {}, start + 1));
  }

  /** Elements before one that is taken out: nothing, or all with a comma behind each. */
  #parseBefore(container: Container, end: number): void {
    if (this.#isBlank(container.from, end)) return;
    let comma = end - 1;
    while (isSpace(this.#bytes[comma])) comma--;
    if (this.#bytes[comma] !== COMMA) throw unexpected(this.#bytes[end], end);
    this.#parseElements(container, comma);
  }

  /** At least one element. */
  #parseElements(container: Container, end: number): void {
    const { from, value } = container;
    if (this.#isBlank(from, end)) throw unexpected(this.#bytes[end], end);
    if (value instanceof LargeArray) {
      value.pieces.push(this.#parse('[', from, end, ']') as unknown[]);
      return;
    }
    for (const [key, element] of Object.entries(this.#parse('{', from, end, '}') as object))
      addMember(container, key, element);
  }

  #parse(before: string, start: number, end: number, after: string): unknown {
    return JSON.parse(before + this.#decoder.decode(this.#bytes.subarray(start, end)) + after);
  }

  #isBlank(start: number, end: number): boolean {
    for (let at = start; at < end; at++) if (!isSpace(this.#bytes[at])) return false;
    return true;
  }

  #requireBlank(start: number, end: number): void {
    for (let at = start; at < end; at++) if (!isSpace(this.#bytes[at])) throw unexpected(this.#bytes[at], at);
  }

  #countPart(): void {
    if (++this.#parts <= MAX_PARTS) return;
    const limit = `expected at most ${MAX_PARTS} arrays, objects and members of objects, found more`;
    throw tooMuch(`${limit}: data need not be nested`);
  }

  #requireShort(): void {
    const found = this.#at - this.#last.from;
    if (found <= MAX_VALUE_BYTES || this.#last.closedChild) return;
    throw tooMuch(`expected values of at most ${MAX_VALUE_BYTES} bytes, found a longer one`);
  }
}

function open(value: Container['value'], from: number): Container {
  return { value, from, members: 0, closedChild: false, expectsMore: false, key: '' };
}

/** As JSON.parse does: an assignment to `__proto__` would set something else. */
function addMember(object: Container, key: string, value: unknown): void {
  if (++object.members > MAX_MEMBERS) throw tooMuch(`expected at most ${MAX_MEMBERS} members of an object, found more`);
  Object.defineProperty(object.value, key, { value, configurable: true, enumerable: true, writable: true });
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function unexpected(byte: number | undefined, at: number): SyntaxError {
  if (byte === undefined) return new SyntaxError('Unexpected end of JSON input');
  return new SyntaxError(`Unexpected token ${JSON.stringify(String.fromCharCode(byte))} at byte ${at}`);
}

function tooMuch(description: string): RequestError {
  return new RequestError([{ field: 'request', description }]);
}
