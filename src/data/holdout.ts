import { UsageError } from '../ground/errors.js';
import { nameInWords, quote } from '../ground/quote.js';
import type { Dataset } from './dataset.js';
import { rowHashes, sortByHash } from './row-hash.js';

/** Name and version of the rule below, as an artifact records it. */
export const PARTITION = 'hash-rank/1';

/** Rows of a dataset, ascending. */
export interface HoldOut {
  readonly train: Uint32Array;
  readonly holdout: Uint32Array;
  /** Classes that are too small to split. */
  readonly warnings: readonly string[];
}

/**
 * Splits a dataset in two, class by class, by hash-rank/1: the n rows of a class are ranked by their row hash
 * (see `rowHashes`), and the first round(n * holdout), a half upwards, are held out. So the same rows are held out
 * whatever their order in the table. A class that this would leave without a training row is trained whole; that, and
 * a class of which no row is held out, is a warning, but for a class of one row: `readDataset` warns of those.
 *
 * @param options.seed an integer in [0, 2^53)
 * @param options.holdout a share in [0, 1)
 * @throws UsageError
 */
export function holdOut(dataset: Dataset, options: { seed: number; holdout: number }): HoldOut {
  const { seed, holdout } = options;
  checkSeed(seed);
  if (!(holdout >= 0 && holdout < 1)) {
    throw new UsageError(`holdout: expected a number of at least 0 and below 1, found ${holdout}`);
  }
  if (holdout === 0) return { train: everyRow(dataset), holdout: new Uint32Array(0), warnings: [] };
  const warnings: string[] = [];
  const isHeldOut = new Uint8Array(dataset.rowCount);
  rankedClasses(dataset, everyRow(dataset), seed).forEach((ranked, index) => {
    const wanted = Math.round(ranked.length * holdout);
    const heldOut = wanted < ranked.length ? wanted : 0;
    if (heldOut === 0 && ranked.length > 1)
      warnings.push(trainedWhole(dataset, index, { rowCount: ranked.length, wanted }));
    for (const row of ranked.subarray(0, heldOut)) isHeldOut[row] = 1;
  });
  const rows = everyRow(dataset);
  return { train: rows.filter((row) => !isHeldOut[row]), holdout: rows.filter((row) => isHeldOut[row]), warnings };
}

/**
 * Deals rows into folds like cards: the classes one after another, the rows of each by rank (see `holdOut`; the ranks
 * are those among all rows of the dataset), one to each fold in turn. So folds differ by at most one row, in all and
 * per class.
 *
 * @param rows the rows to deal, without repetition
 * @param options.seed an integer in [0, 2^53)
 * @param options.folds from 2 to the number of rows
 * @returns per fold its rows, ascending
 * @throws UsageError
 */
export function stratifiedFolds(
  dataset: Dataset,
  rows: Uint32Array,
  options: { seed: number; folds: number },
): Uint32Array[] {
  const { seed, folds } = options;
  checkSeed(seed);
  if (!Number.isInteger(folds) || folds < 2 || folds > rows.length) {
    throw new UsageError(`folds: expected an integer from 2 to the ${rows.length} rows, found ${folds}`);
  }
  const dealt: number[][] = Array.from({ length: folds }, () => []);
  let next = 0;
  for (const ranked of rankedClasses(dataset, rows, seed)) {
    for (const row of ranked) dealt[next++ % folds]!.push(row);
  }
  return dealt.map((fold) => Uint32Array.from(fold).sort());
}

/** Per class, those of the given rows that belong to it, by rank. */
function rankedClasses(dataset: Dataset, rows: Uint32Array, seed: number): Uint32Array[] {
  const { classes, labels } = dataset;
  const hashes = rowHashes(dataset, seed);
  const ends = new Uint32Array(classes.length);
  for (const row of rows) ends[labels[row]!]!++;
  for (let index = 1; index < ends.length; index++) ends[index]! += ends[index - 1]!;
  const starts = Uint32Array.from(ends, (_, index) => (index === 0 ? 0 : ends[index - 1]!));
  const byClass = new Uint32Array(rows.length);
  const next = starts.slice();
  for (const row of rows) byClass[next[labels[row]!]!++] = row;
  return classes.map((_, index) => sortByHash(byClass.subarray(starts[index], ends[index]), hashes));
}

function everyRow({ rowCount }: Dataset): Uint32Array {
  return new Uint32Array(rowCount).map((_, row) => row);
}

function checkSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new UsageError(`seed: expected an integer from 0 to ${Number.MAX_SAFE_INTEGER}, found ${seed}`);
  }
}

function trainedWhole(
  { source, target, classes }: Dataset,
  index: number,
  { rowCount, wanted }: { rowCount: number; wanted: number },
): string {
  const reason = wanted === 0 ? 'too few to hold any out' : 'of which the hold-out would leave none';
  const name = quote(classes[index]!);
  return `${source}: ${nameInWords(target)}: the class ${name} has ${rowCount} rows, ${reason}: it is trained whole`;
}
