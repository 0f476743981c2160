import { WireWriter } from './wire.js';

/** One tensor of an answer, whatever carries it. */
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
  const writer = new WireWriter(1024);
  if (result.modelName !== '') writer.string(1, result.modelName);
  writer.string(2, result.modelVersion);
  if (result.id !== '') writer.string(3, result.id);
  for (const output of result.outputs) writer.message(5, encodeTensor(output, raw));
  if (raw) for (const output of result.outputs) writer.bytes(6, rawContents(output));
  return writer.finish();
}

/** ModelStreamInferResponse: error_message = 1, infer_response = 2. */
export function encodeStreamResponse(response: Uint8Array, errorMessage = ''): Buffer {
  const writer = new WireWriter(response.byteLength + errorMessage.length * 3 + 32);
  if (errorMessage !== '') writer.string(1, errorMessage);
  return writer.bytes(2, response).finish();
}

function encodeTensor(tensor: OutputTensor, raw: boolean): WireWriter {
  const writer = new WireWriter().string(1, tensor.name).string(2, tensor.datatype).packedIntegers(3, tensor.shape);
  for (const [key, value] of Object.entries(tensor.parameters ?? {})) {
    writer.message(4, new WireWriter().string(1, key).message(2, new WireWriter().string(3, value)));
  }
  return raw ? writer : writer.message(5, encodeContents(tensor));
}

/** InferTensorContents: int_contents = 2, fp64_contents = 7, bytes_contents = 8. */
function encodeContents(tensor: OutputTensor): WireWriter {
  const writer = new WireWriter();
  if (tensor.datatype === 'BYTES') for (const value of tensor.values) writer.bytes(8, value);
  else if (tensor.values.length === 0) return writer;
  else if (tensor.datatype === 'FP64') writer.bytes(7, bytesOf(tensor.values));
  else writer.packedIntegers(2, tensor.values);
  return writer;
}

/** Row-major, little-endian; an element of BYTES follows its length in 4 bytes. */
export function rawContents(tensor: OutputTensor): Uint8Array {
  if (tensor.datatype !== 'BYTES') return bytesOf(tensor.values);
  const raw = Buffer.allocUnsafe(tensor.values.reduce((size, value) => size + 4 + value.byteLength, 0));
  let position = 0;
  for (const value of tensor.values) {
    position = raw.writeUInt32LE(value.byteLength, position);
    raw.set(value, position);
    position += value.byteLength;
  }
  return raw;
}

/** A typed array has the machine's byte order, the wire is little-endian: the same on x64 and arm64. */
function bytesOf(values: Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
