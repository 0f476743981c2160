import type { InferTensor, InferTensorContents } from '../../../protocol/messages.js';
import type { Violations } from '../../calls/refusal.js';
import type { Turns } from '../../calls/turns.js';

/** The elements of one input, row-major, as the datatype says. */
export type TensorValues = ArrayLike<number> | readonly Uint8Array[];

type BigInts = BigInt64Array | BigUint64Array;

/** Elements between two checks of the turn. */
const PIECE = 16_384;
/** An element of BYTES is a view of the message, which is an object. */
const TEXT_STEPS = 30;
const BIG_INT_STEPS = 4;
const HALF_STEPS = 2;

type ContentsField = keyof InferTensorContents;

interface Datatype {
  /** Null where it has none: it is sent raw. */
  readonly contents: ContentsField | null;
  /** Bytes of one raw element; 0 where they vary. */
  readonly size: number;
  /** Raw bytes whose length was checked → elements. */
  readonly read: (raw: Uint8Array) => ArrayLike<number> | BigInts;
}

function typed<T extends ArrayLike<number> | BigInts>(
  contents: ContentsField | null,
  type: { readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBufferLike, offset: number, length: number): T },
): Datatype {
  const size = type.BYTES_PER_ELEMENT;
  return {
    contents,
    size,
    read: (raw) => view(raw, size, (buffer, offset, length) => new type(buffer, offset, length)),
  };
}

/** Every datatype that a number feature takes. */
export const numberTypes: Readonly<Record<string, Datatype>> = {
  FP64: typed('fp64_contents', Float64Array),
  FP32: typed('fp32_contents', Float32Array),
  INT8: typed('int_contents', Int8Array),
  INT16: typed('int_contents', Int16Array),
  INT32: typed('int_contents', Int32Array),
  INT64: typed('int64_contents', BigInt64Array),
  UINT8: typed('uint_contents', Uint8Array),
  UINT16: typed('uint_contents', Uint16Array),
  UINT32: typed('uint_contents', Uint32Array),
  UINT64: typed('uint64_contents', BigUint64Array),
  BOOL: typed('bool_contents', Uint8Array),
  // Its bits.
  FP16: typed(null, Uint16Array),
};

const MAX_EXACT = 2 ** 53;

/** Integers that are carried in more bits than they have: smallest and largest. */
const narrowTypes: Readonly<Record<string, readonly [number, number]>> = {
  INT8: [-(2 ** 7), 2 ** 7 - 1],
  INT16: [-(2 ** 15), 2 ** 15 - 1],
  UINT8: [0, 2 ** 8 - 1],
  UINT16: [0, 2 ** 16 - 1],
  BOOL: [0, 1],
};

/**
 * Numbers of one input, from its `contents` or its raw bytes.
 *
 * @param raw its entry of `raw_input_contents`, when the request has them
 * @param count elements that the shape asks for
 * @returns undefined where a violation was added
 */
export async function readNumbers(
  tensor: InferTensor,
  path: string,
  raw: RawContents | undefined,
  count: number,
  violations: Violations,
  turns: Turns,
): Promise<ArrayLike<number> | undefined> {
  const type = numberTypes[tensor.datatype];
  if (!raw && type.contents === null) {
    violations.add(`${path}.contents`, `expected raw contents, as ${tensor.datatype} has no typed ones`);
    return undefined;
  }
  const values = raw
    ? readRaw(type, tensor.datatype, raw, count, violations)
    : (readTyped(tensor, type.contents!, path, count, violations) as ArrayLike<number> | undefined);
  if (values === undefined) return undefined;
  if (tensor.datatype === 'FP16') return widenHalves(values as ArrayLike<number>, turns);
  const where = raw?.path ?? `${path}.contents.${type.contents}`;
  if (isBig(values)) return exactDoubles(values, where, violations, turns);
  if (tensor.datatype.endsWith('INT64')) {
    const bad = await findOutside(values, [-MAX_EXACT, MAX_EXACT], turns);
    return bad < 0 ? values : inexact(bad, where, violations);
  }
  const narrow = raw && tensor.datatype !== 'BOOL' ? undefined : narrowTypes[tensor.datatype];
  const bad = narrow ? await findOutside(values, narrow, turns) : -1;
  if (bad < 0) return values;
  const what = tensor.datatype === 'BOOL' ? '0 or 1, false or true' : `integers that ${tensor.datatype} has`;
  violations.add(where, `expected ${what}, found ${values[bad]} at ${bad}`);
  return undefined;
}

/** Numbers of half precision, whose bits are given. Exact: https://en.wikipedia.org/wiki/Half-precision_floating-point_format. */
async function widenHalves(halves: ArrayLike<number>, turns: Turns): Promise<Float64Array> {
  const doubles = new Float64Array(halves.length);
  for (let start = 0; start < halves.length; start += PIECE) {
    const end = Math.min(start + PIECE, halves.length);
    if (turns.spend((end - start) * HALF_STEPS)) await turns.pause();
    for (let index = start; index < end; index++) doubles[index] = halfToNumber(halves[index]);
  }
  return doubles;
}

/** By its five bits of exponent: what one unit of the ten bits of fraction is worth. */
const halfUnits = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 25));

function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size =
    exponent === 31
      ? fraction === 0
        ? Number.POSITIVE_INFINITY
        : Number.NaN
      : // The smallest ones have no leading 1.
        (exponent === 0 ? fraction : fraction + 1024) * halfUnits[exponent];
  return bits >> 15 ? -size : size;
}

/** The same numbers as doubles; themselves where they are. */
export async function widen(values: ArrayLike<number>, turns: Turns): Promise<Float64Array> {
  if (values instanceof Float64Array) return values;
  const doubles = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += PIECE) {
    const end = Math.min(start + PIECE, values.length);
    if (turns.spend(end - start)) await turns.pause();
    for (let index = start; index < end; index++) doubles[index] = values[index];
  }
  return doubles;
}

/** As `readNumbers`, for elements of BYTES. */
export async function readTexts(
  tensor: InferTensor,
  path: string,
  raw: RawContents | undefined,
  count: number,
  violations: Violations,
  turns: Turns,
): Promise<readonly Uint8Array[] | undefined> {
  if (raw) return splitBytes(raw, count, violations, turns);
  return readTyped(tensor, 'bytes_contents', path, count, violations) as readonly Uint8Array[] | undefined;
}

/** One entry of `raw_input_contents`, and where it stands. */
export interface RawContents {
  readonly bytes: Uint8Array;
  readonly path: string;
}

function readRaw(
  type: Datatype,
  datatype: string,
  { bytes, path }: RawContents,
  count: number,
  violations: Violations,
): ArrayLike<number> | BigInts | undefined {
  const expected = count * type.size;
  if (bytes.byteLength === expected) return type.read(bytes);
  violations.add(path, `expected ${expected} bytes (${count} ${datatype}), found ${bytes.byteLength}`);
  return undefined;
}

function readTyped(
  { contents, datatype }: InferTensor,
  field: ContentsField,
  path: string,
  count: number,
  violations: Violations,
): TensorValues | undefined {
  let sound = true;
  for (const [other, values] of Object.entries(contents ?? {})) {
    if (other === field || typeof values !== 'object' || values.length === 0) continue;
    violations.add(`${path}.contents.${other}`, `expected none, as ${datatype} is in ${field}, found ${values.length}`);
    sound = false;
  }
  const values = contents?.[field] ?? [];
  if (values.length !== count) {
    violations.add(`${path}.contents.${field}`, `expected ${count} elements, found ${values.length}`);
    sound = false;
  }
  return sound ? (values as TensorValues) : undefined;
}

/** Where the first number is that is not within a range; -1 where all are. */
async function findOutside(
  values: ArrayLike<number>,
  [least, most]: readonly [number, number],
  turns: Turns,
): Promise<number> {
  for (let start = 0; start < values.length; start += PIECE) {
    const end = Math.min(start + PIECE, values.length);
    if (turns.spend(end - start)) await turns.pause();
    for (let index = start; index < end; index++) if (!(values[index] >= least && values[index] <= most)) return index;
  }
  return -1;
}

/** A number keeps every integer up to 2^53; the next one is where two of them become one. */
async function exactDoubles(
  integers: BigInts,
  where: string,
  violations: Violations,
  turns: Turns,
): Promise<Float64Array | undefined> {
  const limit = BigInt(MAX_EXACT);
  const doubles = new Float64Array(integers.length);
  for (let start = 0; start < integers.length; start += PIECE) {
    const end = Math.min(start + PIECE, integers.length);
    if (turns.spend((end - start) * BIG_INT_STEPS)) await turns.pause();
    for (let index = start; index < end; index++) {
      const integer = integers[index];
      if (integer > limit || integer < -limit) return inexact(index, where, violations);
      doubles[index] = Number(integer);
    }
  }
  return doubles;
}

function inexact(index: number, where: string, violations: Violations): undefined {
  violations.add(where, `expected integers within 2^53, which FP64 has exactly, found a larger one at ${index}`);
  return undefined;
}

function isBig(values: ArrayLike<number> | BigInts): values is BigInts {
  return values instanceof BigInt64Array || values instanceof BigUint64Array;
}

async function splitBytes(
  { bytes, path }: RawContents,
  count: number,
  violations: Violations,
  turns: Turns,
): Promise<Uint8Array[] | undefined> {
  const values: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = 0;
  while (position + 4 <= bytes.byteLength && values.length < count) {
    if (turns.spend(TEXT_STEPS)) await turns.pause();
    const start = position + 4;
    position = start + view.getUint32(position, true);
    values.push(bytes.subarray(start, position));
  }
  if (values.length === count && position === bytes.byteLength) return values;
  violations.add(path, `expected ${count} BYTES, each after its length in 4 bytes, in ${bytes.byteLength} bytes`);
  return undefined;
}

type View<T> = (buffer: ArrayBufferLike, offset: number, length: number) => T;

/** Raw contents begin anywhere in a message, a typed array only at a multiple of its element's size. */
function view<T>(raw: Uint8Array, size: number, make: View<T>): T {
  const length = raw.byteLength / size;
  if (raw.byteOffset % size === 0) return make(raw.buffer, raw.byteOffset, length);
  // Not slice(): that of a Buffer is a view.
  return make(new Uint8Array(raw).buffer, 0, length);
}
