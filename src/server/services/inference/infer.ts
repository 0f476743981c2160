import type { InferResult, OutputTensor } from '../../../protocol/infer-response-codec.js';
import type { ModelInferRequest } from '../../../protocol/messages.js';
import { quote, Violations } from '../../calls/refusal.js';
import { type InferLimits, replyTooLarge } from '../../calls/reply-limit.js';
import { TURN_STEPS, type Turns } from '../../calls/turns.js';
import { requireModel, type ServedModel } from '../../models/served-model.js';
import { describePaths } from './decision-paths.js';
import { type InputRows, readInputRows, sliceRows } from './input-rows.js';
import { defaultOutputs, type OutputName, outputNames } from './metadata.js';
import { hasParameters, requireKnownParameters } from './parameters.js';

/** Inputs take a microsecond each before their values are looked at. */
const MANY_INPUTS = 4096;

/** What a question of a decision path takes: an object, and its text. */
const QUESTION_STEPS = 200;

/** Elements of an output between two looks at the turn. */
const PIECE = 16_384;

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
  turns: Turns,
): Promise<InferResult> {
  requireModel(served, request.model_name, request.model_version);
  if (hasParameters(request)) await requireKnownParameters(request, turns);
  const asked = chooseOutputs(request);
  const rows = await readInputRows(request, served.predictor, limits.maxBatchRows, turns);
  requireRoom(served, asked, rows.rowCount, limits);
  const leaves = await findLeaves(served, rows, turns);
  const outputs: OutputTensor[] = [];
  for (const name of asked) {
    outputs.push(
      name === 'decision_path'
        ? await describePaths(served.predictor, rows, limits, turns)
        : await makeOutput(served, name, leaves, turns),
    );
  }
  return { modelName: served.name, modelVersion: served.model.version, id: request.id, outputs };
}

/** Whether the work takes several turns. Nothing of the request is checked yet. */
export function isLong({ predictor }: ServedModel, { inputs, outputs }: ModelInferRequest): boolean {
  const { classCount, featureCount, longestWalk } = predictor;
  const hasPaths = outputs.some(({ name }) => name === 'decision_path');
  const [rowCount = 0] = inputs[0]?.shape ?? [];
  const walk = longestWalk * (hasPaths ? QUESTION_STEPS : 1);
  return inputs.length > MANY_INPUTS || rowCount * (walk + featureCount + classCount) > TURN_STEPS;
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
  const rowBytes = {
    label: served.longestLabelBytes + 4,
    class_index: 4,
    probabilities: served.labels.length * 8,
    leaf: 4,
    decision_path: 0,
  };
  const names = asked.includes('probabilities') ? served.classNamesBytes : 0;
  const bytes = names + rowCount * asked.reduce((sum, name) => sum + rowBytes[name], 0);
  if (bytes > limits.maxMessageBytes) throw replyTooLarge(limits);
}

async function findLeaves({ predictor }: ServedModel, input: InputRows, turns: Turns): Promise<Int32Array> {
  const { featureCount, longestWalk } = predictor;
  const { rowCount } = input;
  const leaves = new Int32Array(rowCount);
  const step = Math.max(1, Math.min(sliceRows(featureCount), Math.floor(TURN_STEPS / longestWalk)));
  for (let start = 0; start < rowCount; start += step) {
    const end = Math.min(start + step, rowCount);
    if (turns.spend((end - start) * (longestWalk + featureCount))) await turns.pause();
    predictor.leavesInto(input.slice(start, end), end - start, leaves.subarray(start, end));
  }
  return leaves;
}

async function makeOutput(
  served: ServedModel,
  name: Exclude<OutputName, 'decision_path'>,
  leaves: Int32Array,
  turns: Turns,
): Promise<OutputTensor> {
  const { classCount, classIndex, shares } = served.predictor;
  const rowCount = leaves.length;
  const shape = [rowCount];
  if (name === 'leaf') return { name, shape, datatype: 'INT32', values: leaves };
  if (name === 'class_index') {
    const values = new Int32Array(rowCount);
    await eachPiece(rowCount, 1, turns, (start, end) =>
      classesInto(values.subarray(start, end), leaves.subarray(start, end), classIndex),
    );
    return { name, shape, datatype: 'INT32', values };
  }
  if (name === 'label') {
    const values: Buffer[] = [];
    await eachPiece(rowCount, 1, turns, (start, end) => {
      for (let row = start; row < end; row++) values.push(served.labels[classIndex[leaves[row]]]);
    });
    return { name, shape, datatype: 'BYTES', values };
  }
  const values = new Float64Array(rowCount * classCount);
  await eachPiece(rowCount, classCount, turns, (start, end) => rowSharesInto(values, leaves, shares, start, end));
  return { name, shape: [rowCount, classCount], parameters: served.classNames, datatype: 'FP64', values };
}

// Loops of their own: one over what a closure holds takes a third more time, and map() ten times as much.

function classesInto(values: Int32Array, leaves: Int32Array, classIndex: Int32Array): void {
  for (let row = 0; row < leaves.length; row++) values[row] = classIndex[leaves[row]];
}

function rowSharesInto(
  values: Float64Array,
  leaves: Int32Array,
  shares: Float64Array,
  start: number,
  end: number,
): void {
  const classCount = values.length / leaves.length;
  for (let row = start, at = start * classCount; row < end; row++) {
    const from = leaves[row] * classCount;
    for (let k = 0; k < classCount; k++) values[at++] = shares[from + k];
  }
}

async function eachPiece(
  rowCount: number,
  rowSteps: number,
  turns: Turns,
  work: (start: number, end: number) => void,
): Promise<void> {
  const step = Math.max(1, Math.floor(PIECE / rowSteps));
  for (let start = 0; start < rowCount; start += step) {
    const end = Math.min(start + step, rowCount);
    if (turns.spend((end - start) * rowSteps)) await turns.pause();
    work(start, end);
  }
}
