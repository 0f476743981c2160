/**
 * The protobuf wire format, as far as the hot messages and the status details need it: varints, 64-bit and 32-bit
 * fixed values, length-delimited bytes. https://protobuf.dev/programming-guides/encoding/
 */

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

const TWO_32 = 4294967296;
const TWO_53 = 9007199254740992;

/** The bytes are not a protobuf message of the expected type. */
export class WireError extends Error {}

/** Reads the fields of one message. Bytes that it returns are views of the buffer. */
export class WireReader {
  position: number;
  readonly end: number;
  readonly buffer: Buffer;
  #low = 0;
  #high = 0;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer;
    this.position = start;
    this.end = end;
  }

  /** The next field's `number << 3 | type`, or 0 at the end. */
  tag(): number {
    if (this.position === this.end) return 0;
    const tag = this.varint32();
    if (tag >>> 3 === 0) throw new WireError('field number 0');
    return tag >>> 0;
  }

  /** The low 32 bits, signed. */
  varint32(): number {
    const byte = this.buffer[this.position]!;
    if (byte < 128 && this.position < this.end) {
      this.position++;
      return byte;
    }
    this.#varint();
    return this.#low;
  }

  bool(): boolean {
    this.#varint();
    return (this.#low | this.#high) !== 0;
  }

  /** A value beyond 2^53 is rounded away from it, so that it stays beyond. */
  int64(): number {
    this.#varint();
    const value = this.#high * TWO_32 + (this.#low >>> 0);
    if (value === TWO_53 && (this.#low & 1) === 1) return TWO_53 + 2;
    if (value === -TWO_53 && (this.#low & 1) === 1) return -TWO_53 - 2;
    return value;
  }

  /** As `int64`, without a sign. */
  uint64(): number {
    this.#varint();
    const value = (this.#high >>> 0) * TWO_32 + (this.#low >>> 0);
    return value === TWO_53 && (this.#low & 1) === 1 ? TWO_53 + 2 : value;
  }

  double(): number {
    return this.buffer.readDoubleLE(this.#advance(8));
  }

  float(): number {
    return this.buffer.readFloatLE(this.#advance(4));
  }

  string(): string {
    const length = this.#length();
    const start = this.#advance(length);
    return this.buffer.toString('utf8', start, start + length);
  }

  /** A view. */
  bytes(): Buffer {
    const length = this.#length();
    const start = this.#advance(length);
    return this.buffer.subarray(start, start + length);
  }

  /** The fields of a nested message. */
  message(): WireReader {
    const length = this.#length();
    const start = this.#advance(length);
    return new WireReader(this.buffer, start, start + length);
  }

  skip(tag: number): void {
    const type = tag & 7;
    if (type === VARINT) this.#varint();
    else if (type === FIXED64) this.#advance(8);
    else if (type === BYTES) this.#advance(this.#length());
    else if (type === FIXED32) this.#advance(4);
    else throw new WireError(`wire type ${type}`);
  }

  #length(): number {
    return this.varint32() >>> 0;
  }

  #advance(length: number): number {
    const start = this.position;
    if (length > this.end - start) throw new WireError(`${length} bytes expected, ${this.end - start} left`);
    this.position = start + length;
    return start;
  }

  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= this.end) throw new WireError('a number is cut off');
      const byte = this.buffer[this.position++]!;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= (bits & 1) << 31;
      if (byte < 128) {
        this.#low = low;
        this.#high = high;
        return;
      }
    }
    throw new WireError('a number of more than 10 bytes');
  }
}

/** Writes one message. The caller leaves out values equal to proto3's default. */
export class WireWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  /** Bytes written so far. */
  get byteLength(): number {
    return this.#length;
  }

  /** The bytes written so far, as a view; the next write may move to another buffer. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** A field of 32 bits or less; a negative one takes 10 bytes, as protobuf requires. */
  int32(field: number, value: number): this {
    return this.#tag(field, VARINT).#int64(value);
  }

  /** A whole number within 2^53. */
  int64(field: number, value: number): this {
    return this.#tag(field, VARINT).#int64(value);
  }

  bool(field: number, value: boolean): this {
    return this.#tag(field, VARINT).#varint(value ? 1 : 0);
  }

  double(field: number, value: number): this {
    this.#tag(field, FIXED64).#reserve(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
    return this;
  }

  string(field: number, value: string): this {
    const length = Buffer.byteLength(value);
    this.#tag(field, BYTES).#varint(length).#reserve(length);
    this.#length += this.#buffer.write(value, this.#length, 'utf8');
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, BYTES).#varint(value.byteLength).#reserve(value.byteLength);
    this.#buffer.set(value, this.#length);
    this.#length += value.byteLength;
    return this;
  }

  /** An element of raw BYTES: no field, its length in 4 bytes. */
  lengthAndBytes(value: Uint8Array): this {
    this.#reserve(4 + value.byteLength);
    this.#length = this.#buffer.writeUInt32LE(value.byteLength, this.#length);
    this.#buffer.set(value, this.#length);
    this.#length += value.byteLength;
    return this;
  }

  message(field: number, value: WireWriter): this {
    return this.bytes(field, value.finish());
  }

  packedDoubles(field: number, values: ArrayLike<number>): this {
    const byteLength = values.length * 8;
    this.#tag(field, BYTES).#varint(byteLength).#reserve(byteLength);
    for (let index = 0; index < values.length; index++) {
      this.#length = this.#buffer.writeDoubleLE(values[index]!, this.#length);
    }
    return this;
  }

  /** Whole numbers within 2^53: int32, uint32 and int64 are encoded alike. */
  packedIntegers(field: number, values: ArrayLike<number>): this {
    return this.message(field, new WireWriter(values.length * 2).integers(values, 0, values.length));
  }

  /** The contents of a packed run of whole numbers, from `start` to `end`. */
  integers(values: ArrayLike<number>, start: number, end: number): this {
    for (let index = start; index < end; index++) this.#int64(values[index]!);
    return this;
  }

  #tag(field: number, type: number): this {
    return this.#varint((field << 3) | type);
  }

  /** A whole number in [0, 2^53]. */
  #varint(value: number): this {
    this.#reserve(10);
    let rest = value;
    while (rest > 127) {
      this.#buffer[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#length++] = rest;
    return this;
  }

  #int64(value: number): this {
    if (value >= 0) return this.#varint(value);
    this.#reserve(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.#buffer[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#buffer[this.#length++] = Number(rest);
    return this;
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
