import { ArtifactError } from '../../ground/errors.js';

/** Objects and arrays in one another. */
const MAX_DEPTH = 32;

type NumberArray = Int8Array | Uint8Array | Int16Array | Int32Array | Float64Array | Float32Array;

const SIZES: Readonly<Record<string, number>> = { i: 1, U: 1, I: 2, l: 4, L: 8, d: 4, D: 8 };

/**
 * A value of Universal Binary JSON, draft 12 (ubjson.org), as XGBoost writes it: numbers big-endian, arrays of numbers with
 * their type and count. What has a count is no longer than the file.
 *
 * @throws ArtifactError
 */
export function parseUbjson(bytes: Uint8Array): unknown {
  const reader = new UbjsonReader(bytes);
  const value = reader.value(0);
  reader.requireEnd();
  return value;
}

class UbjsonReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(depth: number): unknown {
    return this.#typed(this.#marker(), depth);
  }

  requireEnd(): void {
    if (this.#at !== this.#bytes.length)
      this.#refuse('the end of the file', `${this.#bytes.length - this.#at} more bytes`);
  }

  #typed(type: string, depth: number): unknown {
    if (depth > MAX_DEPTH) this.#refuse(`at most ${MAX_DEPTH} levels`, 'more');
    switch (type) {
      case 'Z':
        return null;
      case 'T':
        return true;
      case 'F':
        return false;
      case 'C':
        return String.fromCharCode(this.#bytes[this.#take(1)]);
      case 'S':
        return this.#text();
      case '[':
        return this.#array(depth + 1);
      case '{':
        return this.#object(depth + 1);
      default:
        return this.#number(type);
    }
  }

  #number(type: string): number {
    const size = SIZES[type];
    if (size === undefined) return this.#refuse('a type', JSON.stringify(type));
    const at = this.#take(size);
    switch (type) {
      case 'i':
        return this.#view.getInt8(at);
      case 'U':
        return this.#view.getUint8(at);
      case 'I':
        return this.#view.getInt16(at);
      case 'l':
        return this.#view.getInt32(at);
      case 'L':
        return Number(this.#view.getBigInt64(at));
      case 'd':
        return this.#view.getFloat32(at);
      default:
        return this.#view.getFloat64(at);
    }
  }

  #array(depth: number): unknown[] | NumberArray {
    if (this.#peek() === '$') {
      this.#at++;
      const type = this.#marker();
      if (this.#marker() !== '#') this.#refuse('a count after a type', 'none');
      return this.#numbers(type, this.#count(SIZES[type] ?? this.#refuse('an array of numbers', JSON.stringify(type))));
    }
    const elements: unknown[] = [];
    if (this.#peek() === '#') {
      this.#at++;
      for (let left = this.#count(1); left > 0; left--) elements.push(this.value(depth));
      return elements;
    }
    while (this.#peek() !== ']') elements.push(this.value(depth));
    this.#at++;
    return elements;
  }

  #numbers(type: string, count: number): NumberArray {
    const array = arrayOf(type, count);
    for (let index = 0; index < count; index++) array[index] = this.#number(type);
    return array;
  }

  #object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = Object.create(null);
    const peeked = this.#peek();
    if (peeked === '$' || peeked === '#') this.#refuse('an object without a type or a count', JSON.stringify(peeked));
    while (this.#peek() !== '}') {
      const key = this.#text();
      if (key in object) this.#refuse('every key once', JSON.stringify(key));
      object[key] = this.value(depth);
    }
    this.#at++;
    return object;
  }

  #text(): string {
    const length = this.#count(1);
    const start = this.#take(length);
    return new TextDecoder().decode(this.#bytes.subarray(start, start + length));
  }

  /** Of what takes so many bytes each: there are as many left. */
  #count(size: number): number {
    const count = this.#number(this.#marker());
    const most = Math.floor((this.#bytes.length - this.#at) / size);
    if (!(Number.isInteger(count) && count >= 0 && count <= most))
      this.#refuse(`a count of at most ${most}`, String(count));
    return count;
  }

  /** No-ops are skipped. */
  #marker(): string {
    for (;;) {
      const marker = String.fromCharCode(this.#bytes[this.#take(1)]);
      if (marker !== 'N') return marker;
    }
  }

  #peek(): string {
    while (this.#bytes[this.#at] === 'N'.charCodeAt(0)) this.#at++;
    if (this.#at >= this.#bytes.length) this.#refuse('a value', 'the end of the file');
    return String.fromCharCode(this.#bytes[this.#at]);
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) this.#refuse(`${count} bytes more`, 'the end of the file');
    this.#at += count;
    return at;
  }

  #refuse(expected: string, found: string): never {
    throw new ArtifactError('value', `UBJSON, byte ${this.#at}: expected ${expected}, found ${found}`);
  }
}

function arrayOf(type: string, count: number): NumberArray {
  switch (type) {
    case 'i':
      return new Int8Array(count);
    case 'U':
      return new Uint8Array(count);
    case 'I':
      return new Int16Array(count);
    case 'l':
      return new Int32Array(count);
    case 'd':
      return new Float32Array(count);
    default:
      return new Float64Array(count);
  }
}
