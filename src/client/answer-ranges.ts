import { UnavailableError } from '../ground/errors.js';
import { MAX_CLASSES } from '../ground/limits.js';
import { nameInWords, quote } from '../ground/quote.js';
import type { InferTensor } from '../protocol/messages.js';
import type { Elements } from './tensor.js';

/** Checks that every value in a server's answer is within its range; else an UnavailableError. */

export interface Output {
  readonly tensor: InferTensor;
  readonly elements: Elements;
}

/** Shares rounded to 32 bits may exceed 1 by this much. */
const ROUNDING = 1e-6;
/** A share with two decimals may be this far from the exact one. */
const DECIMALS_ROUNDING = 0.005;

/** The output that is known by its name to be shares of classes; scores of any other name need not sum to 1. */
const SHARES_NAME = 'probabilities';

/**
 * Checks that there is one share per class, each from 0 to 1, and that they sum to 1.
 *
 * @param classCount undefined where the server does not name its classes
 * @param server for messages, as in `localhost:50052`
 */
export function checkShares(output: Output, rowCount: number, classCount: number | undefined, server: string): void {
  const { elements } = output;
  const width = elements.length / rowCount;
  const expected = classCount === undefined ? `1 to ${MAX_CLASSES} shares` : `${classCount} shares, one per class`;
  const isEach = classCount === undefined ? width <= MAX_CLASSES : width === classCount;
  if (width < 1 || !isEach) {
    throw outOfRange(output, undefined, `${expected}, for each row`, width, server);
  }
  for (let at = 0; at < elements.length; at++) {
    const share = Number(elements[at]);
    if (share >= 0 && share <= 1 + ROUNDING) continue;
    throw outOfRange(output, Math.floor(at / width), 'a share from 0 to 1', share, server);
  }
  // One share alone may be that of one class of two.
  if (output.tensor.name === SHARES_NAME && width > 1) checkSums(output, rowCount, server);
}

function checkSums(output: Output, rowCount: number, server: string): void {
  const { elements } = output;
  const width = elements.length / rowCount;
  for (let row = 0, at = 0; row < rowCount; row++) {
    let sum = 0;
    for (const end = at + width; at < end; at++) sum += Number(elements[at]);
    if (Math.abs(sum - 1) <= ROUNDING + width * DECIMALS_ROUNDING) continue;
    throw outOfRange(output, row, 'shares that sum to 1', sum, server);
  }
}

/**
 * Checks that every label is one of the classes, and that of its index where there is one.
 *
 * @param texts per row
 * @param classIndex checked already
 */
export function checkLabels(
  output: Output,
  texts: readonly string[],
  classes: readonly string[],
  classIndex: Output | undefined,
  server: string,
): void {
  const known = new Set(classes);
  for (const [row, text] of texts.entries()) {
    if (!known.has(text))
      throw outOfRange(output, row, 'one of the classes that the server names', quote(text), server);
    const index = classIndex && Number(classIndex.elements[row]);
    if (index === undefined || classes[index] === text) continue;
    const expected = `${quote(classes[index]!)}, the class of index ${index}`;
    throw outOfRange(output, row, expected, quote(text), server);
  }
}

/** Whole numbers that stand for labels: a double holds them exactly. */
export function checkWholeLabels(output: Output, server: string): void {
  const { elements } = output;
  for (let row = 0; row < elements.length; row++) {
    const found = Number(elements[row]);
    if (Number.isSafeInteger(found)) continue;
    const most = Number.MAX_SAFE_INTEGER;
    throw outOfRange(output, row, `a whole number from -${most} to ${most}`, found, server);
  }
}

/** @param count number of things that the elements index */
export function checkIndices(output: Output, what: string, count: number, server: string): void {
  const { elements } = output;
  for (let row = 0; row < elements.length; row++) {
    const index = Number(elements[row]);
    if (Number.isInteger(index) && index >= 0 && index < count) continue;
    throw outOfRange(output, row, `${what} from 0 to ${count - 1}`, index, server);
  }
}

export function checkLeaves(output: Output, rowCount: number, server: string): void {
  const { elements } = output;
  for (let at = 0; at < elements.length; at++) {
    const leaf = Number(elements[at]);
    if (Number.isInteger(leaf) && leaf >= 0) continue;
    throw outOfRange(output, Math.floor((at * rowCount) / elements.length), 'a leaf from 0', leaf, server);
  }
}

export function outOfRange(
  { tensor }: Output,
  row: number | undefined,
  expected: string,
  found: number | string,
  server: string,
): UnavailableError {
  const place = `output ${nameInWords(tensor.name)}: ${row === undefined ? '' : `row ${row}: `}`;
  return new UnavailableError(`${server}: ${place}expected ${expected}, found ${found}`);
}
