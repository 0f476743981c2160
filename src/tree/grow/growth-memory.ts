/** Where growing a tree keeps its numbers. */
import { GROW_NODES } from './grow-nodes-wasm.js';

/** What the types leave out. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
  readonly CompileError: new () => Error;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

/** Gives arrays. What is in them may be left of another fit. */
export interface Allocator {
  doubles(length: number): Float64Array;
  integers(length: number): Int32Array;
  words(length: number): Uint32Array;
  bytes(length: number): Uint8Array;
}

/** Each array has memory of its own. */
export function separateArrays(shared: boolean): Allocator {
  const allocate = (bytes: number) => (shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  return {
    doubles: (length) => new Float64Array(allocate(8 * length)),
    integers: (length) => new Int32Array(allocate(4 * length)),
    words: (length) => new Uint32Array(allocate(4 * length)),
    bytes: (length) => new Uint8Array(allocate(length)),
  };
}

const PAGE_BYTES = 1 << 16;
/** 4 GB. */
const MOST_PAGES = 1 << 16;
const CACHE_LINE = 64;

/** The memory of WebAssembly, one array after another. Threads may share it. */
export class Arena implements Allocator {
  readonly memory: WasmMemory;
  #end: number;

  constructor(memory: WasmMemory, start: number) {
    this.memory = memory;
    this.#end = start;
  }

  doubles(length: number): Float64Array {
    return new Float64Array(this.memory.buffer, this.#take(8 * length), length);
  }

  integers(length: number): Int32Array {
    return new Int32Array(this.memory.buffer, this.#take(4 * length), length);
  }

  words(length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, this.#take(4 * length), length);
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.#take(length), length);
  }

  #take(bytes: number): number {
    const start = this.#end;
    this.#end = Math.ceil((start + bytes) / CACHE_LINE) * CACHE_LINE;
    const missing = this.#end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return start;
  }
}

/**
 * Memories that no fit works in. V8 does not count what they take, and sets gigabytes of addresses aside for each: many
 * fits would take all there is before it collects any. So a fit works in that of one before it.
 */
const spares: WeakRef<WasmMemory>[] = [];
/** Whether the process may have no more addresses. V8 collects all garbage, twice, each time before it says so. */
let isRefused = false;
let module: object | undefined;

/**
 * Memory in which WebAssembly can grow a tree, for about so many bytes.
 *
 * @returns nothing where there is no compiler (`--jitless`, a page of the web that forbids it) or no shared memory (one that
 * is not isolated), on processors that store the highest byte first, or where the process may have no more addresses
 */
export function createArena(bytes: number): Arena | undefined {
  if (typeof WebAssembly === 'undefined' || typeof SharedArrayBuffer === 'undefined' || !isLittleEndian())
    return undefined;
  const pages = Math.ceil(bytes / PAGE_BYTES) + 1;
  if (pages > MOST_PAGES) return undefined;
  try {
    growthModule();
    const memory = takeSpare() ?? newMemory(pages);
    if (memory === undefined) return undefined;
    const missing = pages - memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) memory.grow(missing);
    return new Arena(memory, CACHE_LINE);
  } catch (error) {
    if (error instanceof RangeError || error instanceof WebAssembly.CompileError) return undefined;
    throw error;
  }
}

/** Lets another arena have the memory, in which nobody works any more. To be called once. */
export function releaseMemory(memory: WasmMemory): void {
  spares.push(new WeakRef(memory));
}

function newMemory(pages: number): WasmMemory | undefined {
  if (isRefused) return undefined;
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: MOST_PAGES, shared: true });
  } catch (error) {
    isRefused = error instanceof RangeError;
    throw error;
  }
}

function takeSpare(): WasmMemory | undefined {
  let memory: WasmMemory | undefined;
  while (memory === undefined && spares.length > 0) memory = spares.pop()!.deref();
  return memory;
}

/** The code that works in arenas; threads need not compile it again. */
export function growthModule(): object {
  module ??= new WebAssembly.Module(Uint8Array.from(atob(GROW_NODES), (byte) => byte.charCodeAt(0)));
  return module;
}

const instances = new WeakMap<WasmMemory, object>();

/**
 * The code in a memory, for one who works there. To make an instance takes a third of a small fit.
 *
 * @param isAlone whether nobody else of this thread works in the memory: what is described to an instance is so for all
 */
export function instantiate<Exports>(code: object, memory: WasmMemory, isAlone: boolean): Exports {
  const known = isAlone ? instances.get(memory) : undefined;
  if (known !== undefined) return known as Exports;
  const { exports } = new WebAssembly.Instance(code, { env: { memory } });
  if (isAlone) instances.set(memory, exports as object);
  return exports as Exports;
}

function isLittleEndian(): boolean {
  return new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
}
