import { UnavailableError } from '../ground/errors.js';
import { MAX_CLASSES } from '../ground/limits.js';
import { isText } from '../ground/options.js';
import { nameInWords, namesInWords, quote } from '../ground/quote.js';
import { CLASS_NAMES_PARAMETER } from '../protocol/extensions.js';
import type { InferTensor, ModelInferResponse } from '../protocol/messages.js';
import {
  checkIndices,
  checkLabels,
  checkLeaves,
  checkShares,
  checkWholeLabels,
  type Output,
  outOfRange,
} from './answer-ranges.js';
import { type AskedRows, readContributions } from './contributions.js';
import type { ClassShare, Contributions, PathStep, Prediction } from './prediction.js';
import { isInteger, readElements } from './tensor.js';

/** The outputs that make up a prediction, recognized by our names or by their shape. */
interface Answer {
  readonly rowCount: number;
  readonly version: string;
  readonly label?: Output | undefined;
  /** The texts of `label`, per row. */
  readonly labels?: readonly string[] | undefined;
  readonly classIndex?: Output | undefined;
  readonly probabilities?: Output | undefined;
  readonly path?: Output | undefined;
  /** Per row. */
  readonly contributions?: readonly Contributions[] | undefined;
  /** One per row and tree; not shown. */
  readonly leaf?: Output | undefined;
  /** Class labels in order, where the server tells them. */
  readonly classes?: readonly string[] | undefined;
}

/**
 * Answer → one prediction per row.
 *
 * @param explained the rows, where contributions of their features were asked for
 * @param server for messages, as in `localhost:50052`
 * @throws UnavailableError for an inconsistent answer
 */
export function readPredictions(
  response: ModelInferResponse,
  rowCount: number,
  server: string,
  explained?: AskedRows,
): Prediction[] {
  const outputs = response.outputs.map((tensor, i) => readOutput(response, tensor, i, rowCount, server));
  const told = outputs.find(({ tensor }) => tensor.name === 'contributions');
  // They are no probabilities, wherever they come from.
  const others = outputs.filter((output) => output !== told);
  const contributions = told && explained && readContributions(told, explained, server);
  const answer = { ...findOutputs(others, rowCount, response.model_version, server), contributions };
  if (!answer.label && !answer.classIndex && !answer.probabilities) {
    const found = namesInWords(outputs.map(({ tensor }) => `${tensor.name} ${tensor.datatype}`)) || 'nothing';
    throw new UnavailableError(`${server}: expected a label, a class index or probabilities per row, found ${found}`);
  }
  checkRanges(answer, server);
  return Array.from({ length: rowCount }, (_, row) => prediction(answer, row, server));
}

function readOutput(
  response: ModelInferResponse,
  tensor: InferTensor,
  index: number,
  rowCount: number,
  server: string,
): Output {
  // Raw answers have one entry per output, in their order.
  const raw =
    response.raw_output_contents.length > 0 ? (response.raw_output_contents[index] ?? Buffer.alloc(0)) : undefined;
  const elements = readElements(tensor.datatype, tensor.contents, raw);
  const expected = tensor.shape.reduce((product, size) => product * size, 1);
  const known = tensor.shape.every((size) => size >= 0);
  if (known && elements?.length === expected && expected % rowCount === 0) return { tensor, elements };
  const found = elements === undefined ? 'other bytes' : `${elements.length} elements`;
  const shape = `${nameInWords(tensor.datatype)} [${tensor.shape.slice(0, 8).join(', ')}]`;
  throw new UnavailableError(
    `${server}: output ${nameInWords(tensor.name)}: expected ${shape} for ${rowCount} rows, found ${found}`,
  );
}

function findOutputs(outputs: readonly Output[], rowCount: number, version: string, server: string): Answer {
  const named = (name: string, fits: (output: Output) => boolean) =>
    outputs.find((output) => output.tensor.name === name && fits(output));
  const isTextPerRow = ({ elements, tensor }: Output) => tensor.datatype === 'BYTES' && elements.length === rowCount;
  const isIntegerPerRow = ({ elements, tensor }: Output) => isInteger(tensor.datatype) && elements.length === rowCount;
  const path = named('decision_path', isTextPerRow);
  const leaf = named('leaf', ({ tensor }) => isInteger(tensor.datatype));
  const others = outputs.filter((output) => output !== path && output !== leaf);
  const probabilities =
    named('probabilities', ({ tensor }) => tensor.datatype !== 'BYTES') ??
    outputs.find(({ tensor, elements }) => tensor.datatype.startsWith('FP') && elements.length > rowCount);
  const label = named('label', isTextPerRow) ?? others.find(isTextPerRow);
  const classes = probabilities && classNames(probabilities, server);
  const isOfClass = classes !== undefined && label?.tensor.name === 'label';
  return {
    rowCount,
    version,
    path,
    leaf,
    probabilities,
    // A label among the classes has its own index, so another number is none.
    classIndex: named('class_index', isIntegerPerRow) ?? (isOfClass ? undefined : others.find(isIntegerPerRow)),
    label,
    labels: label && Array.from({ length: rowCount }, (_, row) => text(label, row)),
    classes,
  };
}

/** An output of another name than ours may be anything that has its form; if there are shares, an index must match them. */
function checkRanges(answer: Answer, server: string): void {
  const { classes, classIndex, label, labels, leaf, probabilities, rowCount } = answer;
  if (probabilities) checkShares(probabilities, rowCount, classes?.length, server);
  if (leaf) checkLeaves(leaf, rowCount, server);
  const classCount = probabilities && probabilities.elements.length / rowCount;
  if (classIndex && (classCount !== undefined || classIndex.tensor.name === 'class_index')) {
    checkIndices(classIndex, 'a class index', classCount ?? MAX_CLASSES, server);
  } else if (classIndex) checkWholeLabels(classIndex, server);
  if (classes && labels && label?.tensor.name === 'label') {
    checkLabels(label, labels, classes, classIndex?.tensor.name === 'class_index' ? classIndex : undefined, server);
  }
}

/**
 * Undefined where the parameter is written in another way than ours, as that of another server may be.
 *
 * @throws UnavailableError for JSON that is no array of different names
 */
function classNames(output: Output, server: string): string[] | undefined {
  const text = output.tensor.parameters?.[CLASS_NAMES_PARAMETER]?.string_param;
  const found = text ? parsedJson(text) : undefined;
  if (found === undefined) return undefined;
  if (Array.isArray(found) && found.every((name) => isText(name) || typeof name === 'number')) {
    const names = found.map(String);
    if (new Set(names).size === names.length) return names;
  }
  throw outOfRange(output, undefined, 'class names, an array of different texts', quote(text!), server);
}

/** Undefined where it is none. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // RangeError: nested too deep.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function prediction(answer: Answer, row: number, server: string): Prediction {
  const { classes, version } = answer;
  const probabilities = shares(answer, row);
  const told = answer.classIndex && Number(answer.classIndex.elements[row]);
  const label = answer.labels?.[row];
  const best = probabilities.length === 0 ? undefined : argmax(probabilities);
  const index = told ?? (label === undefined ? best : classes?.indexOf(label));
  return {
    label: label ?? classes?.[index!] ?? String(index),
    classIndex: index === undefined || index < 0 ? null : index,
    probabilities,
    ...(answer.path ? { path: pathSteps(answer.path, row, server) } : {}),
    ...(answer.contributions && { contributions: answer.contributions[row]! }),
    modelVersion: version,
  };
}

/** @throws UnavailableError for a text that is not a path */
function pathSteps(output: Output, row: number, server: string): PathStep[] {
  const json = text(output, row);
  const steps = parsedJson(json);
  if (Array.isArray(steps) && steps.every(isStep)) return steps;
  throw outOfRange(output, row, 'a JSON array of decisions', quote(json), server);
}

function isStep(step: unknown): step is PathStep {
  if (typeof step !== 'object' || step === null) return false;
  const { categories, feature, samples, threshold, value, wentLeft, words } = step as Record<string, unknown>;
  return (
    typeof feature === 'string' &&
    typeof wentLeft === 'boolean' &&
    Number.isFinite(samples) &&
    (samples as number) >= 0 &&
    (words === undefined || typeof words === 'string') &&
    (value === null || Number.isFinite(value) || typeof value === 'string') &&
    (Number.isFinite(threshold) || (Array.isArray(categories) && categories.every((name) => typeof name === 'string')))
  );
}

function shares({ classes, probabilities, rowCount }: Answer, row: number): ClassShare[] {
  if (!probabilities) return [];
  const width = probabilities.elements.length / rowCount;
  return Array.from({ length: width }, (_, i) => ({
    class: classes?.[i] ?? String(i),
    share: Number(probabilities.elements[row * width + i]),
  }));
}

function text({ elements }: Output, row: number): string {
  return Buffer.from(elements[row] as Uint8Array).toString('utf8');
}

/** The first of the largest. */
function argmax(shares: readonly ClassShare[]): number {
  let best = 0;
  for (let i = 1; i < shares.length; i++) if (shares[i]!.share > shares[best]!.share) best = i;
  return best;
}
