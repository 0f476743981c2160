import { UnavailableError } from '../ground/errors.js';
import { MAX_CLASSES } from '../ground/limits.js';
import { nameInWords } from '../ground/quote.js';
import type { InferTensor } from '../protocol/messages.js';
import type { Elements } from './tensor.js';

/** Checks that every value in a server's answer is within its range; else an UnavailableError. */

export interface Output {
  readonly tensor: InferTensor;
  readonly elements: Elements;
}

/** Shares rounded to 32 bits may exceed 1 by this much. */
const ROUNDING = 1e-6;

/**
 * Checks that there is one share per class, each from 0 to 1.
 *
 * @param classCount undefined where the server does not name its classes
 * @param server for messages, as in `localhost:50052`
 */
export function checkShares(output: Output, rowCount: number, classCount: number | undefined, server: string): void {
  const { elements } = output;
  const width = elements.length / rowCount;
  const expected = classCount === undefined ? `at most ${MAX_CLASSES} shares` : `${classCount} shares, one per class`;
  if (classCount === undefined ? width > MAX_CLASSES : width !== classCount) {
    throw outOfRange(output, undefined, `${expected}, for each row`, width, server);
  }
  for (let at = 0; at < elements.length; at++) {
    const share = Number(elements[at]);
    if (share >= 0 && share <= 1 + ROUNDING) continue;
    throw outOfRange(output, Math.floor(at / width), 'a share from 0 to 1', share, server);
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

function outOfRange(
  { tensor }: Output,
  row: number | undefined,
  expected: string,
  found: number,
  server: string,
): UnavailableError {
  const place = `output ${nameInWords(tensor.name)}: ${row === undefined ? '' : `row ${row}: `}`;
  return new UnavailableError(`${server}: ${place}expected ${expected}, found ${found}`);
}
