import { createRandom } from '../ground/random.js';
import type { Steps } from '../model/steps.js';
import { supportOf, type Tally } from './tally.js';

/** A range that holds the true value with 95 % confidence. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** The two-sided 95 % quantile of the normal distribution. */
const Z = 1.959963984540054;

/** Draws of rows, and looks at the cells of the tally, that all resamples together may cost: a second or two. */
const MAX_STEPS = 50_000_000;
/** The metrics look at a cell about as often. */
const LOOKS_PER_CELL = 20;
const MAX_RESAMPLES = 1000;
const MIN_RESAMPLES = 200;

/**
 * Wilson's score interval of a share: "Probable inference, the law of succession, and statistical inference", 1927.
 * Unlike a resample it stays open where no row, or every row, is a hit.
 */
export function wilsonInterval(hits: number, rows: number): Interval {
  const share = hits / rows;
  const spread = (Z * Z) / rows;
  const middle = (share + spread / 2) / (1 + spread);
  const half = Math.sqrt(share * (1 - share) * spread + (spread * spread) / 4) / (1 + spread);
  return { lower: hits === 0 ? 0 : middle - half, upper: hits === rows ? 1 : middle + half };
}

/**
 * Percentile intervals from a stratified bootstrap (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993):
 * each resample draws, with replacement, as many rows of each class as there are.
 *
 * Yields after each resample. A name whose figure is undefined in a resample has no interval: its rows are too few for one.
 *
 * @param figuresOf what is measured on each resample: name → value, null where undefined
 */
export function* bootstrapIntervals(
  tally: Tally,
  seed: number,
  figuresOf: (tally: Tally) => ReadonlyMap<string, number | null>,
): Steps<Map<string, Interval>> {
  const rows = tally.counts.reduce((sum, count) => sum + count, 0);
  if (rows === 0) return new Map();
  const steps = rows + LOOKS_PER_CELL * tally.counts.length;
  const resamples = Math.min(MAX_RESAMPLES, Math.max(MIN_RESAMPLES, Math.floor(MAX_STEPS / steps)));
  const draw = stratifiedResampler(tally, seed);
  const values = new Map<string, number[]>();
  for (let index = 0; index < resamples; index++) {
    for (const [name, value] of figuresOf({ ...tally, counts: draw() })) {
      const drawn = values.get(name) ?? [];
      if (value !== null) drawn.push(value);
      values.set(name, drawn);
    }
    yield;
  }
  return new Map(
    [...values]
      .filter(([, drawn]) => drawn.length === resamples)
      .map(([name, drawn]) => [name, percentileInterval(Float64Array.from(drawn).sort())]),
  );
}

/** @returns a function that draws the counts of one resample, into one array that it uses again */
function stratifiedResampler(tally: Tally, seed: number): () => Float64Array {
  const random = createRandom(seed);
  const cells = cellsByClass(tally);
  const counts = new Float64Array(tally.counts.length);
  return () => {
    counts.fill(0);
    for (const rows of cells) for (let left = rows.length; left > 0; left--) counts[rows[random(rows.length)]]++;
    return counts;
  };
}

/** For each class one entry per row: the cell of `counts` that the row is in. */
function cellsByClass(tally: Tally): Uint32Array[] {
  const classCount = tally.classes.length;
  return Array.from(supportOf(tally), (support, label) => {
    const cells = new Uint32Array(support);
    let filled = 0;
    for (let cell = label; cell < tally.counts.length; cell += classCount) {
      cells.fill(cell, filled, filled + tally.counts[cell]);
      filled += tally.counts[cell];
    }
    return cells;
  });
}

function percentileInterval(sorted: Float64Array): Interval {
  return { lower: quantile(sorted, 0.025), upper: quantile(sorted, 0.975) };
}

/** Linear between order statistics: type 7 of Hyndman & Fan, "Sample quantiles in statistical packages", 1996. */
function quantile(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
