import { nameInWords } from '../../../ground/quote.js';
import type { Classifier } from '../../../model/classifier.js';
import type { Feature } from '../../../model/model.js';
import type { InferTensor, ModelInferRequest } from '../../../protocol/messages.js';
import { BadValueError, Violations } from '../../calls/refusal.js';
import type { Turns } from '../../calls/turns.js';
import { describeInput, describeShape, requireNumberType, requireRowCount } from './checked-input.js';
import { readColumns } from './input-columns.js';
import { FEATURES_INPUT } from './metadata.js';
import { readNumbers, widen } from './tensor-values.js';

/** The rows of a request. */
export interface InputRows {
  readonly rowCount: number;
  /** Rows from `start` to `end`, row-major, as the classifier takes them. Valid until the next slice is asked for. */
  slice(start: number, end: number): Float64Array;
}

/** Values of a slice: 2 MB. */
const SLICE_VALUES = 262_144;
/** Rows of one slice: about a millisecond of work. */
const MAX_SLICE_ROWS = 16_384;

export function sliceRows(featureCount: number): number {
  return Math.max(1, Math.min(MAX_SLICE_ROWS, Math.floor(SLICE_VALUES / featureCount)));
}

/**
 * Rows from one tensor of all features, or from one tensor per feature in any order.
 *
 * @throws RequestError with the path of every field that is wrong
 */
export async function readInputRows(
  request: ModelInferRequest,
  classifier: Classifier,
  maxRows: number,
  turns: Turns,
): Promise<InputRows> {
  const { features } = classifier;
  const violations = new Violations();
  requireOneForm(request, violations);
  const rows = isMatrix(request.inputs, features)
    ? await readMatrix(request, features, maxRows, violations, turns)
    : await readColumnRows(request, classifier, maxRows, violations, turns);
  violations.throwIfAny();
  if (rows === undefined) throw new Error('rows are missing and nothing says why');
  const step = sliceRows(features.length);
  for (let start = 0; start < rows.rowCount; start += step) {
    const end = Math.min(start + step, rows.rowCount);
    if (turns.spend((end - start) * features.length)) await turns.pause();
    rejectBadValue(request.inputs, classifier, rows, start, end);
  }
  return rows;
}

/** Contents are in the tensors or beside them, not in both places. */
function requireOneForm({ inputs, raw_input_contents: raw }: ModelInferRequest, violations: Violations): void {
  if (raw.length === 0) return;
  if (raw.length !== inputs.length) {
    violations.add('raw_input_contents', `expected ${inputs.length} entries, one per input, found ${raw.length}`);
  }
  for (const [index, { contents }] of inputs.entries()) {
    if (raw[index] && !isEmpty(contents))
      violations.add(`inputs[${index}].contents`, 'expected none beside raw_input_contents');
  }
  violations.throwIfAny();
}

/** Absent, or an empty message, which some clients send. */
function isEmpty(contents: InferTensor['contents']): boolean {
  return Object.values(contents ?? {}).every((values) => typeof values !== 'object' || values.length === 0);
}

function isMatrix(inputs: readonly InferTensor[], features: readonly Feature[]): boolean {
  const onlyFeature = features.length === 1 && features[0].name === FEATURES_INPUT;
  return inputs.length === 1 && inputs[0].name === FEATURES_INPUT && !onlyFeature;
}

async function readMatrix(
  request: ModelInferRequest,
  features: readonly Feature[],
  maxRows: number,
  violations: Violations,
  turns: Turns,
): Promise<InputRows | undefined> {
  const input = describeInput(request, 0);
  const { path, raw, rowCount, tensor } = input;
  requireNumberType(input, violations);
  const { shape } = tensor;
  if (shape.length !== 2) {
    violations.add(`${path}.shape`, `expected [rows, ${features.length}], found ${describeShape(shape)}`);
  } else if (shape[1] !== features.length) {
    violations.add(`${path}.shape[1]`, `expected ${features.length}, the number of features, found ${shape[1]}`);
  }
  requireRowCount(input, maxRows, violations);
  if (!violations.none) return undefined;
  const count = rowCount * features.length;
  if (tensor.datatype === 'FP64' && raw?.bytes.byteLength === count * Float64Array.BYTES_PER_ELEMENT) {
    return rawRows(raw.bytes, rowCount, features.length);
  }
  const values = await readNumbers(tensor, path, raw, count, violations, turns);
  return values && wholeRows(await widen(values, turns), rowCount, features.length);
}

async function readColumnRows(
  request: ModelInferRequest,
  classifier: Classifier,
  maxRows: number,
  violations: Violations,
  turns: Turns,
): Promise<InputRows | undefined> {
  const columns = await readColumns(request, classifier, maxRows, violations, turns);
  return columns && wholeRows(columns.values, columns.rowCount, classifier.features.length);
}

function wholeRows(rows: Float64Array, rowCount: number, featureCount: number): InputRows {
  return { rowCount, slice: (start, end) => rows.subarray(start * featureCount, end * featureCount) };
}

/** Room for one slice. */
const aligned = new Float64Array(SLICE_VALUES);

/**
 * Raw FP64 begins anywhere in a message, a Float64Array only at a multiple of 8. A slice is copied when it is asked for,
 * into memory that is reused: copies of whole batches would cause one full garbage collection after the other.
 */
function rawRows({ buffer, byteOffset }: Uint8Array, rowCount: number, featureCount: number): InputRows {
  const rowBytes = featureCount * Float64Array.BYTES_PER_ELEMENT;
  const slice = (start: number, end: number) => {
    const length = (end - start) * featureCount;
    const from = byteOffset + start * rowBytes;
    if (from % Float64Array.BYTES_PER_ELEMENT === 0) return new Float64Array(buffer, from, length);
    const values = length <= aligned.length ? aligned.subarray(0, length) : new Float64Array(length);
    new Uint8Array(values.buffer).set(new Uint8Array(buffer, from, (end - start) * rowBytes));
    return values;
  };
  return { rowCount, slice };
}

function rejectBadValue(
  inputs: readonly InferTensor[],
  classifier: Classifier,
  rows: InputRows,
  start: number,
  end: number,
): void {
  const bad = classifier.findBadValue(rows.slice(start, end), end - start);
  if (bad === undefined) return;
  const { name } = classifier.features[bad.feature];
  const position = inputs.findIndex((input) => input.name === name);
  throw new BadValueError(`inputs[${Math.max(position, 0)}]`, {
    row: start + bad.row,
    feature: nameInWords(name),
    description: bad.description,
  });
}
