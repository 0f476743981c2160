import { RequestError } from '../../ground/errors.js';
import { MAX_ID_BYTES } from '../../protocol/infer-request-codec.js';
import type {
  InferParameters,
  InferRequestedOutput,
  InferTensor,
  InferTensorContents,
  ModelInferRequest,
} from '../../protocol/messages.js';
import { quote, Violations } from '../calls/refusal.js';
import type { Turns } from '../calls/turns.js';
import type { ServedModel } from '../models/served-model.js';
import { describeInputs } from '../services/inference/metadata.js';
import { numberTypes } from '../services/inference/tensor-values.js';
import { NO_JSON } from './body-form.js';
import { describe, type JsonObject, JsonReader } from './json-reader.js';
import { LargeJsonParser } from './large-json.js';
import { flatten } from './nested-data.js';

/** A request of the REST form, as the code for both forms takes it, with what only REST can ask. */
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
 * Reads the body of an infer call: JSON, or, with the binary data extension, JSON and then the contents of inputs, or those
 * of one input alone.
 *
 * @param jsonLength how long the JSON is, as the request's header says; undefined where the body is nothing else
 * @param served says what the contents are where there is no JSON
 * @throws RequestError with the paths of the fields that are wrong
 */
export async function readQuestion(
  body: Buffer,
  jsonLength: string | string[] | undefined,
  model: AskedModel,
  served: ServedModel,
  turns: Turns,
): Promise<InferQuestion> {
  if (jsonLength === NO_JSON) return rawQuestion(body, model, served);
  const jsonBytes = jsonLength === undefined ? body.byteLength : readLength(String(jsonLength), body.byteLength);
  const document = await parse(body.subarray(0, jsonBytes), turns);
  const violations = new Violations();
  const reader = new JsonReader(violations, turns);
  requireObject(document, reader);
  const inputs = await reader.objects(document['inputs'], 'inputs');
  const outputs = document['outputs'] == null ? [] : await reader.objects(document['outputs'], 'outputs');
  const raw = splitBinary(body.subarray(jsonBytes), inputs, violations);
  const request: ModelInferRequest = {
    model_name: model.name,
    model_version: model.version,
    id: readId(document['id'], reader),
    parameters: readParameters(document, '', BINARY_DATA_OUTPUT, reader),
    inputs: await inTurns(inputs, turns, (input, index) =>
      readInput(input, `inputs[${index}]`, raw[index] !== undefined, reader),
    ),
    outputs: await inTurns(outputs, turns, (output, index) => readOutput(output, `outputs[${index}]`, reader)),
    raw_input_contents: raw,
  };
  violations.throwIfAny();
  return { request, isBinary: binaryOutputs(document, outputs) };
}

function readId(value: unknown, reader: JsonReader): string {
  const id = reader.optionalText(value, 'id');
  const bytes = Buffer.byteLength(id);
  if (bytes > MAX_ID_BYTES) reader.violations.add('id', `expected at most ${MAX_ID_BYTES} bytes, found ${bytes}`);
  return id;
}

/** Steps of a tensor, beside its data. */
const TENSOR_STEPS = 200;

async function inTurns<T>(
  objects: readonly JsonObject[],
  turns: Turns,
  read: (object: JsonObject, index: number) => T | Promise<T>,
): Promise<T[]> {
  const found: T[] = [];
  for (const [index, object] of objects.entries()) {
    if (turns.spend(TENSOR_STEPS)) await turns.pause();
    found.push(await read(object, index));
  }
  return found;
}

/** Paths as in the JSON, for violations that were found by the code for both forms. */
export function jsonPaths(error: RequestError): RequestError {
  const violations = error.violations.map(({ description, field }) => ({
    field: field.replace(/^raw_input_contents(\[\d+\])$/, 'inputs$1.data').replace(/\.contents(\.\w+)?$/, '.data'),
    description,
  }));
  return new RequestError(violations, { cause: error });
}

const JSON_LENGTH_FIELD = 'Inference-Header-Content-Length';

function readLength(text: string, bodyBytes: number): number {
  const length = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (length <= bodyBytes) return length;
  const description = `expected the length of the JSON, at most the body's ${bodyBytes} bytes, found ${quote(text)}`;
  throw new RequestError([{ field: JSON_LENGTH_FIELD, description }]);
}

/** JSON that is parsed at once, in a few milliseconds. */
const SMALL_JSON_BYTES = 32 * 1024;
/** Bytes between two checks of the turn, and steps of each. */
const PIECE_BYTES = 32 * 1024;
const BYTE_STEPS = 6;

async function parse(bytes: Buffer, turns: Turns): Promise<unknown> {
  try {
    if (bytes.byteLength <= SMALL_JSON_BYTES)
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const parser = new LargeJsonParser(bytes);
    while (!parser.run(PIECE_BYTES)) if (turns.spend(PIECE_BYTES * BYTE_STEPS)) await turns.pause();
    return parser.document;
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
    const description = `expected JSON in UTF-8: ${cause.message}`;
    throw new RequestError([{ field: 'request', description }], { cause });
  }
}

function requireObject(document: unknown, reader: JsonReader): asserts document is JsonObject {
  reader.object(document, 'request');
  reader.violations.throwIfAny();
}

async function readInput(input: JsonObject, path: string, isRaw: boolean, reader: JsonReader): Promise<InferTensor> {
  const name = reader.text(input['name'], `${path}.name`);
  const datatype = reader.text(input['datatype'], `${path}.datatype`);
  const shape = reader.sizes(input['shape'], `${path}.shape`);
  const parameters = readParameters(input, `${path}.`, BINARY_DATA_SIZE, reader);
  const contents = isRaw && input['data'] == null ? null : await readContents(input, datatype, shape, path, reader);
  return { name, datatype, shape, parameters, contents };
}

/** Null for a datatype that no feature has, and for FP16, which JSON has not: they are refused where the features are known. */
async function readContents(
  input: JsonObject,
  datatype: string,
  shape: readonly number[],
  path: string,
  reader: JsonReader,
): Promise<InferTensorContents | null> {
  const field = `${path}.data`;
  const data = await flatten(reader.list(input['data'], field), shape, field, reader);
  if (datatype === 'BYTES') return { bytes_contents: await reader.texts(data, field) };
  const contents = Object.hasOwn(numberTypes, datatype) ? numberTypes[datatype].contents : null;
  return contents && { [contents]: await reader.numbers(data, datatype, field) };
}

function readOutput(output: JsonObject, path: string, reader: JsonReader): InferRequestedOutput {
  const name = reader.text(output['name'], `${path}.name`);
  return { name, parameters: readParameters(output, `${path}.`, BINARY_DATA, reader) };
}

/** Parameters of binary data: each belongs to one place of a request. */
const BINARY_DATA = 'binary_data';
const BINARY_DATA_OUTPUT = 'binary_data_output';
const BINARY_DATA_SIZE = 'binary_data_size';

/**
 * The parameters without the one of binary data.
 *
 * @param own read elsewhere: a size as the number of bytes, the others here as true or false
 */
function readParameters(
  object: JsonObject,
  path: string,
  own: string,
  reader: JsonReader,
): InferParameters | undefined {
  const field = `${path}parameters`;
  const { [own]: value, ...others } = reader.parameters(object['parameters'], field) ?? {};
  if (value !== undefined && own !== BINARY_DATA_SIZE && value.bool_param === undefined) {
    reader.violations.add(`${field}.${own}`, `expected true or false, found ${describe(parametersOf(object)[own])}`);
  }
  return Object.keys(others).length === 0 ? undefined : others;
}

/** The contents of the binary inputs, one after another; undefined for inputs that have theirs in the JSON. */
function splitBinary(bytes: Buffer, inputs: readonly JsonObject[], violations: Violations): (Buffer | undefined)[] {
  const sizes = inputs.map((input) => parametersOf(input)[BINARY_DATA_SIZE] ?? undefined);
  if (sizes.every((size) => size === undefined) && bytes.byteLength === 0) return [];
  let start = 0;
  const raw = sizes.map((size, index) => {
    if (size === undefined) return undefined;
    if (!Number.isSafeInteger(size) || (size as number) < 0) {
      const field = `inputs[${index}].parameters.binary_data_size`;
      violations.add(field, `expected the number of bytes of this input, found ${describe(size)}`);
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

/**
 * A body without JSON is all that the model's one tensor holds: as many rows as it has, or one text. The outputs come in
 * the same form.
 */
function rawQuestion(body: Buffer, { name, version }: AskedModel, served: ServedModel): InferQuestion {
  const inputs = describeInputs(served, false);
  if (inputs.count !== 1) {
    const description = `expected JSON before the contents, as the model takes ${inputs.count} tensors, found none`;
    throw new RequestError([{ field: JSON_LENGTH_FIELD, description }]);
  }
  const { datatype, name: input, shape } = inputs.at(0);
  const isText = datatype === 'BYTES';
  const rowBytes = Float64Array.BYTES_PER_ELEMENT * (shape[1] ?? 1);
  if (!isText && (body.byteLength === 0 || body.byteLength % rowBytes !== 0)) {
    const description = `expected rows of ${rowBytes} bytes (${shape[1]} FP64 each), found ${body.byteLength} bytes`;
    throw new RequestError([{ field: 'request', description }]);
  }
  const size = isText ? [1] : [body.byteLength / rowBytes, ...shape.slice(1)];
  const request: ModelInferRequest = {
    model_name: name,
    model_version: version,
    id: '',
    inputs: [{ name: input, datatype, shape: size, contents: isText ? { bytes_contents: [body] } : null }],
    outputs: [],
    raw_input_contents: isText ? [] : [body],
  };
  return { request, isBinary: () => true };
}

function binaryOutputs(document: JsonObject, outputs: readonly JsonObject[]): InferQuestion['isBinary'] {
  const always = parametersOf(document)[BINARY_DATA_OUTPUT] === true;
  const asked = new Map(outputs.map((output) => [output['name'], parametersOf(output)[BINARY_DATA]]));
  return (output) => (asked.get(output) ?? always) === true;
}

function parametersOf({ parameters }: JsonObject): JsonObject {
  return typeof parameters === 'object' && parameters !== null ? (parameters as JsonObject) : {};
}
