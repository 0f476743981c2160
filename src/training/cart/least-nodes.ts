import type { Limits } from '../../tree/grow/grow.js';
import type { TrainingRows } from '../../tree/grow/training-rows.js';

/** Cells that are hashed before others get a turn. */
const CELLS_PER_TURN = 1 << 16;
/** Of more rows nothing is said: it would take as long as a part of the fit. */
const MOST_ROWS = 1 << 20;
/** In place of the class of equal rows. */
const SEVERAL = -1;

/** Whether a tree grows until each leaf has rows of one class, or rows that no split tells apart. */
export function growsToTheEnd({ maxDepth, maxLeafNodes, ...least }: Limits): boolean {
  const bounds = [maxDepth, maxLeafNodes];
  if (!bounds.every((most) => most === Number.POSITIVE_INFINITY)) return false;
  return least.minSamplesSplit <= 2 && least.minSamplesLeaf <= 1 && least.minImpurityDecrease === 0;
}

/**
 * Nodes that a tree which grows to its end has at the least: each class has a leaf of its own that has a row whose values no
 * row of another class has. Rows are told apart by a hash of their values; where two share one, the tree may have more.
 * Yields now and then.
 */
export function* leastNodes({ classCount, columns, labels, rows }: TrainingRows): Generator<void, number> {
  if (rows.length > MOST_ROWS) return 1;
  const classOf = new Map<number, number>();
  const rowsPerTurn = Math.ceil(CELLS_PER_TURN / columns.length);
  for (let i = 0; i < rows.length; i++) {
    const hash = hashOf(columns, rows[i]);
    const known = classOf.get(hash);
    if (known === undefined) classOf.set(hash, labels[i]);
    else if (known !== labels[i]) classOf.set(hash, SEVERAL);
    if (i % rowsPerTurn === 0) yield;
  }
  const hasLeaf = new Uint8Array(classCount);
  for (const label of classOf.values()) if (label !== SEVERAL) hasLeaf[label] = 1;
  const leaves = hasLeaf.reduce((sum, one) => sum + one, 0);
  return Math.max(1, 2 * leaves - 1);
}

const cell = new Float64Array(1);
const words = new Uint32Array(cell.buffer);

/** 32 bits, after MurmurHash3. */
function hashOf(columns: TrainingRows['columns'], row: number): number {
  let hash = 0;
  for (const { values } of columns) {
    // -0 as 0, and each missing value as the same one.
    cell[0] = Number.isNaN(values[row]) ? Number.NaN : values[row] + 0;
    for (const word of words) {
      hash = Math.imul(hash ^ word, 0x85ebca6b);
      hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
      hash ^= hash >>> 16;
    }
  }
  return hash;
}
