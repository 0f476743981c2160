import { WireWriter } from '../protobuf/wire.js';

/** One tensor of an answer, for both transports. */
export type OutputTensor = {
  readonly name: string;
  readonly shape: readonly number[];
  /** Texts that travel as `string_param`. */
  readonly parameters?: Readonly<Record<string, string>>;
} & (
  | { readonly datatype: 'FP64'; readonly values: Float64Array }
  | { readonly datatype: 'INT32'; readonly values: Int32Array }
  | { readonly datatype: 'BYTES'; readonly values: readonly Uint8Array[] }
);

export interface InferResult {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string;
  readonly outputs: readonly OutputTensor[];
}

/** ModelInferResponse. `raw`: contents in `raw_output_contents`, else in the outputs. */
export function encodeInferResponse(result: InferResult, raw: boolean): Buffer {
  return assemble(
    result,
    raw,
    result.outputs.map((output) => {
      const writer = new ContentsWriter(output, raw);
      writer.write(0, output.values.length);
      return writer.finish();
    }),
  );
}

/** Limits how long work may run before it pauses. */
export interface Pace {
  /** Counts the next steps, of about five nanoseconds each; true when it is time to pause. */
  spend(steps: number): boolean;
  pause(): Promise<void>;
}

/** Elements between two checks of the pace. */
const PIECE = 4096;
/** Steps of an element of BYTES, which is copied; any other takes fewer. */
const ELEMENT_STEPS = 10;

/** As `encodeInferResponse`, in pieces. */
export async function encodeInPieces(result: InferResult, raw: boolean, pace: Pace): Promise<Buffer> {
  const contents: Uint8Array[] = [];
  for (const output of result.outputs) contents.push(await contentsInPieces(output, raw, pace));
  return assemble(result, raw, contents);
}

/** What follows the head of a tensor: its `raw_output_contents`, or its InferTensorContents. */
export async function contentsInPieces(output: OutputTensor, raw: boolean, pace: Pace): Promise<Uint8Array> {
  const writer = new ContentsWriter(output, raw);
  const count = writer.isWhole ? 0 : output.values.length;
  for (let start = 0; start < count; start += PIECE) {
    const end = Math.min(start + PIECE, count);
    if (pace.spend((end - start) * ELEMENT_STEPS)) await pace.pause();
    writer.write(start, end);
  }
  return writer.finish();
}

function assemble(result: InferResult, raw: boolean, contents: readonly Uint8Array[]): Buffer {
  const contentBytes = contents.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const writer = new WireWriter(contentBytes + 1024);
  if (result.modelName !== '') writer.string(1, result.modelName);
  writer.string(2, result.modelVersion);
  if (result.id !== '') writer.string(3, result.id);
  for (const [index, output] of result.outputs.entries()) {
    writer.message(5, raw ? encodeHead(output) : encodeHead(output).bytes(5, contents[index]!));
  }
  if (raw) for (const bytes of contents) writer.bytes(6, bytes);
  return writer.finish();
}

/** ModelStreamInferResponse: error_message = 1, infer_response = 2. */
export function encodeStreamResponse(response: Uint8Array, errorMessage = ''): Buffer {
  const writer = new WireWriter(response.byteLength + errorMessage.length * 3 + 32);
  if (errorMessage !== '') writer.string(1, errorMessage);
  return writer.bytes(2, response).finish();
}

/** InferOutputTensor without its contents. */
function encodeHead(tensor: OutputTensor): WireWriter {
  const writer = new WireWriter().string(1, tensor.name).string(2, tensor.datatype).packedIntegers(3, tensor.shape);
  for (const [key, value] of Object.entries(tensor.parameters ?? {})) {
    writer.message(4, new WireWriter().string(1, key).message(2, new WireWriter().string(3, value)));
  }
  return writer;
}

/**
 * Elements of a tensor, written one range after the other. Raw: row-major, little-endian, an element of BYTES after its
 * length in 4 bytes. Else InferTensorContents: int_contents = 2, fp64_contents = 7, bytes_contents = 8.
 */
class ContentsWriter {
  readonly #tensor: OutputTensor;
  readonly #raw: boolean;
  readonly #writer = new WireWriter();

  constructor(tensor: OutputTensor, raw: boolean) {
    this.#tensor = tensor;
    this.#raw = raw;
  }

  /** Whether nothing has to be written before the end. */
  get isWhole(): boolean {
    const { datatype } = this.#tensor;
    return datatype === 'FP64' || (datatype === 'INT32' && this.#raw);
  }

  write(start: number, end: number): void {
    if (this.isWhole) return;
    const tensor = this.#tensor;
    if (tensor.datatype === 'BYTES') {
      for (let index = start; index < end; index++) {
        if (this.#raw) this.#writer.lengthAndBytes(tensor.values[index]!);
        else this.#writer.bytes(8, tensor.values[index]!);
      }
    } else this.#writer.integers(tensor.values, start, end);
  }

  finish(): Uint8Array {
    const tensor = this.#tensor;
    if (tensor.datatype === 'BYTES') return this.#writer.finish();
    if (this.#raw) return bytesOf(tensor.values);
    if (tensor.values.length === 0) return Buffer.alloc(0);
    if (tensor.datatype === 'FP64')
      return new WireWriter(tensor.values.byteLength + 16).bytes(7, bytesOf(tensor.values)).finish();
    return new WireWriter().message(2, this.#writer).finish();
  }
}

/** A typed array has the machine's byte order, the wire is little-endian: the same on x64 and arm64. */
function bytesOf(values: Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
