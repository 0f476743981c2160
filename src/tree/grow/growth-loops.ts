/** The loops over entries of a sorted table in WebAssembly, for one member of a team. */
import type { Objective } from '../criterion.js';
import type { DividingLoops } from './divide.js';
import { type Allocator, instantiate, type WasmMemory } from './growth-memory.js';
import { differ, type EntryLoops, type SortedTable } from './presort.js';
import { BUCKETS, type Digit, KEY } from './radix-sort.js';
import { offer, type Search, type SearchLoops, type Split } from './search.js';
import type { NodeRange } from './split.js';

/** What assembly/grow-nodes exports. Places are those in memory, in bytes. */
interface Exports {
  describeTable(
    rowCount: number,
    rowShift: number,
    tagBits: number,
    entries: number,
    rows: number,
    marks: number,
    distinct: number,
    goesRight: number,
    codes: number,
  ): void;
  describeMember(
    scratch: number,
    node: number,
    present: number,
    left: number,
    bestLeft: number,
    score: number,
    words: number,
    sides: number,
    minSamplesLeaf: number,
  ): void;
  readKeys(values: number, keys: number): void;
  findStarts(keys: number, shift: number, mask: number, starts: number): void;
  moveKeys(from: number, to: number, start: number, end: number, shift: number, mask: number, starts: number): void;
  insertionSort(keys: number, maxMoves: number): number;
  writeEntries(keys: number, feature: number): void;
  mark(from: number, to: number, side: number): void;
  partition(start: number, end: number, from: number, to: number, inOrder: number): void;
  search(start: number, end: number, presentCount: number, from: number, to: number): number;
  goOn(yes: boolean): number;
}

/** What a member works on alone. */
export interface Workspace {
  /** Of a search. */
  readonly node: Float64Array;
  readonly present: Int32Array;
  readonly left: Float64Array;
  readonly bestLeft: Float64Array;
  /** The best score; of a candidate that something is asked of, its score. */
  readonly score: Float64Array;
  /** See the places below. */
  readonly words: Int32Array;
  /** Of each class, what a scan counts. */
  readonly sides: Float64Array;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** Of the column that is sorted, where `to` is: keys are moved there after they were made. */
  readonly values: Float64Array;
  readonly starts: Uint32Array;
}

/** What the members of a team share, which can be sent to another thread. */
export interface SharedLoops {
  readonly code: object;
  readonly memory: WasmMemory;
  /** Where the codes of each feature are; 0 where it has none. */
  readonly codes: Uint32Array;
  readonly workspaces: readonly Workspace[];
}

const BEST_FEATURE = 0;
const BEST_POSITION = 1;
const FEATURE = 2;
const POSITION = 3;
const LOW_DIFFERS = 4;
const HIGH_DIFFERS = 5;
const BEST_MISSING_LEFT = 6;
const MISSING_LEFT = 7;
const WORDS = 8;

const NUMERATOR = 2;
const DENOMINATOR = 3;

const DONE = 0;
const DO_ENDS_DIFFER = 1;
const IS_BEST = 3;

/** @param valueCount of the longest column */
export function createWorkspace(
  allocator: Allocator,
  { classCount, rowCount, valueCount }: { classCount: number; rowCount: number; valueCount: number },
): Workspace {
  const keyBytes = 4 * KEY.words * rowCount;
  const { buffer, byteOffset } = allocator.doubles(Math.max(valueCount, Math.ceil(keyBytes / 8)));
  return {
    node: allocator.doubles(classCount),
    present: allocator.integers(classCount),
    left: allocator.doubles(classCount).fill(0),
    bestLeft: allocator.doubles(classCount).fill(0),
    score: allocator.doubles(4),
    words: allocator.integers(WORDS),
    sides: allocator.doubles(2 * classCount),
    from: allocator.words(KEY.words * rowCount),
    to: new Uint32Array(buffer, byteOffset, KEY.words * rowCount),
    values: new Float64Array(buffer, byteOffset, valueCount),
    starts: allocator.words(BUCKETS),
  };
}

/** About what the arrays of a member take. */
export function workspaceBytes(classCount: number, rowCount: number, valueCount: number): number {
  const keyBytes = 4 * KEY.words * rowCount;
  return 44 * classCount + keyBytes + Math.max(keyBytes, 8 * valueCount) + 4 * BUCKETS + 1024;
}

/** What the loops are for. */
export interface GrownTable {
  readonly table: SortedTable;
  readonly objective: Objective;
  readonly limits: { readonly minSamplesLeaf: number };
  readonly goesRight: Uint8Array;
}

/** All but the search is as in JavaScript; that is for numbers, by gini, without weights. */
export class GrowthLoops implements DividingLoops, EntryLoops, SearchLoops {
  readonly workspace: Workspace;
  readonly takesAll: boolean;
  readonly #takes: readonly boolean[];
  readonly #wasm: Exports;

  constructor(shared: SharedLoops, workspace: Workspace, { goesRight, limits, objective, table }: GrownTable) {
    this.workspace = workspace;
    const isPlain = objective.criterion === 'gini' && objective.weights === null;
    this.#takes = Array.from(table.categoryCounts, (count) => isPlain && count === 0);
    this.takesAll = this.#takes.every((takes) => takes);
    const wasm = instantiate<Exports>(shared.code, shared.memory, shared.workspaces.length === 1);
    this.#wasm = wasm;
    const { distinct, entries, marks, rowCount, rows, rowShift, tagBits } = table;
    const placesOfTable = [entries, rows, marks, distinct, goesRight, shared.codes].map(placeOf);
    wasm.describeTable(
      rowCount,
      rowShift,
      tagBits,
      ...(placesOfTable as [number, number, number, number, number, number]),
    );
    const { bestLeft, from, left, node, present, score, sides, words } = workspace;
    const places = [from, node, present, left, bestLeft, score, words, sides].map(placeOf);
    wasm.describeMember(
      ...(places as [number, number, number, number, number, number, number, number]),
      limits.minSamplesLeaf,
    );
  }

  takes(feature: number): boolean {
    return this.#takes[feature];
  }

  readKeys(values: Float64Array): { low: number; high: number } {
    const { from, values: copy, words } = this.workspace;
    copy.set(values);
    this.#wasm.readKeys(copy.byteOffset, from.byteOffset);
    return { low: words[LOW_DIFFERS], high: words[HIGH_DIFFERS] };
  }

  findStarts(keys: Uint32Array, { mask, shift, word }: Digit, starts: Uint32Array): void {
    this.#wasm.findStarts(keys.byteOffset, 32 * word + shift, mask, starts.byteOffset);
  }

  moveKeys(
    from: Uint32Array,
    to: Uint32Array,
    { start, end }: NodeRange,
    { mask, shift, word }: Digit,
    starts: Uint32Array,
  ): void {
    const bits = 32 * word + shift;
    this.#wasm.moveKeys(from.byteOffset, to.byteOffset, start, end, bits, mask, starts.byteOffset);
  }

  insertionSort(keys: Uint32Array, maxMoves: number): boolean {
    return this.#wasm.insertionSort(keys.byteOffset, maxMoves) === 1;
  }

  writeEntries(keys: Uint32Array, feature: number): void {
    this.#wasm.writeEntries(keys.byteOffset, feature);
  }

  mark(from: number, to: number, side: number): void {
    this.#wasm.mark(from, to, side);
  }

  /** Of the features in [from, to) but one. */
  partition({ start, end }: NodeRange, from: number, to: number, inOrder: number): void {
    this.#wasm.partition(start, end, from, to, inOrder);
  }

  /** Makes `search.best` the best split on the features in [from, to), unless it is better already. */
  search(search: Search, { start, end }: NodeRange, from: number, to: number): void {
    const { words } = this.workspace;
    const { best } = search;
    words[BEST_FEATURE] = best.feature;
    words[BEST_POSITION] = best.position;
    words[BEST_MISSING_LEFT] = best.missingLeft ? 1 : 0;
    search.steps += (end - start) * (to - from);
    let asked = this.#wasm.search(start, end, search.presentCount, from, to);
    while (asked !== DONE) asked = this.#wasm.goOn(this.#answer(search, asked, start));
    this.#readBest(best);
  }

  #readBest(best: Split): void {
    const { words } = this.workspace;
    const feature = words[BEST_FEATURE];
    // It is as it was: there is none yet, or one of categories.
    if (!this.#takes[feature]) return;
    best.feature = feature;
    best.position = words[BEST_POSITION];
    best.missingLeft = words[BEST_MISSING_LEFT] === 1;
    best.categories = null;
  }

  #answer(search: Search, asked: number, start: number): boolean {
    const { score, words } = this.workspace;
    const { best, table } = search;
    const feature = words[FEATURE];
    const position = words[POSITION];
    if (asked !== IS_BEST) {
      const first = feature * table.rowCount + start;
      const at = first + position;
      return differ(table, feature, table.entries[asked === DO_ENDS_DIFFER ? first : at - 1], table.entries[at]);
    }
    search.feature = feature;
    search.missingLeft = words[MISSING_LEFT] === 1;
    this.#readBest(best);
    if (!offer(search, position, score[NUMERATOR], score[DENOMINATOR])) return false;
    words[BEST_FEATURE] = feature;
    words[BEST_POSITION] = position;
    words[BEST_MISSING_LEFT] = words[MISSING_LEFT];
    return true;
  }
}

function placeOf({ byteOffset }: { readonly byteOffset: number }): number {
  return byteOffset;
}
