import { DataError } from '../../ground/errors.js';
import { nameInWords } from '../../ground/quote.js';
import type { TypedChunk, Values } from '../typed/result.js';
import type { PostgresColumn } from './column-types.js';

/** What a COPY in binary begins with: a signature of 11 bytes, flags, and the length of an extension. */
const HEADER_BYTES = 19;
const END_OF_ROWS = -1;
const MISSING = -1;
/** Rows of a chunk. */
const CHUNK_ROWS = 1 << 14;

/**
 * Rows of a COPY in the binary format, in chunks of typed columns.
 * @see https://www.postgresql.org/docs/current/sql-copy.html
 */
export class CopyReader {
  readonly #columns: readonly PostgresColumn[];
  readonly #source: string;
  #rest: Buffer = Buffer.alloc(0);
  #isBegun = false;
  #isEnded = false;
  #values: (Float64Array | unknown[])[];
  #rowCount = 0;
  /** Rows of earlier chunks. */
  #before = 0;

  /** @param columns those that were asked for, in this order */
  constructor(columns: readonly PostgresColumn[], source: string) {
    this.#columns = columns;
    this.#source = source;
    this.#values = this.#empty();
  }

  /** @returns the chunks that are full */
  *push(piece: Buffer): Generator<TypedChunk> {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let at = 0;
    if (!this.#isBegun) {
      if (bytes.length < HEADER_BYTES) {
        this.#rest = bytes;
        return;
      }
      this.#isBegun = true;
      at = HEADER_BYTES;
    }
    while (!this.#isEnded) {
      const end = rowEnd(bytes, at);
      if (end === undefined) break;
      if (bytes.readInt16BE(at) === END_OF_ROWS) this.#isEnded = true;
      else this.#readRow(bytes, at);
      at = end;
      if (this.#rowCount === CHUNK_ROWS) yield this.#take();
    }
    this.#rest = bytes.subarray(at);
  }

  /** The rows that are left. @throws DataError where the end is missing */
  *finish(): Generator<TypedChunk> {
    if (!this.#isEnded) throw new DataError('syntax', `${this.#source}: expected the end of the rows, found none`);
    if (this.#rowCount > 0) yield this.#take();
  }

  #readRow(bytes: Buffer, start: number): void {
    let at = start + 2;
    for (const [i, column] of this.#columns.entries()) {
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length === MISSING) this.#values[i]![this.#rowCount] = Number.NaN;
      else {
        this.#values[i]![this.#rowCount] = this.#read(column, bytes, at, at + length);
        at += length;
      }
    }
    this.#rowCount++;
  }

  #read({ name, read, type }: PostgresColumn, bytes: Buffer, start: number, end: number): unknown {
    try {
      return read(bytes, start, end) ?? Number.NaN;
    } catch (cause) {
      const row = this.#before + this.#rowCount + 1;
      const where = `${this.#source}: row ${row}: ${nameInWords(name)}`;
      const found = (cause as Error).message;
      throw new DataError('encoding', `${where}: expected a value of ${type.kind}, found ${found}`, { cause });
    }
  }

  #take(): TypedChunk {
    const [rowCount, values] = [this.#rowCount, this.#values];
    this.#before += rowCount;
    this.#rowCount = 0;
    this.#values = this.#empty();
    return { rowCount, values: (column): Values => values[column]! };
  }

  #empty(): (Float64Array | unknown[])[] {
    return this.#columns.map(({ type }) =>
      type.kind === 'number' || type.kind === 'float32' ? new Float64Array(CHUNK_ROWS) : [],
    );
  }
}

/** Undefined where the row goes on beyond the bytes. */
function rowEnd(bytes: Buffer, start: number): number | undefined {
  if (start + 2 > bytes.length) return undefined;
  let at = start + 2;
  for (let fields = bytes.readInt16BE(start); fields > 0; fields--) {
    if (at + 4 > bytes.length) return undefined;
    at += 4 + Math.max(0, bytes.readInt32BE(at));
  }
  return at <= bytes.length ? at : undefined;
}
