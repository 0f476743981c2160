/** Small: a table may have many columns and few rows. */
const FIRST_CAPACITY = 8;

/**
 * An array of at least so many bytes has address space after it, to grow into without a copy. Not a shorter one: each takes
 * two mappings of the system, which gives 65 530, and a table may have 100 000 columns.
 */
const RESERVING_BYTES = 1 << 20;
/** How many times as long it may get before it has to be moved. What is reserved takes no memory. */
const RESERVED = 4;
/** By how much it grows at a time. */
const STEP_BYTES = 1 << 16;
/** What is believed to come, at most: a table need not go on as it began. */
const MOST_EXPECTED_BYTES = 1 << 28;

export type Doubles = Float64Array<SharedArrayBuffer>;
export type Words = Uint32Array<SharedArrayBuffer>;
type NumberArray = Doubles | Words;

interface ArrayType<A extends NumberArray> {
  readonly BYTES_PER_ELEMENT: number;
  new (memory: SharedArrayBuffer, byteOffset?: number, length?: number): A;
}

/**
 * Numbers appended to a typed array that grows when it is full, in memory that threads can share.
 * Why: docs/decisions/columns-grow-in-place.md
 */
export class Growing<A extends NumberArray> {
  readonly #type: ArrayType<A>;
  #values: A;
  length = 0;
  /** How many numbers there may be in the end: where that is near the truth, an array is moved but once. */
  expected = 0;

  constructor(type: ArrayType<A>) {
    this.#type = type;
    this.#values = new type(new SharedArrayBuffer(FIRST_CAPACITY * type.BYTES_PER_ELEMENT));
  }

  push(value: number): void {
    if (this.length === this.#values.length) this.#makeRoom(1);
    this.#values[this.length++] = value;
  }

  append(values: ArrayLike<number>): void {
    if (this.length + values.length > this.#values.length) this.#makeRoom(values.length);
    this.#values.set(values, this.length);
    this.length += values.length;
  }

  #makeRoom(count: number): void {
    const { buffer } = this.#values;
    const needed = (this.length + count) * this.#type.BYTES_PER_ELEMENT;
    if (needed <= buffer.maxByteLength) {
      buffer.grow(inSteps(needed));
      this.#values = this.#view(buffer, buffer.byteLength);
    } else this.#move(needed);
  }

  /** To an array with room for twice as much, or more. */
  #move(needed: number): void {
    const expected = Math.min(this.expected * this.#type.BYTES_PER_ELEMENT, MOST_EXPECTED_BYTES);
    let room = Math.max(2 * this.#values.byteLength, expected < RESERVING_BYTES ? 0 : inSteps(expected));
    while (room < needed) room *= 2;
    const canGrow = room >= RESERVING_BYTES;
    const bytes = canGrow ? inSteps(needed) : room;
    const buffer = new SharedArrayBuffer(bytes, canGrow ? { maxByteLength: RESERVED * room } : {});
    const larger = this.#view(buffer, bytes);
    larger.set(this.#values);
    this.#values = larger;
  }

  #view(buffer: SharedArrayBuffer, bytes: number): A {
    return new this.#type(buffer, 0, bytes / this.#type.BYTES_PER_ELEMENT);
  }

  /** The values in an array of exactly their length. Nothing may be pushed afterwards. */
  finish(): A {
    const { buffer } = this.#values;
    const bytes = this.length * this.#type.BYTES_PER_ELEMENT;
    return this.#view(buffer.growable ? buffer : buffer.slice(0, bytes), bytes);
  }
}

function inSteps(bytes: number): number {
  return Math.ceil(bytes / STEP_BYTES) * STEP_BYTES;
}
