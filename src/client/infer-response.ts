import { UnavailableError } from '../ground/errors.js';
import { MAX_CLASSES } from '../ground/limits.js';
import { nameInWords, namesInWords } from '../ground/quote.js';
import { CLASS_NAMES_PARAMETER } from '../protocol/extensions.js';
import type { InferTensor, ModelInferResponse } from '../protocol/messages.js';
import { checkIndices, checkLeaves, checkShares, type Output } from './answer-ranges.js';
import type { ClassShare, PathStep, Prediction } from './prediction.js';
import { isInteger, readElements } from './tensor.js';

/** The outputs that make up a prediction, recognized by our names or by their shape. */
interface Answer {
  readonly rowCount: number;
  readonly version: string;
  readonly label?: Output | undefined;
  readonly classIndex?: Output | undefined;
  readonly probabilities?: Output | undefined;
  readonly path?: Output | undefined;
  /** One per row and tree; not shown. */
  readonly leaf?: Output | undefined;
  /** Class labels in order, where the server tells them. */
  readonly classes?: readonly string[] | undefined;
}

/**
 * Answer → one prediction per row.
 *
 * @param server for messages, as in `localhost:50052`
 * @throws UnavailableError for an inconsistent answer
 */
export function readPredictions(response: ModelInferResponse, rowCount: number, server: string): Prediction[] {
  const outputs = response.outputs.map((tensor, i) => readOutput(response, tensor, i, rowCount, server));
  const answer = findOutputs(outputs, rowCount, response.model_version);
  if (!answer.label && !answer.classIndex && !answer.probabilities) {
    const found = namesInWords(outputs.map(({ tensor }) => `${tensor.name} ${tensor.datatype}`)) || 'nothing';
    throw new UnavailableError(`${server}: expected a label, a class index or probabilities per row, found ${found}`);
  }
  checkRanges(answer, server);
  return Array.from({ length: rowCount }, (_, row) => prediction(answer, row));
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

function findOutputs(outputs: readonly Output[], rowCount: number, version: string): Answer {
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
  return {
    rowCount,
    version,
    path,
    leaf,
    probabilities,
    classIndex: named('class_index', isIntegerPerRow) ?? others.find(isIntegerPerRow),
    label: named('label', isTextPerRow) ?? others.find(isTextPerRow),
    classes: probabilities && classNames(probabilities.tensor),
  };
}

/** An integer output of another name than `class_index` may be any label; if there are shares, it must match them. */
function checkRanges({ classes, classIndex, leaf, probabilities, rowCount }: Answer, server: string): void {
  if (probabilities) checkShares(probabilities, rowCount, classes?.length, server);
  if (leaf) checkLeaves(leaf, rowCount, server);
  const classCount = probabilities && probabilities.elements.length / rowCount;
  if (classIndex && (classCount !== undefined || classIndex.tensor.name === 'class_index')) {
    checkIndices(classIndex, 'a class index', classCount ?? MAX_CLASSES, server);
  }
}

function classNames({ parameters }: InferTensor): string[] | undefined {
  const text = parameters?.[CLASS_NAMES_PARAMETER]?.string_param;
  if (!text) return undefined;
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) ? names.map(String) : undefined;
  } catch {
    return undefined;
  }
}

function prediction(answer: Answer, row: number): Prediction {
  const { classes, version } = answer;
  const probabilities = shares(answer, row);
  const told = answer.classIndex && Number(answer.classIndex.elements[row]);
  const label = answer.label && text(answer.label, row);
  const best = probabilities.length === 0 ? undefined : argmax(probabilities);
  const index = told ?? (label === undefined ? best : classes?.indexOf(label));
  return {
    label: label ?? classes?.[index!] ?? String(index),
    classIndex: index === undefined || index < 0 ? null : index,
    probabilities,
    ...(answer.path ? { path: pathSteps(text(answer.path, row)) } : {}),
    modelVersion: version,
  };
}

/** @throws UnavailableError for a text that is not a path */
function pathSteps(json: string): PathStep[] {
  try {
    const steps: unknown = JSON.parse(json);
    if (Array.isArray(steps) && steps.every(isStep)) return steps;
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof RangeError)) throw cause;
  }
  throw new UnavailableError('the server gave a decision_path that is none: expected a JSON array of decisions');
}

function isStep(step: unknown): step is PathStep {
  if (typeof step !== 'object' || step === null) return false;
  const { categories, feature, samples, threshold, value, wentLeft, words } = step as Record<string, unknown>;
  return (
    typeof feature === 'string' &&
    typeof wentLeft === 'boolean' &&
    typeof samples === 'number' &&
    (words === undefined || typeof words === 'string') &&
    (value === null || typeof value === 'number' || typeof value === 'string') &&
    (typeof threshold === 'number' ||
      (Array.isArray(categories) && categories.every((name) => typeof name === 'string')))
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
