import { type InferResult, type OutputTensor, rawContents } from '../../protocol/infer-response-codec.js';

/** JSON, and the contents of the outputs that are to come as bytes. */
export interface InferAnswer {
  readonly json: Buffer<ArrayBuffer>;
  readonly raw: readonly Uint8Array[];
}

/** The answer in the protocol's REST form: data in one row-major array, BYTES as strings. */
export function writeAnswer(result: InferResult, isBinary: (output: string) => boolean): InferAnswer {
  const raw: Uint8Array[] = [];
  const outputs = result.outputs.map((output) => {
    const { datatype, name, shape } = output;
    if (!isBinary(name)) return { name, datatype, shape, parameters: output.parameters, data: dataOf(output) };
    const contents = rawContents(output);
    raw.push(contents);
    return { name, datatype, shape, parameters: { ...output.parameters, binary_data_size: contents.byteLength } };
  });
  const document = {
    model_name: result.modelName,
    model_version: result.modelVersion,
    id: result.id === '' ? undefined : result.id,
    outputs,
  };
  return { json: Buffer.from(JSON.stringify(document)), raw };
}

function dataOf(output: OutputTensor): (number | string)[] {
  if (output.datatype !== 'BYTES') return Array.from(output.values);
  return output.values.map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
}
