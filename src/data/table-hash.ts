import { createHash } from 'node:crypto';
import type { Dataset } from './dataset.js';
import { byName, LINE_BYTES, type RowHashes } from './row-hash.js';

/** Name and version of the rule below, as an artifact records it. */
export const TABLE_HASH = 'rows/2';

/** Gathered before they are hashed. */
const LINES_PER_PIECE = 1 << 11;

type NamedColumns = Pick<Dataset, 'features' | 'target'>;

/**
 * The hash of a table by rows/2: the SHA-256, in lower-case hex, of lines of UTF-8 text that each end in LF:
 *
 * 1. `rows/2`;
 * 2. per feature, in the order of their names by code point, `number` or `category`, a space, and the name as JSON
 *    (RFC 8785: the shortest escapes, everything else as it is);
 * 3. `class`, a space, and the name of the target as JSON;
 * 4. per row, its hash (see `RowHashes`) in lower-case hex, in ascending order; equal rows have equal lines.
 *
 * The order of rows and columns does not matter, nor does the format of the table; each value, name and kind does, and
 * so does how often a row is there. Two tables share a hash with the chance that two rows do.
 *
 * @param hashes those of the dataset's rows
 */
export function tableSha256(table: NamedColumns, hashes: RowHashes): string {
  const steps = tableHashSteps(table, hashes);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The same, some rows at a time. */
export function* tableHashSteps({ features, target }: NamedColumns, hashes: RowHashes): Generator<void, string> {
  const sha256 = createHash('sha256');
  let head = `${TABLE_HASH}\n`;
  for (const { kind, name } of byName(features)) head += `${kind} ${JSON.stringify(name)}\n`;
  head += `class ${JSON.stringify(target)}\n`;
  sha256.update(head);
  const lines = new Uint8Array(LINES_PER_PIECE * LINE_BYTES);
  let end = 0;
  const { order } = hashes;
  // By index: an iterator makes an object for each row, until V8 has compiled the loop.
  for (let i = 0; i < order.length; i++) {
    hashes.writeLine(order[i]!, lines, end);
    end += LINE_BYTES;
    if (end < lines.length) continue;
    sha256.update(lines);
    end = 0;
    yield;
  }
  return sha256.update(lines.subarray(0, end)).digest('hex');
}
