import { plural } from '../ground/quote.js';
import type { RowHashes } from './row-hash.js';

/** Up to this share of copies the figures of a model are not worth a word. */
const FEW = 0.01;

/** How many of the rows have a copy, another row with the same values and class, among the others. */
export function countCopies(hashes: RowHashes, rows: Uint32Array, others: Uint32Array): number {
  if (rows.length === 0 || others.length === 0) return 0;
  const isAsked = marksOf(hashes, rows);
  const isOther = marksOf(hashes, others);
  const { order } = hashes;
  let copies = 0;
  for (let start = 0, end = 1; start < order.length; start = end++) {
    while (end < order.length && hashes.areEqual(order[start]!, order[end]!)) end++;
    if (end - start === 1) continue;
    const equal = order.subarray(start, end);
    const found = equal.reduce((count, row) => count + isOther[row]!, 0);
    for (const row of equal) if (isAsked[row] && found > isOther[row]!) copies++;
  }
  return copies;
}

/**
 * What a person should know of copies among rows that a model is scored on; undefined where they are few.
 * @param where they are, as in `among the training rows`
 */
export function copiesInWords(copies: number, rowCount: number, kind: string, where: string): string | undefined {
  if (copies <= FEW * rowCount) return undefined;
  const have = copies === 1 ? 'has' : 'have';
  return `${copies} of ${plural(rowCount, kind)} ${have} a copy ${where}: the figures flatter the model, unless new rows are such copies too`;
}

function marksOf({ rowCount }: RowHashes, rows: Uint32Array): Uint8Array {
  const marks = new Uint8Array(rowCount);
  for (let i = 0; i < rows.length; i++) marks[rows[i]!] = 1;
  return marks;
}
