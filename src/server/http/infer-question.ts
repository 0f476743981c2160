import { RequestError } from '../../errors.js';
import type {
  InferRequestedOutput,
  InferTensor,
  InferTensorContents,
  ModelInferRequest,
} from '../../protocol/messages.js';
import { numberTypes } from '../inference/tensor-values.js';
import { quote, Violations } from '../refusal.js';
import { requireFewParts } from './json-parts.js';
import { type JsonObject, JsonReader } from './json-reader.js';
import { flatten } from './nested-data.js';

/** A request of the protocol's REST form, as the code behind both forms takes it, and what only that form can ask. */
export interface InferQuestion {
  readonly request: ModelInferRequest;
  /** Whether an output is to come as bytes after the JSON. */
  readonly isBinary: (output: string) => boolean;
}

/** From the URL. */
export interface AskedModel {
  readonly name: string;
  /** Empty for the loaded one. */
  readonly version: string;
}

/**
 * Reads the body of an infer call: JSON, or, with the binary data extension, JSON and then the contents of the inputs.
 *
 * @param jsonLength how long the JSON is, as the request's header says; undefined where the body is nothing else
 * @throws RequestError with the paths of the fields that are wrong
 */
export function readQuestion(
  body: Buffer,
  jsonLength: string | string[] | undefined,
  model: AskedModel,
): InferQuestion {
  const jsonBytes = jsonLength === undefined ? body.byteLength : readLength(String(jsonLength), body.byteLength);
  const document = parse(body.subarray(0, jsonBytes));
  const violations = new Violations();
  const reader = new JsonReader(violations);
  const inputs = reader.objects(document['inputs'], 'inputs');
  const outputs = document['outputs'] === undefined ? [] : reader.objects(document['outputs'], 'outputs');
  const raw = splitBinary(body.subarray(jsonBytes), inputs, violations);
  const request: ModelInferRequest = {
    model_name: model.name,
    model_version: model.version,
    id: document['id'] === undefined ? '' : reader.text(document['id'], 'id'),
    inputs: inputs.map((input, index) => readInput(input, `inputs[${index}]`, raw.length > 0, reader)),
    outputs: outputs.map((output, index) => readOutput(output, `outputs[${index}]`, reader)),
    raw_input_contents: raw,
  };
  violations.throwIfAny();
  return { request, isBinary: binaryOutputs(document, outputs) };
}

/** Paths as the JSON has them, for violations that were found behind both forms. */
export function jsonPaths(error: RequestError): RequestError {
  const violations = error.violations.map(({ description, field }) => ({
    field: field.replace(/^raw_input_contents(\[\d+\])$/, 'inputs$1.data').replace(/\.contents(\.\w+)?$/, '.data'),
    description,
  }));
  return new RequestError(violations, { cause: error });
}

function readLength(text: string, bodyBytes: number): number {
  const length = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (length <= bodyBytes) return length;
  const description = `expected the length of the JSON, at most the body's ${bodyBytes} bytes, found ${quote(text)}`;
  throw new RequestError([{ field: 'Inference-Header-Content-Length', description }]);
}

function parse(bytes: Buffer): JsonObject {
  requireFewParts(bytes);
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const description = `expected JSON in UTF-8: ${(cause as Error).message}`;
    throw new RequestError([{ field: 'request', description }], { cause });
  }
  const violations = new Violations();
  const object = new JsonReader(violations).object(document, 'request');
  violations.throwIfAny();
  return object;
}

function readInput(input: JsonObject, path: string, isRaw: boolean, reader: JsonReader): InferTensor {
  const name = reader.text(input['name'], `${path}.name`);
  const datatype = reader.text(input['datatype'], `${path}.datatype`);
  const shape = reader.integers(input['shape'], `${path}.shape`);
  const contents = isRaw && input['data'] === undefined ? null : readContents(input, datatype, shape, path, reader);
  return { name, datatype, shape, contents };
}

/** Null for a datatype that no feature has: who knows the features says so. */
function readContents(
  input: JsonObject,
  datatype: string,
  shape: readonly number[],
  path: string,
  reader: JsonReader,
): InferTensorContents | null {
  const field = `${path}.data`;
  const data = flatten(reader.list(input['data'], field), shape, field, reader.violations);
  if (datatype === 'BYTES') return { bytes_contents: reader.texts(data, field) };
  if (!Object.hasOwn(numberTypes, datatype)) return null;
  return { [numberTypes[datatype].contents]: reader.numbers(data, datatype, field) };
}

function readOutput(output: JsonObject, path: string, reader: JsonReader): InferRequestedOutput {
  return { name: reader.text(output['name'], `${path}.name`) };
}

/** The contents of the inputs, one after another. */
function splitBinary(bytes: Buffer, inputs: readonly JsonObject[], violations: Violations): Buffer[] {
  const sizes = inputs.map((input) => parametersOf(input)['binary_data_size']);
  if (sizes.every((size) => size === undefined) && bytes.byteLength === 0) return [];
  let start = 0;
  const raw = sizes.map((size, index) => {
    const field = `inputs[${index}].parameters.binary_data_size`;
    if (!Number.isSafeInteger(size) || (size as number) < 0) {
      violations.add(field, 'expected the number of bytes of this input: all inputs are binary, or none is');
      return Buffer.alloc(0);
    }
    start += size as number;
    return bytes.subarray(start - (size as number), start);
  });
  if (violations.none && start !== bytes.byteLength) {
    violations.add('request', `expected ${start} bytes after the JSON, found ${bytes.byteLength}`);
  }
  return raw;
}

function binaryOutputs(document: JsonObject, outputs: readonly JsonObject[]): InferQuestion['isBinary'] {
  const always = parametersOf(document)['binary_data_output'] === true;
  const asked = new Map(outputs.map((output) => [output['name'], parametersOf(output)['binary_data']]));
  return (output) => (asked.get(output) ?? always) === true;
}

function parametersOf({ parameters }: JsonObject): JsonObject {
  return typeof parameters === 'object' && parameters !== null ? (parameters as JsonObject) : {};
}
