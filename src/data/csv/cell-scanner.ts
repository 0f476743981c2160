import { unlessRefused } from '../../ground/unless-refused.js';
import { SCAN_CELLS } from './scan-cells-wasm.js';

/** What a column is to the scanner. */
export type ScannedKind = typeof NUMBER | typeof TEXT | typeof OTHER;
export const NUMBER = 1;
export const TEXT = 2;
/** Each of its cells is left to the caller. */
export const OTHER = 3;

/** Why a scan stopped: see assembly/scan-cells. */
export const BLOCK_ENDED = 0;
export const CELL_LEFT = 1;

/** More than blocks take, but those of giant records: memory of WebAssembly is never given back. */
const MOST_BYTES = 1 << 26;
const PAGE_BYTES = 1 << 16;
/** What a scan may read beyond the end of a block. */
const PADDING = 32;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
/** Words of 32 bits that describe a column. */
const COLUMN_WORDS = 4;
/** Columns of which the scanner knows texts; those of further ones are left to the caller. */
const MOST_TEXT_COLUMNS = 64;
/** The scanner's powers of ten are 10^-40 to 10^40. */
const LARGEST_WIDE_POWER = 40;

/** What the types of Node leave out. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number; shared: boolean }) => Memory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Memory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

/** What assembly/scan-cells exports. Places are those in memory, in bytes. */
interface Exports {
  readonly state: { readonly value: number };
  readonly widePowers: { readonly value: number };
  readonly free: { readonly value: number };
  readonly slotBytes: { readonly value: number };
  describe(delimiter: number, point: number, columnCount: number, columns: number, lines: number): void;
  scan(end: number, isCellRead: boolean): number;
  remember(cell: number, slots: number, code: number): void;
  forgetTexts(slots: number): void;
  countLines(start: number, end: number): number;
}

let module: object | undefined;

/** A block of a table, and how its cells are to be scanned. */
export interface ScannedBlock {
  /** Of `take`, to its last line end: they are scanned where they are. Others are copied. */
  readonly bytes: Uint8Array;
  readonly lineCount: number;
  readonly delimiter: number;
  /** The sign before fractions. */
  readonly point: number;
  readonly columnCount: number;
  /** The columns that are not skipped. */
  readonly wanted: readonly number[];
}

/**
 * @returns nothing in a Node without a compiler (`--jitless`), on a processor without vectors, or where the process may have
 * no more addresses (`ulimit -v`), of which V8 sets gigabytes aside for each
 */
export function createScanner(): CellScanner | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  return unlessRefused(() => new CellScanner());
}

/**
 * Scans plain rows from bytes into columns, in WebAssembly, one block after another. It stops at each cell that is the
 * caller's to read: what is no plain number, and text that it was not told of. Its memory is one that threads can share.
 */
export class CellScanner {
  readonly #memory: Memory;
  readonly #wasm: Exports;
  /** Where the scan is, its column, row and line, and how many more lines the row has. */
  readonly #state: Uint32Array;
  /** For the text of a block; columns come after it. */
  #room: Buffer;
  /** Of the block that is open: where its text, its columns and the lines of its rows are. */
  #text = 0;
  #textEnd = 0;
  #lines = 0;
  #columns: Uint32Array = new Uint32Array();

  constructor() {
    module ??= new WebAssembly.Module(Buffer.from(SCAN_CELLS, 'base64'));
    this.#memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_BYTES / PAGE_BYTES, shared: true });
    this.#wasm = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports as Exports;
    this.#state = new Uint32Array(this.#memory.buffer, this.#wasm.state.value, 5);
    this.#room = Buffer.from(this.#memory.buffer, 0, 0);
    this.#fillWidePowers();
  }

  /** The place in the block. */
  get at(): number {
    return this.#state[0]! - this.#text;
  }

  get column(): number {
    return this.#state[1]!;
  }

  get row(): number {
    return this.#state[2]!;
  }

  /** @returns memory for the text of the next block; undefined for one that is too large, here or for what is left */
  take(size: number): Buffer | undefined {
    const start = aligned(this.#wasm.free.value);
    if (!this.#reach(start + size + PADDING)) return undefined;
    this.#room = Buffer.from(this.#memory.buffer, start, size);
    return this.#room;
  }

  /** How many lines end in bytes of `take`. */
  countLines({ byteOffset, length }: Buffer): { readonly lineCount: number; readonly isAscii: boolean } {
    const count = this.#wasm.countLines(byteOffset, byteOffset + length);
    return count < 0 ? { lineCount: ~count, isAscii: false } : { lineCount: count, isAscii: true };
  }

  /** @returns false for a block that is too large, for the scanner or for the memory that is left */
  open({ bytes, columnCount, delimiter, lineCount, point, wanted }: ScannedBlock): boolean {
    const isHere = bytes.buffer === this.#room.buffer;
    if (!isHere && this.take(bytes.length + 1) === undefined) return false;
    const { byteOffset, length } = this.#room;
    const columns = aligned(byteOffset + length + PADDING);
    const values = aligned(columns + 4 * COLUMN_WORDS * columnCount);
    const { slotBytes } = this.#wasm;
    const slots = aligned(values + 8 * lineCount * wanted.length);
    this.#lines = slots + slotBytes.value * Math.min(wanted.length, MOST_TEXT_COLUMNS);
    if (!this.#reach(this.#lines + 4 * lineCount)) return false;
    const { buffer } = this.#memory;
    this.#columns = new Uint32Array(buffer, columns, COLUMN_WORDS * columnCount).fill(0);
    for (const [i, column] of wanted.entries()) {
      const texts = i < MOST_TEXT_COLUMNS ? slots + slotBytes.value * i : 0;
      this.#columns.set([OTHER, values + 8 * lineCount * i, texts], COLUMN_WORDS * column);
    }
    this.#text = isHere ? bytes.byteOffset : byteOffset;
    this.#textEnd = this.#text + bytes.length;
    if (!isHere) this.#copy(bytes);
    this.#wasm.describe(delimiter, point, columnCount, columns, this.#lines);
    return true;
  }

  /** Scans from a place on at which a row begins. @returns why it stopped */
  scan(at: number, line: number): number {
    this.#state.set([this.#text + at, 0, 0, line, 0]);
    return this.#wasm.scan(this.#textEnd, false);
  }

  /**
   * Scans on after a cell that the caller has read.
   * @param lineEnds in the cell
   * @returns why it stopped
   */
  scanOn(end: number, lineEnds: number): number {
    this.#state[0] = this.#text + end;
    this.#state[4]! += lineEnds;
    return this.#wasm.scan(this.#textEnd, true);
  }

  /** The values of a wanted column, per row; the caller's cells are to be put here. Good until another block is opened. */
  values(column: number, lineCount: number): Float64Array {
    return new Float64Array(this.#memory.buffer, this.#columns[COLUMN_WORDS * column + 1]!, lineCount);
  }

  /** The lines on which the rows begin. Good until another block is opened. */
  lines(): Uint32Array {
    return new Uint32Array(this.#memory.buffer, this.#lines, this.row);
  }

  setKind(column: number, kind: ScannedKind): void {
    const at = COLUMN_WORDS * column;
    this.#columns[at] = kind;
    const slots = this.#columns[at + 2]!;
    if (kind === TEXT && slots !== 0) this.#wasm.forgetTexts(slots);
  }

  /** Tells the code of the text of a cell, which it then reads itself. */
  remember(column: number, at: number, code: number): void {
    this.#wasm.remember(this.#text + at, this.#columns[COLUMN_WORDS * column + 2]!, code);
  }

  /** @returns whether there is memory up to a place */
  #reach(end: number): boolean {
    if (end > MOST_BYTES) return false;
    const pages = Math.ceil((end - this.#memory.buffer.byteLength) / PAGE_BYTES);
    return pages <= 0 || unlessRefused(() => this.#memory.grow(pages)) !== undefined;
  }

  /** With a line end at its end. */
  #copy(bytes: Uint8Array): void {
    const copy = new Uint8Array(this.#memory.buffer, this.#text, bytes.length + PADDING);
    copy.set(bytes);
    copy.fill(0, bytes.length);
    const last = bytes.at(-1);
    if (last !== LINE_FEED && last !== CARRIAGE_RETURN) copy[bytes.length] = LINE_FEED;
  }

  #fillWidePowers(): void {
    const view = new DataView(this.#memory.buffer, this.#wasm.widePowers.value);
    const fill = (exponent: number, bits: bigint) => {
      const at = 16 * (exponent + LARGEST_WIDE_POWER);
      view.setBigUint64(at, bits >> 64n, true);
      view.setBigUint64(at + 8, BigInt.asUintN(64, bits), true);
    };
    let power = 1n;
    for (let exponent = 0; exponent <= LARGEST_WIDE_POWER; exponent++, power *= 5n) {
      const size = BigInt(power.toString(2).length);
      fill(exponent, power << (128n - size));
      if (exponent > 0) fill(-exponent, reciprocal(power, size, exponent));
    }
  }
}

/** For a pair of the scanner's slots. */
function aligned(place: number): number {
  return Math.ceil(place / 128) * 128;
}

/**
 * The first 128 bits of 1 / 5^exponent. It is rounded up where a product with it can be an exact one, and else down: Lemire,
 * Number parsing at a gigabyte per second, 2021.
 */
function reciprocal(power: bigint, size: bigint, exponent: number): bigint {
  return (1n << (size + 127n)) / power + (exponent <= 27 ? 1n : 0n);
}
