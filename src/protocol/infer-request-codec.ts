import { RequestError } from '../ground/errors.js';
import { BYTES, WireError, WireReader } from '../protobuf/wire.js';
import type {
  InferParameter,
  InferParameters,
  InferRequestedOutput,
  InferTensor,
  InferTensorContents,
  ModelInferRequest,
} from './messages.js';

/**
 * Two bytes of a message can make an object of a hundred, a tensor with contents one of a thousand: without these bounds
 * a message of allowed size could fill the memory.
 */
const MAX_TENSORS = 100_000;
const MAX_TEXTS = 1_000_000;
/** Of one request, input or output: keys of an object cost more the more there are. */
const MAX_PARAMETERS = 10_000;
/** Numbers are sent in one packed run: an array that others are added to is moved again and again while it grows. */
const MAX_LOOSE = 1_000_000;
/** A run from this size on goes into memory of its own. */
const LARGE_RUN_BYTES = 64 * 1024;

/** Counts what one request has. @throws RequestError from its methods, when there is too much */
export class PartCounter {
  #tensors = 0;
  #texts = 0;
  #loose = 0;
  #parameters: Map<InferParameters, number> | undefined;

  addTensor(): void {
    if (++this.#tensors > MAX_TENSORS) refuseMoreThan(MAX_TENSORS, 'inputs, outputs and raw contents');
  }

  /** One more of the same request, input or output. */
  addParameter(parameters: InferParameters): void {
    this.#parameters ??= new Map();
    const count = (this.#parameters.get(parameters) ?? 0) + 1;
    if (count > MAX_PARAMETERS) refuseMoreThan(MAX_PARAMETERS, 'parameters of the request, an input or an output');
    this.#parameters.set(parameters, count);
  }

  addText(): void {
    if (++this.#texts > MAX_TEXTS) refuseMoreThan(MAX_TEXTS, 'elements of BYTES');
  }

  /** Numbers that are not in one packed run. */
  addLoose(count: number): void {
    this.#loose += count;
    if (this.#loose > MAX_LOOSE) refuseMoreThan(MAX_LOOSE, 'sizes, and numbers that are not in one packed run');
  }
}

function refuseMoreThan(limit: number, what: string): never {
  throw new RequestError([{ field: 'request', description: `expected at most ${limit} ${what}, found more` }]);
}

/**
 * ModelInferRequest by hand: packed doubles become one typed array, raw contents stay views of the message, integers
 * beyond 2^53 stay beyond it, and an absent `contents` differs from an empty one.
 *
 * @throws WireError when the bytes are no such message
 * @throws RequestError when it has too many parts
 */
export function decodeInferRequest(bytes: Buffer): ModelInferRequest {
  const decoder = new InferRequestDecoder(bytes);
  decoder.run(Number.POSITIVE_INFINITY);
  return decoder.request;
}

/** A part of this size is decoded at once, whatever it holds: real names and parameters are shorter. */
const MAX_SMALL_PART = 64 * 1024;

/** It goes back with each answer. */
export const MAX_ID_BYTES = 64 * 1024;

type Numbers = ArrayLike<number | boolean>;
type Keep = (values: Numbers) => void;

/** A run of packed numbers that is being read. */
interface PackedRun {
  readonly reader: WireReader;
  /** Reads the next value and keeps it. */
  readonly readNext: () => void;
  readonly finish: () => void;
}

/** As `decodeInferRequest`, in pieces: two bytes of a message can be a field, so that a large one has millions. */
export class InferRequestDecoder {
  readonly request;
  readonly #reader: WireReader;
  readonly #parts = new PartCounter();
  // What is open inside of the message: a tensor, its contents, a packed run in either.
  #tensor: { readonly reader: WireReader; readonly value: DecodedTensor } | undefined;
  #contents: { readonly reader: WireReader; readonly value: Contents } | undefined;
  #packed: PackedRun | undefined;

  constructor(bytes: Buffer) {
    this.#reader = new WireReader(bytes);
    this.request = {
      model_name: '',
      model_version: '',
      id: '',
      parameters: undefined as InferParameters | undefined,
      inputs: [] as InferTensor[],
      outputs: [] as InferRequestedOutput[],
      raw_input_contents: [] as Buffer[],
    } satisfies ModelInferRequest;
  }

  /**
   * Reads on.
   *
   * @param steps most fields and elements to read
   * @returns whether all is read
   * @throws WireError, RequestError as `decodeInferRequest` does
   */
  run(steps: number): boolean {
    for (let left = steps; left > 0; left--) {
      if (this.#packed) left -= this.#readPacked(this.#packed, left);
      else if (this.#contents) this.#readContentsField(this.#contents);
      else if (this.#tensor) this.#readTensorField(this.#tensor);
      else {
        const tag = this.#reader.tag();
        if (tag === 0) return true;
        this.#readField(tag);
      }
    }
    return false;
  }

  #readField(tag: number): void {
    const { request } = this;
    const reader = this.#reader;
    if (tag >= 0x2a) this.#parts.addTensor();
    if (tag === 0x0a) request.model_name = reader.string();
    else if (tag === 0x12) request.model_version = reader.string();
    else if (tag === 0x1a) request.id = readId(reader);
    else if (tag === 0x22) request.parameters = this.#withParameter(request.parameters, reader);
    else if (tag === 0x2a) {
      const value: DecodedTensor = { name: '', datatype: '', shape: [], parameters: undefined, contents: null };
      request.inputs.push(value);
      this.#tensor = { reader: reader.message(), value };
    } else if (tag === 0x32) request.outputs.push(this.#decodeOutput(smallPart(reader, 'outputs')));
    else if (tag === 0x3a) request.raw_input_contents.push(reader.bytes());
    else reader.skip(tag);
  }

  #readTensorField({ reader, value }: { readonly reader: WireReader; readonly value: DecodedTensor }): void {
    const tag = reader.tag();
    if (tag === 0) this.#tensor = undefined;
    else if (tag === 0x0a) value.name = reader.string();
    else if (tag === 0x12) value.datatype = reader.string();
    else if (tag === 0x18 || tag === 0x1a) this.#append(value.shape, reader, tag, readInt64, () => {});
    else if (tag === 0x22) value.parameters = this.#withParameter(value.parameters, reader);
    else if (tag === 0x2a) {
      value.contents ??= {};
      this.#contents = { reader: reader.message(), value: value.contents };
    } else reader.skip(tag);
  }

  #readContentsField({ reader, value }: { readonly reader: WireReader; readonly value: Contents }): void {
    const tag = reader.tag();
    const type = tag & 7;
    const integers = integerFields[tag >>> 3];
    if (tag === 0) this.#contents = undefined;
    else if (integers && (type === 0 || type === BYTES)) {
      const [field, read] = integers;
      this.#append(value[field], reader, tag, read, (values) => {
        value[field] = values as ArrayLike<number>;
      });
    } else if (tag === 0x08 || tag === 0x0a) {
      this.#append(value.bool_contents, reader, tag, readBool, (values) => {
        value.bool_contents = values;
      });
    } else if (tag === 0x32) value.fp32_contents = this.#joined(value.fp32_contents, readFloats(reader));
    else if (tag === 0x35) value.fp32_contents = this.#joined(value.fp32_contents, [reader.float()]);
    else if (tag === 0x3a) value.fp64_contents = this.#joined(value.fp64_contents, readDoubles(reader));
    else if (tag === 0x39) value.fp64_contents = this.#joined(value.fp64_contents, [reader.double()]);
    else if (tag === 0x42) {
      this.#parts.addText();
      const values = (value.bytes_contents ?? []) as Uint8Array[];
      values.push(reader.bytes());
      value.bytes_contents = values;
    } else reader.skip(tag);
  }

  /**
   * One value, or a packed run of them: a reader has to take both.
   *
   * @param before values of the same field that came before
   */
  #append(
    before: Numbers | undefined,
    reader: WireReader,
    tag: number,
    read: (reader: WireReader) => number | boolean,
    keep: Keep,
  ): void {
    const packed = (tag & 7) === BYTES ? reader.message() : undefined;
    if (packed && !before && packed.end - packed.position >= LARGE_RUN_BYTES) {
      this.#packed = largeRun(packed, read, keep);
      return;
    }
    const values = this.#growing(before);
    keep(values);
    const readNext = () => {
      if (before || !packed) this.#parts.addLoose(1);
      values.push(read(packed ?? reader));
    };
    if (packed) this.#packed = { reader: packed, readNext, finish: () => {} };
    else readNext();
  }

  /** An array that can grow. */
  #growing(before: Numbers | undefined): (number | boolean)[] {
    if (before === undefined) return [];
    if (Array.isArray(before)) return before;
    this.#parts.addLoose(before.length);
    return Array.from(before);
  }

  /** Packed runs are rarely split: only then are they joined. */
  #joined(before: ArrayLike<number> | undefined, more: ArrayLike<number>): ArrayLike<number> {
    if (before === undefined) return more;
    const values = this.#growing(before) as number[];
    this.#parts.addLoose(more.length);
    for (let index = 0; index < more.length; index++) values.push(more[index]);
    return values;
  }

  /** Returns how many were read. */
  #readPacked({ finish, reader, readNext }: PackedRun, most: number): number {
    let count = 0;
    for (; count < most && reader.position < reader.end; count++) readNext();
    if (reader.position >= reader.end) {
      this.#packed = undefined;
      finish();
    }
    return count;
  }

  #decodeOutput(reader: WireReader): InferRequestedOutput {
    let name = '';
    let parameters: InferParameters | undefined;
    for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
      if (tag === 0x0a) name = reader.string();
      else if (tag === 0x12) parameters = this.#withParameter(parameters, reader);
      else reader.skip(tag);
    }
    return { name, parameters };
  }

  /** A map's entry: key = 1, value = 2. The last value of a key holds. */
  #withParameter(before: InferParameters | undefined, reader: WireReader): InferParameters {
    this.#parts.addTensor();
    const entry = smallPart(reader, 'parameters');
    let key = '';
    let value: InferParameter = {};
    for (let tag = entry.tag(); tag !== 0; tag = entry.tag()) {
      if (tag === 0x0a) key = entry.string();
      else if (tag === 0x12) value = decodeParameter(entry.message());
      else entry.skip(tag);
    }
    // A key may be __proto__: without a prototype it is one like any other.
    const parameters = before ?? Object.create(null);
    this.#parts.addParameter(parameters);
    parameters[key] = value;
    return parameters;
  }
}

/** Values go where there is room for as many as the run has bytes: memory that is not written to is not taken. */
function largeRun(reader: WireReader, read: (reader: WireReader) => number | boolean, keep: Keep): PackedRun {
  const values = new Float64Array(reader.end - reader.position);
  let count = 0;
  return {
    reader,
    readNext: () => {
      values[count++] = Number(read(reader));
    },
    finish: () => keep(values.subarray(0, count)),
  };
}

function smallPart(reader: WireReader, field: string): WireReader {
  const part = reader.message();
  const byteLength = part.end - part.position;
  if (byteLength <= MAX_SMALL_PART) return part;
  const description = `expected at most ${MAX_SMALL_PART} bytes in one of them, found ${byteLength}`;
  throw new RequestError([{ field, description }]);
}

function readId(reader: WireReader): string {
  const id = reader.bytes();
  if (id.byteLength <= MAX_ID_BYTES) return id.toString();
  throw new RequestError([
    { field: 'id', description: `expected at most ${MAX_ID_BYTES} bytes, found ${id.byteLength}` },
  ]);
}

/** InferParameter: bool_param = 1, int64_param = 2, string_param = 3, double_param = 4, uint64_param = 5. */
function decodeParameter(reader: WireReader): InferParameter {
  let parameter: InferParameter = {};
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x08) parameter = { bool_param: reader.bool() };
    else if (tag === 0x10) parameter = { int64_param: reader.int64() };
    else if (tag === 0x1a) parameter = { string_param: reader.string() };
    else if (tag === 0x21) parameter = { double_param: reader.double() };
    else if (tag === 0x28) parameter = { uint64_param: reader.uint64() };
    else reader.skip(tag);
  }
  return parameter;
}

type DecodedTensor = { -readonly [Field in keyof InferTensor]: InferTensor[Field] } & {
  shape: number[];
  contents: Contents | null;
};
type Contents = { -readonly [Field in keyof InferTensorContents]: InferTensorContents[Field] };
type IntegerField = 'int_contents' | 'int64_contents' | 'uint_contents' | 'uint64_contents';
type ReadNumber = (reader: WireReader) => number;

const readInt64: ReadNumber = (reader) => reader.int64();
const readBool = (reader: WireReader) => reader.bool();

/** Field number → where its elements go, and how one is read. */
const integerFields: Readonly<Record<number, readonly [IntegerField, ReadNumber]>> = {
  2: ['int_contents', (reader) => reader.varint32()],
  3: ['int64_contents', readInt64],
  4: ['uint_contents', (reader) => reader.varint32() >>> 0],
  5: ['uint64_contents', (reader) => reader.uint64()],
};

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
