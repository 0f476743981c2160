import type { InferResult, OutputTensor } from '../../protocol/infer-response-codec.js';
import type { ModelInferRequest } from '../../protocol/messages.js';
import { quote, Refusal, Violations } from '../refusal.js';
import { requireModel, type ServedModel } from '../served-model.js';
import { type InputRows, readInputRows, sliceRows } from './input-rows.js';
import { defaultOutputs, type OutputName, outputNames } from './metadata.js';

export interface InferLimits {
  readonly maxBatchRows: number;
  /** No reply is made that is larger: a few rows can ask for a lot. */
  readonly maxMessageBytes: number;
}

/** Gives other calls a turn; throws when nobody waits for this one any more. */
export type TakeTurn = () => Promise<void>;

/** As `sliceRows`; paths are texts, hundreds of bytes a row. */
const PATH_SLICE_ROWS = 512;

/**
 * Answers a request of the Open Inference Protocol, whatever carried it. One model answers all of it.
 *
 * @throws RequestError with the paths of the fields that are wrong
 * @throws Refusal when the model is another one, or the reply would be too large
 */
export async function infer(
  served: ServedModel,
  request: ModelInferRequest,
  limits: InferLimits,
  takeTurn: TakeTurn,
): Promise<InferResult> {
  requireModel(served, request.model_name, request.model_version);
  const asked = chooseOutputs(request);
  const rows = readInputRows(request, served.predictor, limits.maxBatchRows);
  requireRoom(served, asked, rows.rowCount, limits);
  const leaves = await findLeaves(served, rows, takeTurn);
  const outputs: OutputTensor[] = [];
  for (const name of asked) {
    outputs.push(
      name === 'decision_path' ? await describePaths(served, rows, limits, takeTurn) : makeOutput(served, name, leaves),
    );
  }
  return { modelName: served.name, modelVersion: served.model.version, id: request.id, outputs };
}

/** Whether the work takes several turns. Nothing of the request is checked yet. */
export function isLong({ inputs, outputs }: ModelInferRequest): boolean {
  const hasPaths = outputs.some(({ name }) => name === 'decision_path');
  const [rowCount = 0, featureCount = inputs.length] = inputs[0]?.shape ?? [];
  return rowCount > (hasPaths ? PATH_SLICE_ROWS : sliceRows(featureCount));
}

function chooseOutputs({ outputs }: ModelInferRequest): readonly OutputName[] {
  if (outputs.length === 0) return defaultOutputs;
  const violations = new Violations();
  const chosen = new Set<OutputName>();
  for (const [index, { name }] of outputs.entries()) {
    const known = outputNames.find((output) => output === name);
    if (!known) violations.add(`outputs[${index}].name`, `expected ${outputNames.join(', ')}, found ${quote(name)}`);
    else if (chosen.has(known))
      violations.add(`outputs[${index}].name`, `expected each output once, found ${name} again`);
    else chosen.add(known);
  }
  violations.throwIfAny();
  return [...chosen];
}

/** Known before the work: everything but the paths. */
function requireRoom(served: ServedModel, asked: readonly OutputName[], rowCount: number, limits: InferLimits): void {
  const labelBytes = Math.max(...served.labels.map(({ byteLength }) => byteLength)) + 4;
  const rowBytes = {
    label: labelBytes,
    class_index: 4,
    probabilities: served.labels.length * 8,
    leaf: 4,
    decision_path: 0,
  };
  const bytes = rowCount * asked.reduce((sum, name) => sum + rowBytes[name], 0);
  if (bytes > limits.maxMessageBytes) throw replyTooLarge(limits);
}

export function replyTooLarge({ maxMessageBytes }: Pick<InferLimits, 'maxMessageBytes'>): Refusal {
  const limit = `${maxMessageBytes} bytes, this server's --max-message-bytes`;
  return new Refusal('REPLY_TOO_LARGE', `the reply would be larger than ${limit}: ask for fewer rows or outputs`);
}

async function findLeaves({ predictor }: ServedModel, input: InputRows, takeTurn: TakeTurn): Promise<Int32Array> {
  const { rowCount } = input;
  const leaves = new Int32Array(rowCount);
  const step = sliceRows(predictor.featureCount);
  for (let start = 0; start < rowCount; start += step) {
    if (start > 0) await takeTurn();
    const end = Math.min(start + step, rowCount);
    predictor.leavesInto(input.slice(start, end), end - start, leaves.subarray(start, end));
  }
  return leaves;
}

function makeOutput(served: ServedModel, name: Exclude<OutputName, 'decision_path'>, leaves: Int32Array): OutputTensor {
  const { classCount, classIndex, shares } = served.predictor;
  const rowCount = leaves.length;
  const shape = [rowCount];
  if (name === 'leaf') return { name, shape, datatype: 'INT32', values: leaves };
  if (name === 'class_index') {
    const values = new Int32Array(rowCount);
    // map() takes ten times as long.
    for (let row = 0; row < rowCount; row++) values[row] = classIndex[leaves[row]];
    return { name, shape, datatype: 'INT32', values };
  }
  if (name === 'label') {
    const values = Array.from(leaves, (leaf) => served.labels[classIndex[leaf]]);
    return { name, shape, datatype: 'BYTES', values };
  }
  const values = new Float64Array(rowCount * classCount);
  for (let row = 0, at = 0; row < rowCount; row++) {
    const start = leaves[row] * classCount;
    for (let k = 0; k < classCount; k++) values[at++] = shares[start + k];
  }
  return { name, shape: [rowCount, classCount], parameters: served.classNames, datatype: 'FP64', values };
}

/** One JSON array per row: the steps of `Predictor.pathOf`. */
async function describePaths(
  { predictor }: ServedModel,
  rows: InputRows,
  limits: InferLimits,
  takeTurn: TakeTurn,
): Promise<OutputTensor> {
  const { rowCount } = rows;
  const values: Buffer[] = [];
  let bytes = 0;
  for (let row = 0; row < rowCount; row++) {
    if (row > 0 && row % PATH_SLICE_ROWS === 0) await takeTurn();
    const path = predictor.pathOf(rows.slice(row, row + 1));
    const text = Buffer.from(JSON.stringify(path));
    bytes += text.byteLength + 4;
    if (bytes > limits.maxMessageBytes) throw replyTooLarge(limits);
    values.push(text);
  }
  return { name: 'decision_path', shape: [rowCount], datatype: 'BYTES', values };
}
