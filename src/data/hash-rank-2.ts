import { hash } from 'node:crypto';
import type { Ranks } from './ranks.js';
import { HASH_BYTES, type RowHashes, writeHex } from './row-hash.js';

/**
 * The ranks of hash-rank/2. The rank of a row is the first 16 hex digits of the SHA-256 of the text
 * `<seed>:<row hash>:<n>`: the seed in decimal, the hash of rows/2 (see `RowHashes`) in lower-case hex, and in decimal
 * how many equal rows come before this one, so that equal rows rank apart. Which of them is which does not matter: they
 * are equal. As text, ranks have the order of the numbers that they are.
 *
 * In PostgreSQL, with the row hashes in a column h of hex text:
 *
 *     substr(encode(sha256(convert_to('0:' || h || ':' || row_number() OVER (PARTITION BY h) - 1, 'UTF8')), 'hex'), 1, 16)
 *
 * @param seed an integer in [0, 2^53)
 * @param earlier per row, how many equal rows come before it
 */
export function hashRank2(hashes: RowHashes, seed: number, earlier = hashes.countEarlier()): Ranks {
  const high = new Uint32Array(hashes.rowCount);
  const low = new Uint32Array(hashes.rowCount);
  const { bytes, rowCount } = hashes;
  const prefix = `${seed}:`;
  // Of nearly all rows; to make a string for each takes as long as to hash it.
  const first = Buffer.from(`${prefix}${hashes.hex(0)}:0`);
  for (let row = 0; row < rowCount; row++) {
    let text: string | Buffer = first;
    if (earlier[row] === 0) writeHex(bytes, row * HASH_BYTES, first, prefix.length);
    else text = `${prefix}${hashes.hex(row)}:${earlier[row]}`;
    // One character per byte.
    const digest = hash('sha256', text, 'binary');
    high[row] = wordAt(digest, 0);
    low[row] = wordAt(digest, 4);
  }
  return { high, low };
}

function wordAt(bytes: string, at: number): number {
  const upper = (bytes.charCodeAt(at) << 8) | bytes.charCodeAt(at + 1);
  return ((upper << 16) | (bytes.charCodeAt(at + 2) << 8) | bytes.charCodeAt(at + 3)) >>> 0;
}

/** A rank as 16 hex digits. */
export function rankText({ high, low }: Ranks, row: number): string {
  return [high[row]!, low[row]!].map((word) => word.toString(16).padStart(8, '0')).join('');
}
