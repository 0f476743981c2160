import type { Ensemble } from './ensemble.js';
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
  place(
    groups: number,
    rows: number,
    leaves: number,
    sums: number,
    vectors: number,
    roots: number,
    outputs: number,
  ): void;
  describe(
    featureCount: number,
    columnBytes: number,
    groupBytes: number,
    negated: number,
    withoutZero: number,
    negatedWithoutZero: number,
    inFloats: boolean,
    zero: number,
    categories: number,
  ): void;
  spreadRows(rowCount: number): void;
  walkThresholds(root: number, rowCount: number): void;
  walkSets(root: number, rowCount: number): void;
  walkRow(treeCount: number, withSets: boolean): void;
  addToFloats(output: number, outputs: number, rowCount: number): void;
  addToDoubles(output: number, outputs: number, rowCount: number): void;
  addTreesToFloats(treeCount: number, outputs: number): void;
  addTreesToDoubles(treeCount: number, outputs: number): void;
}

/** What is walked, and what the leaves are worth. */
export interface WalkedTrees {
  readonly ensemble: Ensemble;
  readonly pool: LinkedPool;
  readonly leaves: LeafValues;
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

/** Walks at once: rows of a group, or trees. */
const LOCKSTEP = 8;
const PAGE = 1 << 16;
const CACHE_LINE = 64;
/** What the memory takes at most, which is never given back: trees that need more are walked without. */
const MOST_BYTES = 1 << 28;
/** In a pair of siblings: see assembly/walk-rows. */
const SIBLING_BYTES = 8;
const CHILD = 16;
const COLUMN = 20;
const SET = 32;
/** What is placed at once, lest a call takes long. */
const STEP_NODES = 1 << 20;

/** Where a block of rows is put for a walk, and where its answers are found. */
export interface WalkedBlock {
  /** Row-major, one value per feature, as they came. */
  readonly rows: Float64Array;
  /** What leaves are added to: outputs of the rows, row-major. */
  readonly sums: Float32Array | Float64Array;
}

/** Where the parts of a layout begin, in bytes. */
interface Layout {
  /** Of two siblings. */
  readonly pairBytes: number;
  /** Of a column in a group. */
  readonly columnBytes: number;
  readonly groups: number;
  readonly nodes: number;
  readonly vectors: number;
  readonly sums: number;
  readonly rows: number;
  readonly sets: number;
  readonly leaves: number;
  readonly roots: number;
  readonly outputs: number;
  readonly categories: number;
  readonly end: number;
}

/** The trees that are in memory, or on their way. */
interface Resident {
  readonly trees: WeakRef<WalkedTrees>;
  readonly layout: Layout;
  readonly block: WalkedBlock;
  /** Places of leaves: of the rows of the block in a tree, or of a row in all trees. */
  readonly leaves: Uint32Array;
  /** Nodes that are in memory. */
  placed: number;
}

/**
 * Walks rows down the trees of a linked pool in WebAssembly. There is one for all pools of a thread, as V8 sets gigabytes of
 * addresses aside for each memory; the trees of one pool are in it at a time.
 * Why: docs/decisions/rows-walk-in-webassembly.md
 */
export class RowWalker {
  readonly #wasm: Exports;
  readonly #mostBytes: number;
  readonly #stepNodes: number;
  #resident: Resident | null = null;

  constructor({ mostBytes = MOST_BYTES, stepNodes = STEP_NODES } = {}) {
    this.#mostBytes = mostBytes;
    this.#stepNodes = stepNodes;
    const code = Uint8Array.from(atob(WALK_ROWS), (character) => character.charCodeAt(0));
    this.#wasm = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as Exports;
  }

  /** Whether trees are in memory, or on their way: putting them there takes time. */
  has(trees: WalkedTrees): boolean {
    return this.#resident?.trees.deref() === trees;
  }

  /** @returns where rows are to be put; null where there is not as much memory, and until all nodes are in it: call again */
  open(trees: WalkedTrees): WalkedBlock | null {
    if (!this.has(trees) && !this.#begin(trees)) return null;
    const resident = this.#resident!;
    return this.#placeMore(trees, resident) ? resident.block : null;
  }

  /**
   * Rows of the block, from the first on, down one tree of those that are open; their leaves are added. `spread` comes first.
   */
  walk({ ensemble, pool }: WalkedTrees, tree: number, rowCount: number): void {
    const { arithmetic, combine, trees } = ensemble;
    const root = placeOf(this.#resident!.layout, trees.roots[tree], tree);
    if (pool.walks[tree] === WALKS.plain) this.#wasm.walkThresholds(root, rowCount);
    else this.#wasm.walkSets(root, rowCount);
    if (arithmetic.sum === 'float32') this.#wasm.addToFloats(trees.output[tree], combine.outputs, rowCount);
    else this.#wasm.addToDoubles(trees.output[tree], combine.outputs, rowCount);
  }

  /** The first row of the block, down all trees; its leaves are added in the order of the trees. `spread` comes first. */
  walkRow({ ensemble, pool }: WalkedTrees): void {
    const { arithmetic, combine, trees } = ensemble;
    this.#wasm.walkRow(trees.treeCount, pool.sets !== null);
    if (arithmetic.sum === 'float32') this.#wasm.addTreesToFloats(trees.treeCount, combine.outputs);
    else this.#wasm.addTreesToDoubles(trees.treeCount, combine.outputs);
  }

  /** Makes the rows of the block ready for trees. */
  spread(rowCount: number): void {
    this.#wasm.spreadRows(rowCount);
  }

  /** The leaf that a walk ended at: its place in the pool. @param index of the row in the block, or of the tree */
  leaf(index: number, tree: number): number {
    const { layout, leaves } = this.#resident!;
    const offset = leaves[index] - layout.nodes;
    const pair = Math.floor(offset / layout.pairBytes);
    return 2 * pair + (offset - pair * layout.pairBytes) / SIBLING_BYTES - tree - 1;
  }

  /** Lays out memory for other trees. @returns whether there is as much */
  #begin(trees: WalkedTrees): boolean {
    const layout = layoutOf(trees, this.#wasm.free.value);
    if (layout.end > this.#mostBytes || !this.#grow(layout.end)) return false;
    const { arithmetic, combine, trees: pool } = trees.ensemble;
    const { columns, sets } = trees.pool;
    const { buffer } = this.#wasm.memory;
    new Float64Array(buffer, layout.vectors, trees.leaves.vectors.length).set(trees.leaves.vectors);
    const roots = new Uint32Array(buffer, layout.roots, lockstepped(pool.treeCount));
    // The last trees are walked more than once where they are not as many.
    for (let i = 0; i < roots.length; i++) {
      const tree = Math.min(i, pool.treeCount - 1);
      roots[i] = placeOf(layout, pool.roots[tree], tree);
    }
    new Int32Array(buffer, layout.outputs, pool.treeCount).set(pool.output);
    if (sets !== null) {
      new Uint8Array(buffer, layout.categories, pool.featureCount).set(sets.isCategory);
      new Uint32Array(buffer, layout.sets, sets.words.length).set(sets.words);
    }
    const { columnBytes } = layout;
    const column = (start: number) => Math.max(0, start) * columnBytes;
    this.#wasm.place(
      layout.groups,
      layout.rows,
      layout.leaves,
      layout.sums,
      layout.vectors,
      layout.roots,
      layout.outputs,
    );
    this.#wasm.describe(
      pool.featureCount,
      columnBytes,
      columnBytes * (columns.width + 1),
      column(columns.negated),
      column(columns.withoutZero),
      column(columns.negatedWithoutZero),
      arithmetic.input === 'float32',
      arithmetic.zero,
      sets === null ? 0 : layout.categories,
    );
    const rowCount = lockstepped(trees.rowCount);
    const Sums = arithmetic.sum === 'float32' ? Float32Array : Float64Array;
    this.#resident = {
      trees: new WeakRef(trees),
      layout,
      leaves: new Uint32Array(buffer, layout.leaves, Math.max(rowCount, roots.length)),
      block: {
        rows: new Float64Array(buffer, layout.rows, trees.rowCount * pool.featureCount),
        sums: new Sums(buffer, layout.sums, rowCount * combine.outputs),
      },
      placed: 0,
    };
    return true;
  }

  /** Places the next nodes, some milliseconds' worth. @returns whether all are placed */
  #placeMore({ ensemble, leaves, pool }: WalkedTrees, resident: Resident): boolean {
    const { feature, roots } = ensemble.trees;
    if (resident.placed === feature.length) return true;
    const { columns, leafBit, links, placeBits, sets, threshold } = pool;
    const { buffer } = this.#wasm.memory;
    const numbers = new Float64Array(buffer);
    const words = new Uint32Array(buffer);
    const { layout, placed } = resident;
    const { columnBytes, sets: setsAt } = layout;
    const columnMask = leafBit - 1;
    // The last column is NaN, from the byte before it on for eight values.
    const leafColumn = columns.width * columnBytes - 1;
    const end = Math.min(feature.length, placed + this.#stepNodes);
    let tree = roots.findLastIndex((root) => root <= placed);
    for (let place = placed; place < end; place++) {
      if (place === roots[tree + 1]) tree++;
      const at = placeOf(layout, place, tree);
      const link = links[place];
      const isLeaf = (link & leafBit) !== 0;
      numbers[at >>> 3] = isLeaf ? leaves.values[place] : threshold[place];
      words[(at + CHILD) >>> 2] = isLeaf ? at : placeOf(layout, link >>> placeBits, tree);
      words[(at + COLUMN) >>> 2] = isLeaf ? leafColumn : (link & columnMask) * columnBytes;
      if (sets !== null) words[(at + SET) >>> 2] = setsAt + 4 * sets.at[place];
    }
    resident.placed = end;
    return end === feature.length;
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

function layoutOf({ ensemble, leaves, pool, rowCount }: WalkedTrees, free: number): Layout {
  const { combine, trees } = ensemble;
  const { columns, sets } = pool;
  const [pairBytes, columnBytes] = sets === null ? [32, 64] : [48, 96];
  const rows = lockstepped(rowCount);
  const treeCount = lockstepped(trees.treeCount);
  // A group and two siblings are in as few lines of a cache as can be.
  let end = roundUp(free);
  const take = (bytes: number) => {
    const at = end;
    end += roundUp(bytes);
    return at;
  };
  const places = {
    groups: take((rows / LOCKSTEP) * columnBytes * (columns.width + 1)),
    nodes: take(((trees.feature.length + trees.treeCount) / 2) * pairBytes),
    vectors: take(8 * leaves.vectors.length),
    sums: take(8 * rows * combine.outputs),
    rows: take(8 * rowCount * trees.featureCount),
    sets: take(4 * (sets?.words.length ?? 0)),
    leaves: take(4 * Math.max(rows, treeCount)),
    roots: take(4 * treeCount),
    outputs: take(4 * treeCount),
    categories: take(trees.featureCount),
  };
  return { ...places, pairBytes, columnBytes, end };
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / CACHE_LINE) * CACHE_LINE;
}

/**
 * Where a node is, by its place in the pool. Trees have odd numbers of nodes, of which the first has no sibling: a root is the
 * second of a pair.
 */
function placeOf({ nodes, pairBytes }: Layout, place: number, tree: number): number {
  const slot = place + tree + 1;
  return nodes + (slot >>> 1) * pairBytes + (slot & 1) * SIBLING_BYTES;
}

function lockstepped(count: number): number {
  return Math.ceil(count / LOCKSTEP) * LOCKSTEP;
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
