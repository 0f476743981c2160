import type { Answers, Classifier } from '../../../model/classifier.js';
import { contributionsSize } from '../../../model/contributions.js';
import type { InferResult, OutputTensor } from '../../../protocol/infer-response-codec.js';
import type { ModelInferRequest } from '../../../protocol/messages.js';
import { quote, Violations } from '../../calls/refusal.js';
import { type InferLimits, replyTooLarge } from '../../calls/reply-limit.js';
import { QUESTION_STEPS, TURN_STEPS, type Turns } from '../../calls/turns.js';
import { Inference } from '../../models/model-statistics.js';
import type { ServedModel } from '../../models/served-model.js';
import { CLASS_BYTES, classify } from './classification.js';
import { describeContributions } from './contributions.js';
import { describePaths } from './decision-paths.js';
import { type InputRows, readInputRows, sliceRows } from './input-rows.js';
import { absenceOf, defaultOutputsOf, type OutputName, outputNamesOf } from './metadata.js';
import { classCountOf, hasParameters, requireKnownParameters } from './parameters.js';

/** Inputs take a microsecond each before their values are looked at. */
const MANY_INPUTS = 4096;

/** Steps that a node takes, about, while contributions are computed. */
const CONTRIBUTION_STEPS = 30;

/** Elements of an output between two checks of the turn. */
const PIECE = 16_384;

/**
 * Answers a request of the Open Inference Protocol, for every transport. One model answers all of it.
 *
 * @param served the model that the request names
 * @throws RequestError with the paths of the fields that are wrong
 * @throws Refusal when the reply would be too large
 */
export async function infer(
  served: ServedModel,
  request: ModelInferRequest,
  limits: InferLimits,
  turns: Turns,
  inference: Inference,
): Promise<InferResult> {
  inference.of(served.statistics);
  if (hasParameters(request)) await requireKnownParameters(request, turns);
  const asked = chooseOutputs(request, served);
  const { classifier } = served;
  const rows = await readInputRows(request, classifier, limits.maxBatchRows, turns);
  inference.haveRead(rows.rowCount);
  const classCount = countClasses(request, served);
  requireRoom(served, asked, rows.rowCount, classCount, limits);
  turns.begin('predict');
  const answers = await answerRows(classifier, asked, rows, turns);
  inference.haveInferred();
  turns.begin('encode');
  const outputs: OutputTensor[] = [];
  for (const name of asked) {
    outputs.push(
      name === 'decision_path'
        ? await describePaths(classifier.explainer!, rows, limits, turns)
        : name === 'contributions'
          ? await describeContributions(classifier, rows, turns)
          : name === 'probabilities' && classCount !== undefined
            ? await classify(served, answers.shares!, rows.rowCount, classCount, turns)
            : await makeOutput(served, name, rows.rowCount, answers, turns),
    );
  }
  return { modelName: served.name, modelVersion: served.model.version, id: request.id, outputs };
}

/** Counts an inference: how it ended, and how long its parts took. */
export async function counted<T>(work: (inference: Inference) => Promise<T>): Promise<T> {
  const inference = new Inference();
  try {
    const reply = await work(inference);
    inference.succeed();
    return reply;
  } catch (error) {
    inference.fail();
    throw error;
  }
}

/** Whether the work takes several turns. Nothing of the request is checked yet. */
export function isLong({ classifier }: ServedModel, { inputs, outputs }: ModelInferRequest): boolean {
  const { classes, features, longestWalk } = classifier;
  const isAsked = (output: OutputName) => outputs.some(({ name }) => name === output);
  const [rowCount = 0] = inputs[0]?.shape ?? [];
  const contributions = isAsked('contributions') ? classifier.contributions.nodeCount * CONTRIBUTION_STEPS : 0;
  const walk = longestWalk * (isAsked('decision_path') ? QUESTION_STEPS : 1) + contributions;
  return inputs.length > MANY_INPUTS || rowCount * (walk + features.length + classes.length) > TURN_STEPS;
}

function chooseOutputs({ outputs }: ModelInferRequest, served: ServedModel): readonly OutputName[] {
  if (outputs.length === 0) return defaultOutputsOf(served);
  const outputNames = outputNamesOf(served);
  const violations = new Violations();
  const chosen = new Set<OutputName>();
  for (const [index, { name }] of outputs.entries()) {
    const known = outputNames.find((output) => output === name);
    if (!known) violations.add(`outputs[${index}].name`, absentOutput(served, name, outputNames));
    else if (chosen.has(known))
      violations.add(`outputs[${index}].name`, `expected each output once, found ${name} again`);
    else chosen.add(known);
  }
  violations.throwIfAny();
  return [...chosen];
}

function absentOutput(served: ServedModel, name: string, outputNames: readonly string[]): string {
  const absence = absenceOf(served, name);
  return `expected ${outputNames.join(', ')}, found ${quote(name)}${absence === null ? '' : `: ${absence}`}`;
}

/** @returns how many classes are asked for in place of probabilities; undefined for the shares of all */
function countClasses({ outputs }: ModelInferRequest, { labels }: ServedModel): number | undefined {
  const asked = outputs.find(({ name }) => name === 'probabilities');
  const count = asked && classCountOf(asked);
  return count && Math.min(count, labels.length);
}

/** Checks the size of the reply before the work: of everything but the paths. */
function requireRoom(
  served: ServedModel,
  asked: readonly OutputName[],
  rowCount: number,
  classCount: number | undefined,
  limits: InferLimits,
): void {
  const { contributions, features } = served.classifier;
  const rowBytes = {
    label: served.longestLabelBytes + 4,
    class_index: 4,
    probabilities:
      classCount === undefined ? served.labels.length * 8 : classCount * (served.longestLabelBytes + CLASS_BYTES),
    leaf: 4 * served.classifier.treeCount,
    decision_path: 0,
    contributions: 8 * contributionsSize(contributions, features.length),
  };
  const named = asked.filter((name) => name === 'probabilities' || name === 'contributions');
  const names = named.length * served.classNamesBytes;
  const bytes = names + rowCount * asked.reduce((sum, name) => sum + rowBytes[name], 0);
  if (bytes > limits.maxMessageBytes) throw replyTooLarge(limits);
}

/** What the outputs need, in one walk. */
async function answerRows(
  classifier: Classifier,
  asked: readonly OutputName[],
  input: InputRows,
  turns: Turns,
): Promise<Answers> {
  const { classes, features, longestWalk, treeCount } = classifier;
  const { rowCount } = input;
  const withLabels = asked.includes('label') || asked.includes('class_index');
  const labels = withLabels ? new Int32Array(rowCount) : undefined;
  const leaves = asked.includes('leaf') ? new Int32Array(rowCount * treeCount) : undefined;
  const shares = asked.includes('probabilities') ? new Float64Array(rowCount * classes.length) : undefined;
  // Explanations walk by themselves.
  if (labels === undefined && leaves === undefined && shares === undefined) return {};
  const rowSteps = longestWalk + (shares === undefined ? 0 : classes.length);
  const step = Math.max(1, Math.min(sliceRows(features.length), Math.floor(TURN_STEPS / rowSteps)));
  for (let start = 0; start < rowCount; start += step) {
    const end = Math.min(start + step, rowCount);
    if (turns.spend((end - start) * (rowSteps + features.length))) await turns.pause();
    classifier.answerInto(input.slice(start, end), end - start, {
      labels: labels?.subarray(start, end),
      leaves: leaves?.subarray(start * treeCount, end * treeCount),
      shares: shares?.subarray(start * classes.length, end * classes.length),
    });
  }
  return { labels, leaves, shares };
}

async function makeOutput(
  served: ServedModel,
  name: Exclude<OutputName, 'decision_path' | 'contributions'>,
  rowCount: number,
  { labels, leaves, shares }: Answers,
  turns: Turns,
): Promise<OutputTensor> {
  const { classes, treeCount } = served.classifier;
  const shape = [rowCount];
  if (name === 'leaf') {
    return { name, shape: treeCount === 1 ? shape : [rowCount, treeCount], datatype: 'INT32', values: leaves! };
  }
  if (name === 'class_index') return { name, shape, datatype: 'INT32', values: labels! };
  if (name === 'probabilities') {
    const parameters = served.classNames;
    return { name, shape: [rowCount, classes.length], parameters, datatype: 'FP64', values: shares! };
  }
  const values: Buffer[] = [];
  await eachPiece(rowCount, turns, (start, end) => {
    for (let row = start; row < end; row++) values.push(served.labels[labels![row]]);
  });
  return { name, shape, datatype: 'BYTES', values };
}

async function eachPiece(rowCount: number, turns: Turns, work: (start: number, end: number) => void): Promise<void> {
  for (let start = 0; start < rowCount; start += PIECE) {
    const end = Math.min(start + PIECE, rowCount);
    if (turns.spend(end - start)) await turns.pause();
    work(start, end);
  }
}
