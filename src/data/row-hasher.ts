import { unlessRefused } from '../ground/unless-refused.js';
import { HASH_ROWS } from './hash-rows-wasm.js';

/** A column as the bytes of a row have it. */
export interface HashedColumn {
  readonly values: Float64Array | Uint16Array;
  /** The 16 bytes of each category; null where values are numbers. */
  readonly cells: readonly Uint8Array[] | null;
}

/** Writes the hashes of the rows in [start, end), 16 bytes each, to their places. */
export type HashRows = (start: number, end: number, bytes: Uint8Array) => void;

/** Rows that are hashed together. */
export const TOGETHER = 4;
/** Below, hashes take less time than code to compile. */
const LEAST_ROWS = 1 << 12;
/** Memory of WebAssembly is never given back. */
const MOST_BYTES = 1 << 26;
const PAGE_BYTES = 1 << 16;
const CELL_BYTES = 16;
const NUMBER_BYTES = 8;
/** Of SHA-256; a text is followed by a bit and its length in 64 bits. */
const BLOCK_BYTES = 64;
const APPENDED_BYTES = 9;
const APPENDED_BIT = 0x80000000;
/** Words that describe a column. */
const COLUMN_WORDS = 3;

/** What the types of Node leave out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** What assembly/hash-rows exports. Places are those in memory, in bytes. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly free: { readonly value: number };
  hashRows(count: number, columns: number, columnsEnd: number, blocks: number, blocksEnd: number, out: number): void;
}

/** One that nobody uses: V8 sets gigabytes of addresses aside for each. */
let spare: Exports | undefined;

/**
 * What hashes rows in WebAssembly, a few at a time, as long as `use` runs.
 * Why: docs/decisions/rows-are-hashed-four-at-a-time.md
 *
 * @param columns in the order in which a row's bytes have them
 * @param most rows at a time
 * @param use gets nothing for few rows, in a Node without a compiler (`--jitless`), on a processor without vectors, and where
 * there is no memory
 */
export function* withRowHasher(
  columns: readonly HashedColumn[],
  rowCount: number,
  most: number,
  use: (hashRows: HashRows | undefined) => Generator<void, void>,
): Generator<void, void> {
  const wasm = rowCount < LEAST_ROWS ? undefined : take();
  try {
    yield* use(wasm && rowHasher(wasm, columns, most));
  } finally {
    spare ??= wasm;
  }
}

function take(): Exports | undefined {
  const taken = spare;
  spare = undefined;
  if (taken !== undefined || typeof WebAssembly === 'undefined') return taken;
  return unlessRefused(() => {
    const module = new WebAssembly.Module(Buffer.from(HASH_ROWS, 'base64'));
    return new WebAssembly.Instance(module).exports as Exports;
  });
}

function rowHasher(wasm: Exports, columns: readonly HashedColumn[], most: number): HashRows | undefined {
  const { memory } = wasm;
  const rowBytes = columns.reduce((sum, { cells }) => sum + (cells === null ? NUMBER_BYTES : CELL_BYTES), 0);
  const blockCount = Math.ceil((rowBytes + APPENDED_BYTES) / BLOCK_BYTES);
  let end = wasm.free.value;
  const take = (bytes: number) => {
    const at = Math.ceil(end / CELL_BYTES) * CELL_BYTES;
    end = at + bytes;
    return at;
  };
  const columnsAt = take(4 * COLUMN_WORDS * columns.length);
  const columnsEnd = end;
  const blocks = take(TOGETHER * BLOCK_BYTES * blockCount);
  const blocksEnd = end;
  const hashes = take(CELL_BYTES * most);
  const places = columns.map(({ cells }) => ({
    values: take(8 * most),
    cells: cells === null ? 0 : take(CELL_BYTES * (cells.length + 2)),
  }));
  if (end > MOST_BYTES) return undefined;
  const missing = Math.ceil((end - memory.buffer.byteLength) / PAGE_BYTES);
  if (missing > 0 && unlessRefused(() => memory.grow(missing)) === undefined) return undefined;
  const { buffer } = memory;
  const view = new DataView(buffer);
  writeAppended(new Uint32Array(buffer, blocks, (blocksEnd - blocks) / 4), rowBytes);
  columns.forEach(({ cells }, index) => {
    const place = places[index]!;
    const words = new Uint32Array(buffer, columnsAt + 4 * COLUMN_WORDS * index, COLUMN_WORDS);
    words.set([place.values, place.cells, cells?.length ?? 0]);
    if (cells !== null) writeCells(view, place.cells, cells);
  });
  const copies = places.map(({ values }) => new Float64Array(buffer, values, most));
  const memoryBytes = new Uint8Array(buffer);
  return (start, end, bytes) => {
    for (const [index, { values }] of columns.entries()) copies[index]!.set(values.subarray(start, end));
    const count = Math.ceil((end - start) / TOGETHER) * TOGETHER;
    wasm.hashRows(count, columnsAt, columnsEnd, blocks, blocksEnd, hashes);
    bytes.set(memoryBytes.subarray(hashes, hashes + CELL_BYTES * (end - start)), CELL_BYTES * start);
  };
}

/** What SHA-256 appends to the bytes of each of the rows, whose words stand side by side. */
function writeAppended(blocks: Uint32Array, rowBytes: number): void {
  const at = TOGETHER * (rowBytes / 4);
  blocks
    .fill(0)
    .fill(APPENDED_BIT, at, at + TOGETHER)
    .fill(8 * rowBytes, -TOGETHER);
}

/** As words of SHA-256, behind the cell of an unknown category and that of a missing one. */
function writeCells(view: DataView, at: number, cells: readonly Uint8Array[]): void {
  const all = [new Uint8Array(CELL_BYTES).fill(0xff), new Uint8Array(CELL_BYTES), ...cells];
  for (const [index, cell] of all.entries()) {
    const words = new DataView(cell.buffer, cell.byteOffset, CELL_BYTES);
    for (let i = 0; i < CELL_BYTES; i += 4) view.setUint32(at + CELL_BYTES * index + i, words.getUint32(i), true);
  }
}
