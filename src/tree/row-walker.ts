import type { Arithmetic } from './ensemble.js';
import { type LinkedPool, WALKS } from './linked-pool.js';
import { WALK_ROWS } from './walk-rows-wasm.js';

/** What the types leave out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** What assembly/walk-rows exports. Places are those in memory, in bytes. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly free: { readonly value: number };
  describe(
    thresholds: number,
    links: number,
    sets: number,
    values: number,
    places: number,
    leaves: number,
    vectors: number,
    sums: number,
    width: number,
    columnMask: number,
    placeBits: number,
  ): void;
  walkThresholds(root: number, rowCount: number): void;
  walkSets(root: number, rowCount: number): void;
  addToFloats(output: number, outputs: number, rowCount: number): void;
  addToDoubles(output: number, outputs: number, rowCount: number): void;
}

/** What is walked, and what the leaves are worth. */
export interface WalkedTrees {
  readonly pool: LinkedPool;
  readonly leaves: LeafValues;
  readonly outputs: number;
  /** What sums are rounded to. */
  readonly sum: Arithmetic['sum'];
  /** Rows of a block at most. */
  readonly rowCount: number;
}

/** What the leaves are worth, by their places in the linked pool. */
export interface LeafValues {
  /** The weighted value of a leaf that has one; where the values of another begin in `vectors`. */
  readonly values: Float64Array;
  /** Weighted, one per output. */
  readonly vectors: Float64Array;
}

/** Rows that walk at once. */
const LOCKSTEP = 8;
const PAGE = 1 << 16;
/** What the memory takes at most, which is never given back: trees that need more are walked without. */
const MOST_BYTES = 1 << 28;

/** Where a block of rows is put for a walk, and where its leaves are found. */
export interface WalkedBlock {
  /** `Columns.width` values per row. */
  readonly values: Float64Array;
  /** The leaves of the rows in the tree that was walked last. */
  readonly places: Int32Array;
  /** What leaves are added to: outputs of the rows, row-major. */
  readonly sums: Float32Array | Float64Array;
}

/**
 * Walks blocks of rows down the trees of a linked pool in WebAssembly. There is one for all pools of a thread, as V8 sets gigabytes
 * of addresses aside for each memory; the trees of one pool are in it at a time.
 * Why: docs/decisions/rows-walk-in-webassembly.md
 */
export class RowWalker {
  readonly #wasm: Exports;
  #trees: WeakRef<WalkedTrees> | null = null;
  #block: WalkedBlock | null = null;

  readonly #mostBytes: number;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
    const code = Uint8Array.from(atob(WALK_ROWS), (character) => character.charCodeAt(0));
    this.#wasm = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as Exports;
  }

  /** Whether trees are in memory: putting them there takes time. */
  has(trees: WalkedTrees): boolean {
    return this.#trees?.deref() === trees;
  }

  /** @returns where rows are to be put; null where there is not as much memory */
  open(trees: WalkedTrees): WalkedBlock | null {
    if (!this.has(trees)) this.#block = this.#place(trees);
    return this.#block;
  }

  #place(trees: WalkedTrees): WalkedBlock | null {
    const { leaves, outputs, pool, sum } = trees;
    const { columns, leafBit, links, placeBits, sets, threshold } = pool;
    const rows = Math.ceil(trees.rowCount / LOCKSTEP) * LOCKSTEP;
    // Those of eight bytes first, so that all are aligned.
    const valuesAt = Math.ceil(this.#wasm.free.value / 8) * 8;
    const sumsAt = valuesAt + 8 * rows * columns.width;
    const thresholdsAt = sumsAt + 8 * rows * outputs;
    const leavesAt = thresholdsAt + 8 * threshold.length;
    const vectorsAt = leavesAt + 8 * leaves.values.length;
    const linksAt = vectorsAt + 8 * leaves.vectors.length;
    const placesAt = linksAt + 4 * links.length;
    const setsAt = placesAt + 4 * rows;
    const end = setsAt + (sets === null ? 0 : 4 * (sets.at.length + sets.words.length));
    this.#trees = null;
    if (end > this.#mostBytes || !this.#grow(end)) return null;
    const { buffer } = this.#wasm.memory;
    for (const [at, numbers] of [
      [thresholdsAt, threshold],
      [leavesAt, leaves.values],
      [vectorsAt, leaves.vectors],
    ] as const) {
      new Float64Array(buffer, at, numbers.length).set(numbers);
    }
    new Int32Array(buffer, linksAt, links.length).set(links);
    if (sets !== null) {
      // From the places of the nodes' sets on, in bytes.
      const words = 4 * sets.at.length;
      new Int32Array(buffer, setsAt, sets.at.length).set(sets.at.map((at) => words + 4 * at));
      new Uint32Array(buffer, setsAt + words, sets.words.length).set(sets.words);
    }
    const mask = leafBit - 1;
    const of = columns.width;
    this.#wasm.describe(
      thresholdsAt,
      linksAt,
      setsAt,
      valuesAt,
      placesAt,
      leavesAt,
      vectorsAt,
      sumsAt,
      of,
      mask,
      placeBits,
    );
    this.#trees = new WeakRef(trees);
    const Sums = sum === 'float32' ? Float32Array : Float64Array;
    return {
      values: new Float64Array(buffer, valuesAt, rows * columns.width),
      places: new Int32Array(buffer, placesAt, rows),
      sums: new Sums(buffer, sumsAt, rows * outputs),
    };
  }

  /**
   * Down one tree of those that are open, one that is linked; its leaves are added.
   *
   * @param output as in `TreePool`
   */
  walk({ outputs, pool, sum }: WalkedTrees, tree: number, root: number, output: number, rowCount: number): void {
    if (pool.walks[tree] === WALKS.plain) this.#wasm.walkThresholds(root, rowCount);
    else this.#wasm.walkSets(root, rowCount);
    if (sum === 'float32') this.#wasm.addToFloats(output, outputs, rowCount);
    else this.#wasm.addToDoubles(output, outputs, rowCount);
  }

  #grow(bytes: number): boolean {
    const missing = bytes - this.#wasm.memory.buffer.byteLength;
    if (missing <= 0) return true;
    try {
      this.#wasm.memory.grow(Math.ceil(missing / PAGE));
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }
}

let walker: RowWalker | null | undefined;

/**
 * The thread's own; null where there is no WebAssembly: in a Node without a compiler (`--jitless`), in a page whose policy
 * forbids it, and where there are no addresses left.
 */
export function rowWalker(): RowWalker | null {
  if (walker === undefined) walker = createWalker();
  return walker;
}

function createWalker(): RowWalker | null {
  if (typeof WebAssembly === 'undefined') return null;
  try {
    return new RowWalker();
  } catch {
    // Whatever it says: rows are walked without.
    return null;
  }
}
