import { RequestError } from '../errors.js';
import type { InferRequestedOutput, InferTensor, InferTensorContents, ModelInferRequest } from './messages.js';
import { BYTES, WireError, WireReader } from './wire.js';

/**
 * Two bytes of a message can make an object of a hundred, a tensor with contents one of a thousand: without these bounds
 * a message of allowed size could fill the memory.
 */
const MAX_TENSORS = 100_000;
const MAX_TEXTS = 1_000_000;

/** Counts what one request has. @throws RequestError from its methods, when there is too much */
export class PartCounter {
  #tensors = 0;
  #texts = 0;

  addTensor(): void {
    if (++this.#tensors > MAX_TENSORS) refuseMoreThan(MAX_TENSORS, 'inputs, outputs and raw contents');
  }

  addText(): void {
    if (++this.#texts > MAX_TEXTS) refuseMoreThan(MAX_TEXTS, 'elements of BYTES');
  }
}

function refuseMoreThan(limit: number, what: string): never {
  throw new RequestError([{ field: 'request', description: `expected at most ${limit} ${what}, found more` }]);
}

/**
 * ModelInferRequest by hand: packed doubles become one typed array, raw contents stay views of the message, integers
 * beyond 2^53 stay beyond it, and an absent `contents` is told from an empty one. Parameters are left out.
 *
 * @throws WireError when the bytes are no such message
 * @throws RequestError when it has too many parts
 */
export function decodeInferRequest(bytes: Buffer): ModelInferRequest {
  const inputs: InferTensor[] = [];
  const outputs: InferRequestedOutput[] = [];
  const raw: Buffer[] = [];
  const request = { model_name: '', model_version: '', id: '', inputs, outputs, raw_input_contents: raw };
  const parts = new PartCounter();
  const reader = new WireReader(bytes);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag >= 0x2a) parts.addTensor();
    if (tag === 0x0a) request.model_name = reader.string();
    else if (tag === 0x12) request.model_version = reader.string();
    else if (tag === 0x1a) request.id = reader.string();
    else if (tag === 0x2a) inputs.push(decodeTensor(reader.message(), parts));
    else if (tag === 0x32) outputs.push(decodeOutput(reader.message()));
    else if (tag === 0x3a) raw.push(reader.bytes());
    else reader.skip(tag);
  }
  return request;
}

function decodeTensor(reader: WireReader, parts: PartCounter): InferTensor {
  const tensor = { name: '', datatype: '', shape: [] as number[], contents: null as Contents | null };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) tensor.name = reader.string();
    else if (tag === 0x12) tensor.datatype = reader.string();
    else if (tag === 0x18 || tag === 0x1a) appendValues(tensor.shape, reader, tag, readInt64);
    else if (tag === 0x2a) {
      tensor.contents ??= {};
      decodeContents(reader.message(), tensor.contents, parts);
    } else reader.skip(tag);
  }
  return tensor;
}

function decodeOutput(reader: WireReader): InferRequestedOutput {
  let name = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) name = reader.string();
    else reader.skip(tag);
  }
  return { name };
}

type Contents = { -readonly [Field in keyof InferTensorContents]: InferTensorContents[Field] };
type IntegerField = 'int_contents' | 'int64_contents' | 'uint_contents' | 'uint64_contents';
type ReadNumber = (reader: WireReader) => number;

const readInt64: ReadNumber = (reader) => reader.int64();

/** Field number → where its elements go, and how one is read. */
const integerFields: Readonly<Record<number, readonly [IntegerField, ReadNumber]>> = {
  2: ['int_contents', (reader) => reader.varint32()],
  3: ['int64_contents', readInt64],
  4: ['uint_contents', (reader) => reader.varint32() >>> 0],
  5: ['uint64_contents', (reader) => reader.uint64()],
};

function decodeContents(reader: WireReader, contents: Contents, parts: PartCounter): void {
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    const type = tag & 7;
    const integers = integerFields[tag >>> 3];
    if (integers && (type === 0 || type === BYTES)) {
      const [field, read] = integers;
      const values = (contents[field] ?? []) as number[];
      appendValues(values, reader, tag, read);
      contents[field] = values;
    } else if (tag === 0x08 || tag === 0x0a) {
      const values = (contents.bool_contents ?? []) as boolean[];
      appendValues(values, reader, tag, (bits) => bits.bool());
      contents.bool_contents = values;
    } else if (tag === 0x32) contents.fp32_contents = joined(contents.fp32_contents, readFloats(reader));
    else if (tag === 0x35) contents.fp32_contents = joined(contents.fp32_contents, [reader.float()]);
    else if (tag === 0x3a) contents.fp64_contents = joined(contents.fp64_contents, readDoubles(reader));
    else if (tag === 0x39) contents.fp64_contents = joined(contents.fp64_contents, [reader.double()]);
    else if (tag === 0x42) {
      parts.addText();
      const values = (contents.bytes_contents ?? []) as Uint8Array[];
      values.push(reader.bytes());
      contents.bytes_contents = values;
    } else reader.skip(tag);
  }
}

/** One value, or a packed run of them: a reader has to take both. */
function appendValues<T>(values: T[], reader: WireReader, tag: number, read: (reader: WireReader) => T): void {
  if ((tag & 7) !== BYTES) {
    values.push(read(reader));
    return;
  }
  const packed = reader.message();
  while (packed.position < packed.end) values.push(read(packed));
}

function readDoubles(reader: WireReader): Float64Array {
  return new Float64Array(copied(reader.bytes(), 8));
}

function readFloats(reader: WireReader): Float32Array {
  return new Float32Array(copied(reader.bytes(), 4));
}

/** A typed array needs an aligned start, which a view of a message rarely has. */
function copied(bytes: Buffer, elementSize: number): ArrayBuffer {
  if (bytes.byteLength % elementSize !== 0) throw new WireError(`${bytes.byteLength} bytes of packed numbers`);
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/** Packed runs are rarely split: only then are they joined, into an array that can grow. */
function joined(before: ArrayLike<number> | undefined, more: ArrayLike<number>): ArrayLike<number> {
  if (before === undefined) return more;
  const values = Array.isArray(before) ? before : Array.from(before);
  for (let index = 0; index < more.length; index++) values.push(more[index]);
  return values;
}
