import { SKETCH_SIZE } from '../ground/limits.js';
import type { RowHashes } from './row-hash.js';

/**
 * What is left of the rows that a model was trained on: the smallest of their different hashes (rows/2), in hex,
 * ascending. They are a random sample of the rows, and the same one whatever else a table holds.
 *
 * It reveals these hashes: a person who guesses one of the rows as a whole can confirm the guess.
 */
export type Sketch = readonly string[];

/** @param rows those that the model was trained on */
export function sketchOf(hashes: RowHashes, rows: Uint32Array): Sketch {
  const trained = new Uint8Array(hashes.rowCount);
  for (let i = 0; i < rows.length; i++) trained[rows[i]!] = 1;
  const sketch: string[] = [];
  for (const row of hashes.order) {
    if (!trained[row]) continue;
    const hex = hashes.hex(row);
    if (hex !== sketch.at(-1)) sketch.push(hex);
    if (sketch.length === SKETCH_SIZE) break;
  }
  return sketch;
}

/** How much of a table a model was trained on, as far as its sketch tells. */
export interface Overlap {
  /** Rows of the table that the sketch can judge: those with a hash below its last, or all where it is not full. */
  readonly judged: number;
  /** Those of them that the model was trained on. */
  readonly trained: number;
  /** The share of the table's rows that the model was trained on; null where no row can be judged. */
  readonly share: number | null;
  /** Whether every row was judged: a sketch that is not full holds all different training rows. */
  readonly exact: boolean;
}

/**
 * Estimates how much of a table a model was trained on. Every training row with a hash below the sketch's last is
 * in the sketch, so each row of the table below it is judged for certain, and those rows are a random sample of the
 * table. (The last itself is a training row in any case: to count it would be to count one too many.) Of a table much
 * smaller than the training table that sample is small or empty: the share is then unsure or unknown.
 *
 * (Bottom-k sketches: Cohen and Kaplan, Summarizing data using bottom-k sketches, PODC 2007.)
 *
 * @param rows the rows of the table that are asked about; default all
 */
export function estimateOverlap(sketch: Sketch, hashes: RowHashes, rows?: Uint32Array): Overlap {
  const isAsked = rows && new Set(rows);
  const exact = sketch.length < SKETCH_SIZE;
  const last = sketch.at(-1) ?? '';
  const known = new Set(sketch);
  let judged = 0;
  let trained = 0;
  for (const row of hashes.order) {
    const hex = hashes.hex(row);
    if (!exact && hex >= last) break;
    if (isAsked?.has(row) === false) continue;
    judged++;
    if (known.has(hex)) trained++;
  }
  return { judged, trained, share: judged === 0 ? null : trained / judged, exact };
}
