import type { OutputTensor } from '../../../protocol/infer-response-codec.js';
import type { Turns } from '../../calls/turns.js';
import type { ServedModel } from '../../models/served-model.js';

/** Bytes of a class beside its label: its length on the wire, six decimals, an index, two colons. */
export const CLASS_BYTES = 4 + 8 + 5 + 2;

/** Steps to compare two shares while they are sorted, and to make a text. */
const COMPARISON_STEPS = 8;
const TEXT_STEPS = 60;

/**
 * Triton's extension `classification`: the most probable classes of each row as `share:index:label`, the first of equal ones
 * first. It writes a share as C++'s `std::to_string` does.
 *
 * @param shares one per row and class, row-major
 * @param count classes of each row, at most all
 */
export async function classify(
  { labels }: ServedModel,
  shares: Float64Array,
  rowCount: number,
  count: number,
  turns: Turns,
): Promise<OutputTensor> {
  const values: Buffer[] = [];
  const width = labels.length;
  const rowSteps = width * Math.ceil(Math.log2(width + 1)) * COMPARISON_STEPS + count * TEXT_STEPS;
  for (let row = 0; row < rowCount; row++) {
    if (turns.spend(rowSteps)) await turns.pause();
    const own = shares.subarray(row * width, (row + 1) * width);
    const order = Array.from(own.keys()).sort((a, b) => own[b] - own[a] || a - b);
    for (const index of order.slice(0, count)) {
      values.push(Buffer.concat([Buffer.from(`${sixDecimals(own[index])}:${index}:`), labels[index]]));
    }
  }
  return { name: 'probabilities', shape: [rowCount, count], datatype: 'BYTES', values };
}

/**
 * A share as `printf("%f")` writes it. A number in the middle of two has an even last digit there, and a larger one from
 * `toFixed`: multiples of 1/128 are the only ones.
 */
export function sixDecimals(share: number): string {
  const isBetween = Number.isInteger(share * 128) && !Number.isInteger(share * 64);
  if (!isBetween) return share.toFixed(6);
  const below = Math.floor(share * 1e6);
  return ((below % 2 === 0 ? below : below + 1) / 1e6).toFixed(6);
}
