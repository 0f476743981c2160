const FIRST_CAPACITY = 1024;

/** Numbers appended to a typed array that doubles when it is full. */
export class Growing<A extends Float64Array | Uint32Array> {
  readonly #make: (capacity: number) => A;
  #values: A;
  length = 0;

  constructor(make: (capacity: number) => A) {
    this.#make = make;
    this.#values = make(FIRST_CAPACITY);
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
    const larger = this.#make(capacity);
    larger.set(this.#values);
    this.#values = larger;
  }

  /** The values in an array of exactly their length. Nothing may be pushed afterwards. */
  finish(): A {
    return this.#values.slice(0, this.length) as A;
  }
}
