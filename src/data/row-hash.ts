import { hash } from 'node:crypto';
import { compareCodePoints } from './cells.js';
import type { Dataset } from './dataset.js';
import { type HashedColumn, type HashRows, TOGETHER, withRowHasher } from './row-hasher.js';
import { sortRows } from './sort-rows.js';

/** Bytes of a row hash, and of a text in a row. */
export const HASH_BYTES = 16;
const NUMBER_BYTES = 8;
const HEX = Buffer.from('0123456789abcdef');
/** Cells of the rows that a thread takes at a time: less than a millisecond. */
const CELLS_PER_PIECE = 1 << 14;

/** The parts of a dataset that its hashes are over. */
export type HashedRows = Pick<Dataset, 'classes' | 'features' | 'labels' | 'rowCount'>;

/**
 * The row hash of rows/2: the first 128 bits of the SHA-256 of a row's bytes, which are its cells one after another,
 * the features in the order of their names (by code point), then the class. A cell is
 *
 * - a number: its 8 bytes as an IEEE 754 double, little-endian; -0 as 0, a missing value as 00 00 00 00 00 00 f8 7f;
 * - a category: the first 16 bytes of the SHA-256 of its text in UTF-8; 16 bytes 00 where it is missing, 16 bytes ff
 *   where it is none that the reader knew;
 * - the class: the first 16 bytes of the SHA-256 of its text in UTF-8.
 *
 * So it depends on nothing but names and values: not on the order of columns or rows, nor on the format that the table
 * came in, nor on what other rows hold. Any engine with SHA-256 and the bits of a double can compute it. In PostgreSQL,
 * for the features a (number) and b (category) and the class c, none missing:
 *
 *     substr(sha256(decode(regexp_replace(encode(float8send(a + 0), 'hex'), repeat('(..)', 8), '\8\7\6\5\4\3\2\1'), 'hex')
 *       || substr(sha256(convert_to(b, 'UTF8')), 1, 16) || substr(sha256(convert_to(c, 'UTF8')), 1, 16)), 1, 16)
 *
 * What it can't do: two different rows share a hash with a chance of 2^-128, and finding two such rows on purpose takes
 * about 2^64 tries. It has no key: a hash confirms a guess of a whole row.
 */
export class RowHashes {
  /** `bytes[16 * row + i]` is byte i of the row's hash. */
  readonly bytes: Uint8Array;
  readonly rowCount: number;
  readonly #buffer: Buffer;
  readonly #words: Uint32Array;
  #order: Uint32Array | undefined;

  /** @param order where it is known */
  constructor(bytes: Uint8Array, order?: Uint32Array) {
    this.bytes = bytes;
    this.#order = order;
    this.rowCount = bytes.length / HASH_BYTES;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }

  /** The hash in lower-case hex; its order as text is that of the hashes. */
  hex(row: number): string {
    return this.#buffer.toString('hex', row * HASH_BYTES, (row + 1) * HASH_BYTES);
  }

  /** Writes the hashes of the given rows, one after another: memory that is far apart is read in a loop that does nothing else. */
  gather(rows: Uint32Array, target: Uint32Array): void {
    const words = this.#words;
    for (let i = 0, at = 0; i < rows.length; i++, at += 4) {
      const word = rows[i]! * 4;
      target[at] = words[word]!;
      target[at + 1] = words[word + 1]!;
      target[at + 2] = words[word + 2]!;
      target[at + 3] = words[word + 3]!;
    }
  }

  /** All rows by ascending hash, equal ones by their place in the table. */
  get order(): Uint32Array {
    this.#order ??= sortedRows(this.bytes);
    return this.#order;
  }

  /** The order, if it was asked for before. */
  get known(): Uint32Array | undefined {
    return this.#order;
  }

  areEqual(x: number, y: number): boolean {
    const { bytes } = this;
    for (let i = 0; i < HASH_BYTES; i++) if (bytes[x * HASH_BYTES + i] !== bytes[y * HASH_BYTES + i]) return false;
    return true;
  }

  /** Per row, how many equal rows are above it in the table. */
  countEarlier(): Uint32Array {
    const earlier = new Uint32Array(this.rowCount);
    const { order } = this;
    for (let i = 1; i < order.length; i++) {
      const [previous, row] = [order[i - 1]!, order[i]!];
      if (this.areEqual(previous, row)) earlier[row] = earlier[previous]! + 1;
    }
    return earlier;
  }
}

/** The hashes of all rows of a table. Why: docs/decisions/rows-are-hashed-by-what-they-hold.md */
export function hashRows(table: HashedRows): RowHashes {
  const bytes = new Uint8Array(table.rowCount * HASH_BYTES);
  for (const _ of hashPieces(table, bytes, new Int32Array(1))) {
    // All at once.
  }
  return new RowHashes(bytes);
}

/** Into how many pieces the rows of a table are cut to be hashed. */
export function pieceCount(table: HashedRows): number {
  return Math.ceil(table.rowCount / rowsPerPiece(table));
}

function rowsPerPiece({ features }: HashedRows): number {
  const rows = CELLS_PER_PIECE / (features.length + 1);
  return TOGETHER * Math.max(1, Math.floor(rows / TOGETHER));
}

/**
 * Writes the hashes of the rows, a piece in each step. Several threads may do so to the same memory.
 * @param bytes 16 per row
 * @param taken how many pieces are taken already: one number, which counts on
 */
export function hashPieces(table: HashedRows, bytes: Uint8Array, taken: Int32Array): Generator<void, void> {
  const { rowCount } = table;
  const columns = columnsOf(table);
  const size = rowsPerPiece(table);
  return withRowHasher(columns, rowCount, size, function* (hashTogether) {
    const hashRows = hashTogether ?? singleHasher(columns);
    for (;;) {
      const start = Atomics.add(taken, 0, 1) * size;
      if (start >= rowCount) return;
      hashRows(start, Math.min(start + size, rowCount), bytes);
      yield;
    }
  });
}

/** Hashes one row after another. */
function singleHasher(columns: readonly HashedColumn[]): HashRows {
  const { row, writers } = rowWriters(columns);
  return (start, end, bytes) => {
    for (let index = start; index < end; index++) {
      for (const write of writers) write(index);
      // As text of one character per byte: to make a Buffer of each takes twice as long as to hash.
      const digest = hash('sha256', row, 'binary');
      for (let i = 0; i < HASH_BYTES; i++) bytes[index * HASH_BYTES + i] = digest.charCodeAt(i);
    }
  };
}

/** Writes the bytes of one hash as text, in lower-case hex. */
export function writeHex(bytes: Uint8Array, start: number, target: Uint8Array, at: number): void {
  for (let i = 0; i < HASH_BYTES; i++) {
    const byte = bytes[start + i]!;
    target[at + 2 * i] = HEX[byte >> 4]!;
    target[at + 2 * i + 1] = HEX[byte & 15]!;
  }
}

/** The columns in the order in which a row's bytes have them. */
export function byName<C extends { readonly name: string }>(features: readonly C[]): C[] {
  return [...features].sort((a, b) => compareCodePoints(a.name, b.name));
}

type CellWriter = (row: number) => void;

/** The features and the class, as the bytes of a row have them. */
function columnsOf({ classes, features, labels }: HashedRows): HashedColumn[] {
  const columns: HashedColumn[] = byName(features).map((column) => ({
    values: column.values,
    cells: column.kind === 'number' ? null : column.categories.map(textCell),
  }));
  return [...columns, { values: labels, cells: classes.map(textCell) }];
}

/** The bytes of one row, and what writes the cells of a row into them. */
function rowWriters(columns: readonly HashedColumn[]): { row: Uint8Array; writers: CellWriter[] } {
  const size = columns.reduce((sum, { cells }) => sum + (cells === null ? NUMBER_BYTES : HASH_BYTES), 0);
  const row = new Uint8Array(size);
  let offset = 0;
  const writers = columns.map(({ cells, values }) => {
    const write = cells === null ? numberWriter(values, row, offset) : categoryWriter(values, cells, row, offset);
    offset += cells === null ? NUMBER_BYTES : HASH_BYTES;
    return write;
  });
  return { row, writers };
}

function numberWriter(values: ArrayLike<number>, row: Uint8Array, offset: number): CellWriter {
  const cell = new DataView(row.buffer, offset);
  return (index) => {
    const value = values[index]!;
    if (Number.isNaN(value)) {
      // Of the many bit patterns that are no number, this one.
      cell.setUint32(0, 0, true);
      cell.setUint32(4, 0x7ff80000, true);
    } else cell.setFloat64(0, value + 0, true);
  };
}

function categoryWriter(
  values: ArrayLike<number>,
  cells: readonly Uint8Array[],
  row: Uint8Array,
  offset: number,
): CellWriter {
  const missing = new Uint8Array(HASH_BYTES);
  const unknown = new Uint8Array(HASH_BYTES).fill(0xff);
  return (index) => {
    const value = values[index]!;
    row.set(Number.isNaN(value) ? missing : (cells[value] ?? unknown), offset);
  };
}

function textCell(text: string): Uint8Array {
  return hash('sha256', text, 'buffer').subarray(0, HASH_BYTES);
}

function sortedRows(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (row: number, at: number) => view.getUint32(row * HASH_BYTES + at);
  return sortRows(
    new Uint32Array(bytes.length / HASH_BYTES).map((_, row) => row),
    (row) => word(row, 0),
    (x, y) => word(x, 4) - word(y, 4) || word(x, 8) - word(y, 8) || word(x, 12) - word(y, 12) || x - y,
  );
}
