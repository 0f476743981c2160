import type { Feature } from '../../artifact/model.js';
import type { Predictor } from '../../artifact/predictor.js';
import type { InferTensor, ModelInferRequest } from '../../protocol/messages.js';
import { quote, Violations } from '../refusal.js';
import { FEATURES_INPUT } from './metadata.js';
import { numberTypes, type RawContents, readNumbers, readTexts } from './tensor-values.js';

/** The rows of a request. */
export interface InputRows {
  readonly rowCount: number;
  /** Rows from `start` to `end`, row-major, as the predictor takes them. Good until any slice is asked for again. */
  slice(start: number, end: number): Float64Array;
}

/** Values of a slice: 2 MB. */
const SLICE_VALUES = 262_144;
const MAX_SLICE_ROWS = 16_384;

/** How many rows are worked on at once: about a millisecond of work. */
export function sliceRows(featureCount: number): number {
  return Math.max(1, Math.min(MAX_SLICE_ROWS, Math.floor(SLICE_VALUES / featureCount)));
}

/** A tensor that has passed the checks of its name, type and shape. */
interface CheckedInput {
  readonly tensor: InferTensor;
  readonly path: string;
  readonly raw: RawContents | undefined;
  readonly rowCount: number;
}

/**
 * Rows from one tensor of all features, or from one tensor per feature in any order.
 *
 * @throws RequestError with the path of every field that is wrong
 */
export function readInputRows(request: ModelInferRequest, predictor: Predictor, maxRows: number): InputRows {
  const { features } = predictor.model;
  const violations = new Violations();
  requireOneForm(request, violations);
  const rows = isMatrix(request.inputs, features)
    ? readMatrix(request, features, maxRows, violations)
    : readColumns(request, features, maxRows, violations);
  violations.throwIfAny();
  if (rows === undefined) throw new Error('rows are missing and nothing says why');
  const step = sliceRows(features.length);
  for (let start = 0; start < rows.rowCount; start += step) {
    rejectBadValue(request.inputs, predictor, rows, start, Math.min(start + step, rows.rowCount));
  }
  return rows;
}

/** Contents stand in the tensors or beside them, not in both places. */
function requireOneForm({ inputs, raw_input_contents: raw }: ModelInferRequest, violations: Violations): void {
  if (raw.length === 0) return;
  if (raw.length !== inputs.length) {
    violations.add('raw_input_contents', `expected ${inputs.length} entries, one per input, found ${raw.length}`);
  }
  for (const [index, { contents }] of inputs.entries()) {
    // An absent message is null or undefined; an empty one is an object.
    if (contents != null) violations.add(`inputs[${index}].contents`, 'expected none beside raw_input_contents');
  }
  violations.throwIfAny();
}

function isMatrix(inputs: readonly InferTensor[], features: readonly Feature[]): boolean {
  const onlyFeature = features.length === 1 && features[0].name === FEATURES_INPUT;
  return inputs.length === 1 && inputs[0].name === FEATURES_INPUT && !onlyFeature;
}

function readMatrix(
  request: ModelInferRequest,
  features: readonly Feature[],
  maxRows: number,
  violations: Violations,
): InputRows | undefined {
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
  const values = readNumbers(tensor, path, raw, count, violations);
  return (
    values && wholeRows(values instanceof Float64Array ? values : Float64Array.from(values), rowCount, features.length)
  );
}

function wholeRows(rows: Float64Array, rowCount: number, featureCount: number): InputRows {
  return { rowCount, slice: (start, end) => rows.subarray(start * featureCount, end * featureCount) };
}

/** Room for one slice. */
const aligned = new Float64Array(SLICE_VALUES);

/**
 * Raw FP64 begins anywhere in a message, a Float64Array only at a multiple of 8. A slice is copied when it is asked for,
 * into memory that is used again: a copy of the whole would wait for a full garbage collection, and batches have those
 * come one after the other.
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

function readColumns(
  request: ModelInferRequest,
  features: readonly Feature[],
  maxRows: number,
  violations: Violations,
): InputRows | undefined {
  const columns = matchFeatures(request, features, violations);
  for (const [index, column] of columns.entries()) {
    if (column) checkColumn(column, features[index], columns.find((first) => first)!, maxRows, violations);
  }
  if (!violations.none) return undefined;
  const rowCount = columns[0]!.rowCount;
  const rows = new Float64Array(rowCount * features.length);
  for (const [index, column] of columns.entries()) fillColumn(rows, features, index, column!, violations);
  return wholeRows(rows, rowCount, features.length);
}

/** `columns[feature]`: its input. */
function matchFeatures(
  request: ModelInferRequest,
  features: readonly Feature[],
  violations: Violations,
): (CheckedInput | undefined)[] {
  const indexOf = new Map(features.map(({ name }, index) => [name, index]));
  const columns = new Array<CheckedInput | undefined>(features.length).fill(undefined);
  for (const [position, { name }] of request.inputs.entries()) {
    const index = indexOf.get(name);
    const path = `inputs[${position}].name`;
    if (index === undefined) violations.add(path, `expected ${FEATURES_INPUT} or a feature, found ${quote(name)}`);
    else if (columns[index]) violations.add(path, `expected each feature once, found ${quote(name)} again`);
    else columns[index] = describeInput(request, position);
  }
  const missing = features.filter((_, index) => !columns[index]).map(({ name }) => quote(name));
  if (missing.length === 0) return columns;
  const shown =
    missing.length > 8 ? `${missing.slice(0, 8).join(', ')}, … (${missing.length} in all)` : missing.join(', ');
  violations.add('inputs', `expected one input ${FEATURES_INPUT}, or one per feature: found none for ${shown}`);
  return columns;
}

function checkColumn(
  input: CheckedInput,
  feature: Feature,
  first: CheckedInput,
  maxRows: number,
  violations: Violations,
): void {
  const { path, rowCount, tensor } = input;
  if (feature.kind === 'number') requireNumberType(input, violations);
  else if (tensor.datatype !== 'BYTES') {
    violations.add(`${path}.datatype`, `expected BYTES, as the feature is a category, found ${quote(tensor.datatype)}`);
  }
  const { shape } = tensor;
  if (shape.length !== 1 && (shape.length !== 2 || shape[1] !== 1)) {
    violations.add(`${path}.shape`, `expected [rows] or [rows, 1], found ${describeShape(shape)}`);
  }
  requireRowCount(input, maxRows, violations);
  if (rowCount !== first.rowCount) {
    violations.add(`${path}.shape[0]`, `expected ${first.rowCount} rows, as in ${first.path}, found ${rowCount}`);
  }
}

function fillColumn(
  rows: Float64Array,
  features: readonly Feature[],
  index: number,
  { path, raw, rowCount, tensor }: CheckedInput,
  violations: Violations,
): void {
  const feature = features[index];
  const values =
    feature.kind === 'number'
      ? readNumbers(tensor, path, raw, rowCount, violations)
      : categoryIndices(readTexts(tensor, path, raw, rowCount, violations), feature.categories);
  if (values === undefined) return;
  for (let row = 0, at = index; row < rowCount; row++, at += features.length) rows[at] = values[row];
}

/** An empty text is a missing value; one that training never saw is -1. */
function categoryIndices(
  texts: readonly Uint8Array[] | undefined,
  categories: readonly string[],
): Float64Array | undefined {
  if (texts === undefined) return undefined;
  const indexOf = new Map(categories.map((category, index) => [category, index]));
  return Float64Array.from(texts, (bytes) => {
    if (bytes.byteLength === 0) return Number.NaN;
    return indexOf.get(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) ?? -1;
  });
}

function describeInput({ inputs, raw_input_contents: raws }: ModelInferRequest, position: number): CheckedInput {
  const tensor = inputs[position];
  const bytes = raws[position];
  const raw = bytes && { bytes, path: `raw_input_contents[${position}]` };
  return { tensor, raw, path: `inputs[${position}]`, rowCount: tensor.shape[0] ?? 0 };
}

function requireNumberType({ path, tensor: { datatype } }: CheckedInput, violations: Violations): void {
  if (Object.hasOwn(numberTypes, datatype)) return;
  violations.add(`${path}.datatype`, `expected ${Object.keys(numberTypes).join(', ')}, found ${quote(datatype)}`);
}

/** Sizes come as 64-bit integers: no product is formed before each is known to be small. */
function requireRowCount({ path, rowCount }: CheckedInput, maxRows: number, violations: Violations): void {
  if (rowCount < 0) violations.add(`${path}.shape[0]`, `expected a number of rows, found ${rowCount}`);
  if (rowCount > maxRows) {
    violations.add(
      `${path}.shape[0]`,
      `expected at most ${maxRows} rows, this server's --max-batch-rows, found ${rowCount}`,
    );
  }
}

function rejectBadValue(
  inputs: readonly InferTensor[],
  predictor: Predictor,
  rows: InputRows,
  start: number,
  end: number,
): void {
  const bad = predictor.findBadValue(rows.slice(start, end), end - start);
  if (bad === undefined) return;
  const position = inputs.findIndex(({ name }) => name === predictor.model.features[bad.feature].name);
  const violations = new Violations();
  violations.add(`inputs[${Math.max(position, 0)}]`, `row ${start + bad.row}: ${bad.message}`);
  violations.throwIfAny();
}

function describeShape(shape: readonly number[]): string {
  return shape.length > 8 ? `${shape.length} sizes` : `[${shape.join(', ')}]`;
}
