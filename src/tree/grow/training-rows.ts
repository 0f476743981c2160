/** The rows that a tree is grown from: into a sorted table, and from the grown nodes to a tree. */
import { badOption, DataError } from '../../ground/errors.js';
import { massOf, type Objective } from '../criterion.js';
import type { Tree } from '../tree.js';
import { assembleTree } from './assemble.js';
import { growBestFirst, growDepthFirst, type Limits, type OpenNode } from './grow.js';
import { createWorkspace, type SharedLoops, workspaceBytes } from './growth-loops.js';
import {
  type Allocator,
  type Arena,
  createArena,
  growthModule,
  releaseMemory,
  separateArrays,
} from './growth-memory.js';
import { addLeaf } from './nodes.js';
import { COUNTERS, type Member, type TeamPlan } from './parallel.js';
import { entryLayout, MISSING_CODE, type SortedTable } from './presort.js';

/** A feature of a table. */
export interface TrainingColumn {
  /** One per row of the table: a number, or the index of a category; NaN where missing. */
  readonly values: Float64Array;
  /** 0: a column of numbers. */
  readonly categoryCount: number;
}

/** Some rows of a table. */
export interface TrainingRows {
  readonly columns: readonly TrainingColumn[];
  /** Indices into the columns. */
  readonly rows: Uint32Array;
  /** The class of each of the rows. */
  readonly labels: ArrayLike<number>;
  readonly classCount: number;
}

export interface TeamSize {
  /** How many are to grow it in WebAssembly, where there is enough for that; 0: none. */
  readonly members?: number;
  /** Whether threads are to work on it: then all of it is in shared memory, columns included. Default: if members are. */
  readonly shared?: boolean;
  /** Rows times features from which on WebAssembly is worth its start. */
  readonly leastEntries?: number;
}

const LEAST_ENTRIES = 1 << 8;

/**
 * Yields after each column.
 * Why: docs/decisions/growing-is-shared.md
 *
 * @throws DataError where a row's number and class do not fit into 31 bits
 * @throws UsageError for class weights that are too large together
 */
export function* planGrowth(
  { columns, rows, labels, classCount }: TrainingRows,
  objective: Objective,
  limits: Limits,
  { members = 0, shared = members > 1, leastEntries = LEAST_ENTRIES }: TeamSize = {},
): Generator<void, TeamPlan> {
  const layout = entryLayout(rows.length, classCount);
  if (layout === undefined) {
    throw new DataError(
      'too-large',
      'expected at most 2^31 as the product of rows and classes, each rounded up to a power of two; ' +
        `found ${rows.length} training rows and ${classCount} classes; is the target a number or an id?`,
    );
  }
  const valueCount = columns.reduce((most, { values }) => Math.max(most, values.length), 0);
  const size = { classCount, featureCount: columns.length, rowCount: rows.length, valueCount };
  const arena = columns.length * rows.length < leastEntries ? undefined : arenaFor(size, members);
  const allocator = arena ?? separateArrays(shared);
  const { classMask, rowShift, tagBits } = layout;
  const values: Float64Array[] = [];
  const codes: (Uint8Array | null)[] = [];
  for (const column of columns) {
    values.push(shared ? inSharedMemory(column.values) : column.values);
    codes.push(encodeColumn(column, rows, allocator));
    yield;
  }
  const table = {
    rowCount: rows.length,
    classCount,
    featureCount: columns.length,
    rowShift,
    tagBits,
    classMask,
    columns: values,
    rows: arena === undefined && !shared ? rows : copyTo(allocator.words(rows.length), rows),
    marks: allocator.words(rows.length),
    entries: allocator.integers(columns.length * rows.length),
    distinct: allocator.integers(columns.length),
    codes,
    categoryCounts: Int32Array.from(columns, ({ categoryCount }) => categoryCount),
  };
  const rootCounts = new Uint32Array(classCount);
  for (let row = 0; row < rows.length; row++) {
    rootCounts[labels[row]]++;
    table.marks[row] = (row << (rowShift - tagBits)) | labels[row];
  }
  const rootMass = rootMassOf(objective, rootCounts);
  return {
    table,
    objective,
    limits,
    rootCounts,
    rootMass,
    goesRight: allocator.bytes(rows.length),
    counters: allocator.integers(COUNTERS).fill(0),
    loops: arena === undefined ? null : sharedLoops(arena, size, members, codes),
  };
}

/** Lets another plan have the memory of one that nobody works on any more. To be called once. */
export function releasePlan({ loops }: Pick<TeamPlan, 'loops'>): void {
  if (loops !== null) releaseMemory(loops.memory);
}

/** The weight of a root with these class counts. @throws UsageError for class weights that are too large together */
export function rootMassOf(objective: Objective, counts: Uint32Array): number {
  const mass = massOf(objective, counts, 0, counts.length);
  if (Number.isFinite(mass)) return mass;
  const rowCount = counts.reduce((sum, count) => sum + count, 0);
  throw badOption('classWeight', `a finite sum over the ${rowCount} training rows`, mass);
}

function inSharedMemory(array: Float64Array): Float64Array {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  return copyTo(new Float64Array(new SharedArrayBuffer(array.byteLength)), array);
}

function copyTo<A extends Float64Array | Uint32Array>(copy: A, array: A): A {
  copy.set(array);
  return copy;
}

interface TableSize {
  readonly classCount: number;
  readonly featureCount: number;
  readonly rowCount: number;
  /** Of the longest column. */
  readonly valueCount: number;
}

function arenaFor({ classCount, featureCount, rowCount, valueCount }: TableSize, members: number): Arena | undefined {
  if (members === 0) return undefined;
  const table = (5 * featureCount + 9) * rowCount + 256 * featureCount + 1024;
  return createArena(table + members * workspaceBytes(classCount, rowCount, valueCount));
}

function sharedLoops(arena: Arena, size: TableSize, members: number, codes: SortedTable['codes']): SharedLoops {
  const places = arena.words(size.featureCount);
  places.set(codes.map((ofFeature) => ofFeature?.byteOffset ?? 0));
  const workspaces = Array.from({ length: members }, () => createWorkspace(arena, size));
  return { code: growthModule(), memory: arena.memory, codes: places, workspaces };
}

/** The codes of a column's training rows, as `SortedTable.codes` holds them. */
function encodeColumn(
  { values, categoryCount }: TrainingColumn,
  rows: Uint32Array,
  allocator: Allocator,
): Uint8Array | null {
  if (categoryCount === 0 && !hasMissing(values, rows)) return null;
  const codes = allocator.bytes(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]];
    codes[i] = Number.isNaN(value) ? MISSING_CODE : categoryCount === 0 ? 0 : value;
  }
  return codes;
}

function hasMissing(values: Float64Array, rows: Uint32Array): boolean {
  for (let i = 0; i < rows.length; i++) if (Number.isNaN(values[rows[i]])) return true;
  return false;
}

/** Adds the root, as a leaf. */
export function addRoot({ grower }: Pick<Member, 'grower'>): OpenNode {
  const { nodes, rootCounts, table } = grower;
  const root = { node: addLeaf(nodes), depth: 0, start: 0, end: table.rowCount };
  nodes.counts.set(rootCounts);
  return root;
}

/** Grows all that is below the root, on one thread. Yields, now and then, the share of the work that is done. */
export function* growRoot({ grower }: Pick<Member, 'grower'>, root: OpenNode): Generator<number, void> {
  const { maxLeafNodes } = grower.limits;
  if (maxLeafNodes === Number.POSITIVE_INFINITY) {
    for (const settled of growDepthFirst(grower, root)) yield settled / grower.table.rowCount;
  } else {
    for (const leaves of growBestFirst(grower, root)) yield leaves / maxLeafNodes;
  }
}

/** Yields now and then. */
export function* treeOf({ grower }: Pick<Member, 'grower'>): Generator<void, Tree> {
  const { nodes, objective, table } = grower;
  const features = table.columns.map((values, feature) => ({
    valueAt: (row: number) => values[table.rows[row]],
    isCategory: table.categoryCounts[feature] > 0,
    hasMissing: table.codes[feature]?.includes(MISSING_CODE) ?? false,
  }));
  return yield* assembleTree(nodes, features, objective);
}
