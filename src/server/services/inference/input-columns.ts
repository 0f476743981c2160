import { quotedList } from '../../../ground/quote.js';
import type { Classifier } from '../../../model/classifier.js';
import type { Feature } from '../../../model/model.js';
import type { ModelInferRequest } from '../../../protocol/messages.js';
import { quote, type Violations } from '../../calls/refusal.js';
import type { Turns } from '../../calls/turns.js';
import {
  type CheckedInput,
  describeInput,
  describeShape,
  requireNumberType,
  requireRowCount,
} from './checked-input.js';
import { FEATURES_INPUT } from './metadata.js';
import { readNumbers, readTexts } from './tensor-values.js';

/** Steps to set a value into its row, far from the last one. */
const SCATTER_STEPS = 2;
/** Steps to look up a text. */
const LOOKUP_STEPS = 40;
/** Rows between two checks of the turn. */
const PIECE = 1024;

/** The rows of one tensor per feature. */
export interface Columns {
  readonly rowCount: number;
  /** Row-major. */
  readonly values: Float64Array;
}

/** @returns undefined where a violation was added */
export async function readColumns(
  request: ModelInferRequest,
  classifier: Classifier,
  maxRows: number,
  violations: Violations,
  turns: Turns,
): Promise<Columns | undefined> {
  const { features } = classifier;
  const columns = await matchFeatures(request, features, violations, turns);
  const first = columns.find((column) => column !== undefined);
  for (const [index, column] of columns.entries()) {
    if (turns.spend(LOOKUP_STEPS)) await turns.pause();
    if (column) checkColumn(column, features[index], first!, maxRows, violations);
  }
  if (!violations.none) return undefined;
  // Memory is allocated only once all elements are there: a shape alone costs its sender nothing.
  const values: ArrayLike<number>[] = [];
  for (const [index, column] of columns.entries()) {
    const found = await readColumn(column!, classifier, index, violations, turns);
    if (found) values.push(found);
  }
  if (!violations.none) return undefined;
  const { rowCount } = first!;
  return { rowCount, values: await interleave(values, rowCount, turns) };
}

/** Columns → rows. */
async function interleave(
  columns: readonly ArrayLike<number>[],
  rowCount: number,
  turns: Turns,
): Promise<Float64Array> {
  const width = columns.length;
  const rows = new Float64Array(rowCount * width);
  for (const [index, values] of columns.entries()) {
    for (let start = 0; start < rowCount; start += PIECE) {
      const end = Math.min(start + PIECE, rowCount);
      if (turns.spend((end - start) * SCATTER_STEPS)) await turns.pause();
      for (let row = start, at = start * width + index; row < end; row++, at += width) rows[at] = values[row];
    }
  }
  return rows;
}

/** `columns[feature]`: its input. */
async function matchFeatures(
  request: ModelInferRequest,
  features: readonly Feature[],
  violations: Violations,
  turns: Turns,
): Promise<(CheckedInput | undefined)[]> {
  const indexOf = await indexNames(features, turns);
  const columns = new Array<CheckedInput | undefined>(features.length).fill(undefined);
  for (const [position, { name }] of request.inputs.entries()) {
    if (turns.spend(LOOKUP_STEPS)) await turns.pause();
    const index = indexOf.get(name);
    const path = `inputs[${position}].name`;
    if (index === undefined) violations.add(path, `expected ${FEATURES_INPUT} or a feature, found ${quote(name)}`);
    else if (columns[index]) violations.add(path, `expected each feature once, found ${quote(name)} again`);
    else columns[index] = describeInput(request, position);
  }
  const missing = features.filter((_, index) => !columns[index]);
  if (missing.length === 0) return columns;
  const shown = quotedList(
    missing.map(({ name }) => name),
    8,
  );
  violations.add('inputs', `expected one input ${FEATURES_INPUT}, or one per feature: found none for ${shown}`);
  return columns;
}

/** By the model's features. */
const namesOf = new WeakMap<readonly Feature[], ReadonlyMap<string, number>>();

/** Made for the first call that needs it. */
async function indexNames(features: readonly Feature[], turns: Turns): Promise<ReadonlyMap<string, number>> {
  const known = namesOf.get(features);
  if (known) return known;
  const indexOf = new Map<string, number>();
  for (const [index, { name }] of features.entries()) {
    if (turns.spend(LOOKUP_STEPS)) await turns.pause();
    indexOf.set(name, index);
  }
  namesOf.set(features, indexOf);
  return indexOf;
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

async function readColumn(
  { path, raw, rowCount, tensor }: CheckedInput,
  classifier: Classifier,
  feature: number,
  violations: Violations,
  turns: Turns,
): Promise<ArrayLike<number> | undefined> {
  if (classifier.features[feature].kind === 'number')
    return readNumbers(tensor, path, raw, rowCount, violations, turns);
  const texts = await readTexts(tensor, path, raw, rowCount, violations, turns);
  return texts && categoryIndices(texts, (text) => classifier.categoryOf(feature, text), turns);
}

/** An empty text is a missing value. */
async function categoryIndices(
  texts: readonly Uint8Array[],
  indexOf: (text: string) => number,
  turns: Turns,
): Promise<Float64Array> {
  const indices = new Float64Array(texts.length);
  for (const [row, { buffer, byteLength, byteOffset }] of texts.entries()) {
    if (turns.spend(LOOKUP_STEPS + byteLength)) await turns.pause();
    indices[row] = byteLength === 0 ? Number.NaN : indexOf(Buffer.from(buffer, byteOffset, byteLength).toString());
  }
  return indices;
}
