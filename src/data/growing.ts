/** Small: a table may have many columns and few rows. */
const FIRST_CAPACITY = 8;

type NumberArray = Float64Array | Uint32Array;

interface ArrayType<A extends NumberArray> {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): A;
  new (memory: SharedArrayBuffer): A;
}

/** Numbers appended to a typed array that doubles when it is full. */
export class Growing<A extends NumberArray> {
  readonly #type: ArrayType<A>;
  #values: A;
  length = 0;

  constructor(type: ArrayType<A>) {
    this.#type = type;
    this.#values = new type(FIRST_CAPACITY);
  }

  push(value: number): void {
    if (this.length === this.#values.length) this.#makeRoom(1);
    this.#values[this.length++] = value;
  }

  append(values: ArrayLike<number>): void {
    this.#makeRoom(values.length);
    this.#values.set(values, this.length);
    this.length += values.length;
  }

  #makeRoom(count: number): void {
    let capacity = this.#values.length;
    while (capacity < this.length + count) capacity *= 2;
    if (capacity === this.#values.length) return;
    const larger = new this.#type(capacity);
    larger.set(this.#values);
    this.#values = larger;
  }

  /** The values in an array of exactly their length, in memory that threads can share. Nothing may be pushed afterwards. */
  finish(): A {
    const values = new this.#type(new SharedArrayBuffer(this.length * this.#type.BYTES_PER_ELEMENT));
    values.set(this.#values.subarray(0, this.length));
    return values;
  }
}
