import { endianness } from 'node:os';
import { type FieldViolation, RequestError } from '../ground/errors.js';
import type { InferTensorContents } from '../protocol/messages.js';

/** Elements of one tensor: numbers, or the bytes of BYTES. */
export type Elements = ArrayLike<number> | readonly Uint8Array[];

type ContentsField = keyof InferTensorContents;

interface Datatype {
  readonly field: ContentsField;
  /** Bytes of one element in raw form; 0 for BYTES, whose elements carry a length. */
  readonly size: number;
  read(view: DataView, offset: number): number;
  /** Integers: the range that can be sent exactly. */
  readonly range?: readonly [number, number];
}

const integer = (
  field: ContentsField,
  size: number,
  range: readonly [number, number],
  read: Datatype['read'],
): Datatype => ({ field, size, range, read });

const SAFE = Number.MAX_SAFE_INTEGER;

const datatypes: Readonly<Record<string, Datatype>> = {
  BOOL: integer('bool_contents', 1, [0, 1], (view, at) => view.getUint8(at)),
  INT8: integer('int_contents', 1, [-128, 127], (view, at) => view.getInt8(at)),
  INT16: integer('int_contents', 2, [-32_768, 32_767], (view, at) => view.getInt16(at, true)),
  INT32: integer('int_contents', 4, [-2_147_483_648, 2_147_483_647], (view, at) => view.getInt32(at, true)),
  INT64: integer('int64_contents', 8, [-SAFE, SAFE], (view, at) => Number(view.getBigInt64(at, true))),
  UINT8: integer('uint_contents', 1, [0, 255], (view, at) => view.getUint8(at)),
  UINT16: integer('uint_contents', 2, [0, 65_535], (view, at) => view.getUint16(at, true)),
  UINT32: integer('uint_contents', 4, [0, 4_294_967_295], (view, at) => view.getUint32(at, true)),
  UINT64: integer('uint64_contents', 8, [0, SAFE], (view, at) => Number(view.getBigUint64(at, true))),
  FP32: { field: 'fp32_contents', size: 4, read: (view, at) => view.getFloat32(at, true) },
  FP64: { field: 'fp64_contents', size: 8, read: (view, at) => view.getFloat64(at, true) },
  BYTES: { field: 'bytes_contents', size: 0, read: () => Number.NaN },
};

/** Datatypes that this client can send and read. FP16 and BF16, which exist in raw form only, are not supported. */
export function isKnownDatatype(datatype: string): boolean {
  return Object.hasOwn(datatypes, datatype);
}

export function isInteger(datatype: string): boolean {
  return isKnownDatatype(datatype) && datatypes[datatype]!.range !== undefined;
}

/**
 * Numbers in the typed form that every server reads.
 *
 * @throws RequestError for a number that the datatype cannot hold
 */
export function numberContents(name: string, datatype: string, values: Float64Array): InferTensorContents {
  const { field, range } = datatypes[datatype]!;
  const odd = range && values.find((value) => !Number.isInteger(value) || value < range[0] || value > range[1]);
  if (odd !== undefined) throw new RequestError([misfit(name, datatype, odd)]);
  return { [field]: datatype === 'BOOL' ? Array.from(values, Boolean) : Array.from(values) };
}

function misfit(field: string, datatype: string, value: number): FieldViolation {
  const found = Number.isNaN(value) ? 'a missing value' : String(value);
  return { field, description: `expected ${datatype}, found ${found}` };
}

/** FP64 in raw form: little-endian. A view of `values` on a little-endian machine, else a copy. */
export function rawFp64(values: Float64Array): Uint8Array {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap64();
}

/** BYTES in raw form: each element preceded by its length, 4 bytes little-endian. */
export function rawBytes(texts: readonly string[]): Uint8Array {
  const parts: Buffer[] = [];
  for (const text of texts) {
    const element = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(element.length);
    parts.push(length, element);
  }
  return Buffer.concat(parts);
}

/**
 * Reads an answer's elements, raw or typed.
 *
 * @returns undefined when the bytes do not match the datatype
 */
export function readElements(
  datatype: string,
  contents: InferTensorContents | null | undefined,
  raw: Uint8Array | undefined,
): Elements | undefined {
  if (!isKnownDatatype(datatype)) return undefined;
  const type = datatypes[datatype]!;
  if (raw === undefined) return typedElements(contents?.[type.field] ?? []);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (type.size === 0) return lengthPrefixed(raw, view);
  if (raw.byteLength % type.size !== 0) return undefined;
  return Float64Array.from({ length: raw.byteLength / type.size }, (_, i) => type.read(view, i * type.size));
}

function typedElements(elements: NonNullable<InferTensorContents[ContentsField]>): Elements {
  return typeof elements[0] === 'boolean' ? Array.from(elements as readonly boolean[], Number) : (elements as Elements);
}

function lengthPrefixed(raw: Uint8Array, view: DataView): Uint8Array[] | undefined {
  const elements: Uint8Array[] = [];
  let at = 0;
  while (at < raw.byteLength) {
    if (at + 4 > raw.byteLength) return undefined;
    const end = at + 4 + view.getUint32(at, true);
    if (end > raw.byteLength) return undefined;
    elements.push(raw.subarray(at + 4, end));
    at = end;
  }
  return elements;
}
