/** The rows that a tree is grown from: what of them goes into a sorted table, and what the grown nodes take back. */
import { DataError } from '../errors.js';
import { assembleTree } from './assemble.js';
import { massOf, type Objective } from './criterion.js';
import { growBestFirst, growDepthFirst, type Limits, type OpenNode } from './grow.js';
import { addLeaf } from './nodes.js';
import type { Member, TeamPlan } from './parallel.js';
import { createSortedTable, encodeColumn, fitsEntries, MISSING_CODE } from './presort.js';
import type { Tree } from './tree.js';

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

/**
 * @param allocate may give shared memory
 * @throws DataError where a row's number and class do not fit into 31 bits
 */
export function planGrowth(
  { columns, rows, labels, classCount }: TrainingRows,
  objective: Objective,
  limits: Limits,
  allocate: (bytes: number) => ArrayBufferLike = (bytes) => new ArrayBuffer(bytes),
): TeamPlan {
  if (!fitsEntries(rows.length, classCount)) {
    throw new DataError(
      'expected at most 2^31 as the product of rows and classes, each rounded up to a power of two; ' +
        `found ${rows.length} training rows and ${classCount} classes`,
    );
  }
  const categoryCounts = Int32Array.from(columns, ({ categoryCount }) => categoryCount);
  const sharedLabels = new Uint16Array(allocate(2 * rows.length));
  sharedLabels.set(labels);
  return {
    table: {
      ...createSortedTable(rows.length, classCount, categoryCounts, allocate),
      codes: columns.map(({ values, categoryCount }) => encodeColumn(values, rows, categoryCount, allocate)),
    },
    objective,
    limits,
    rootMass: massOf(objective, countClasses(sharedLabels, classCount), 0, classCount),
    goesRight: new Uint8Array(allocate(rows.length)),
    labels: sharedLabels,
    counters: new Int32Array(allocate(8)),
  };
}

/** The values of a column's training rows. */
export function gather({ values }: TrainingColumn, rows: Uint32Array): Float64Array<ArrayBuffer> {
  const gathered = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) gathered[i] = values[rows[i]];
  return gathered;
}

/** Writes the root down, as a leaf. */
export function addRoot({ grower, labels }: Member): OpenNode {
  const { nodes, table } = grower;
  const root = { node: addLeaf(nodes), depth: 0, start: 0, end: table.rowCount };
  nodes.counts.set(countClasses(labels, nodes.classCount));
  return root;
}

/** Grows all that is below the root, on one thread. Yields, now and then, the share of the work that is done. */
export function* growRoot({ grower }: Member, root: OpenNode): Generator<number, void> {
  const { maxLeafNodes } = grower.limits;
  if (maxLeafNodes === Number.POSITIVE_INFINITY) {
    for (const settled of growDepthFirst(grower, root)) yield settled / grower.table.rowCount;
  } else {
    for (const leaves of growBestFirst(grower, root)) yield leaves / maxLeafNodes;
  }
}

export function treeOf({ grower }: Member, { columns, rows }: TrainingRows): Tree {
  const features = columns.map(({ values, categoryCount }, feature) => ({
    valueAt: (row: number) => values[rows[row]],
    isCategory: categoryCount > 0,
    hasMissing: grower.table.codes[feature]?.includes(MISSING_CODE) ?? false,
  }));
  return assembleTree(grower.nodes, features, grower.objective);
}

function countClasses(labels: Uint16Array, classCount: number): Uint32Array {
  const counts = new Uint32Array(classCount);
  for (const label of labels) counts[label]++;
  return counts;
}
