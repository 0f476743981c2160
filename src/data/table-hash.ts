import { createHash } from 'node:crypto';
import type { Dataset } from './dataset.js';
import { byName, HASH_BYTES, type RowHashes, writeHex } from './row-hash.js';

/** Name and version of the rule below, as an artifact records it. */
export const TABLE_HASH = 'rows/2';

/** Gathered before they are hashed. */
const LINES_PER_PIECE = 1 << 11;
/** Of a hash in hex, and a line feed. */
const LINE_BYTES = 2 * HASH_BYTES + 1;
const LINE_FEED = 10;

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
  const bytes = new Uint8Array(LINES_PER_PIECE * HASH_BYTES);
  const words = new Uint32Array(bytes.buffer);
  const lines = new Uint8Array(LINES_PER_PIECE * LINE_BYTES);
  const { order } = hashes;
  for (let start = 0; start < order.length; start += LINES_PER_PIECE) {
    const rows = order.subarray(start, start + LINES_PER_PIECE);
    hashes.gather(rows, words);
    writeLines(bytes, rows.length, lines);
    sha256.update(lines.subarray(0, rows.length * LINE_BYTES));
    yield;
  }
  return sha256.digest('hex');
}

/** Each hash in lower-case hex, and a line feed. */
function writeLines(bytes: Uint8Array, count: number, lines: Uint8Array): void {
  for (let line = 0, end = 0; line < count; line++) {
    writeHex(bytes, line * HASH_BYTES, lines, end);
    end += LINE_BYTES;
    lines[end - 1] = LINE_FEED;
  }
}
