import { badOption } from '../ground/errors.js';
import {
  anObject,
  checkArgument,
  checkOptions,
  type OptionTable,
  oneOf,
  required,
  typedArray,
  wholeNumber,
} from '../ground/options.js';
import { nameInWords, quote, quotedList } from '../ground/quote.js';
import { aDataset, type Dataset } from './dataset.js';
import { hashRank1 } from './hash-rank-1.js';
import { hashRank2, rankText } from './hash-rank-2.js';
import { type HoldoutCells, heldOutByColumn } from './holdout-column.js';
import { type Ranks, sortByRank } from './ranks.js';
import { hashRows, type RowHashes } from './row-hash.js';

/** The rules that rank rows, by name and version as an artifact records them. */
export const RANK_RULES = ['hash-rank/1', 'hash-rank/2'] as const;
/** The rule where none is named. */
export const PARTITION = 'hash-rank/1';

/** Classes that a warning lists before it stops. */
const LISTED = 5;

/** How rows are ranked. */
export interface Ranking {
  /** An integer in [0, 2^53). */
  readonly seed: number;
  /** One of `RANK_RULES`. */
  readonly partition?: string;
  /** The row hashes of the dataset, where they are known; only hash-rank/2 needs them. */
  readonly hashes?: RowHashes;
}

const rankingTable: OptionTable<Ranking> = {
  seed: required(wholeNumber(0)),
  partition: oneOf(RANK_RULES),
  hashes: anObject,
};
const foldsTable = { ...rankingTable, folds: required(wholeNumber(2)) };
const holdOutTable = {
  ...rankingTable,
  holdout: required({
    expected: 'a number of at least 0 and below 1',
    takes: (value) => typeof value === 'number' && value >= 0 && value < 1,
  }),
};

/** Rows of a dataset, ascending. */
export interface HoldOut {
  readonly train: Uint32Array;
  readonly holdout: Uint32Array;
  /** Classes that are too small to split. */
  readonly warnings: readonly string[];
  /** Per class the highest rank that is held out, as 16 hex digits; null where none of its rows is. */
  readonly cuts: readonly (string | null)[];
}

/**
 * Splits a dataset in two, class by class: the n rows of a class are ranked (see `hashRank1` and `hashRank2`), and the
 * first round(n * holdout), a half upwards, are held out. So the same rows are held out whatever their order in the
 * table. A class that this would leave without a training row is trained whole; that, and a class of which no row is
 * held out, is a warning, but for a class of one row: `readDataset` warns of those. A dataset with a column that says which
 * rows are held out goes by that, whatever its classes.
 *
 * @param options.holdout a share in [0, 1)
 * @throws UsageError
 */
export function holdOut(dataset: Dataset, options: Ranking & { readonly holdout: number }): HoldOut {
  checkArgument('dataset', dataset, aDataset);
  checkOptions(options, holdOutTable);
  const { holdout } = options;
  const rows = everyRow(dataset);
  if (dataset.holdoutBy !== undefined) return splitByColumn(dataset, dataset.holdoutBy, options);
  if (holdout === 0) {
    return { train: rows, holdout: new Uint32Array(0), warnings: [], cuts: dataset.classes.map(() => null) };
  }
  const whole: WholeClass[] = [];
  const isHeldOut = new Uint8Array(dataset.rowCount);
  const ranks = ranksOf(dataset, options);
  const cuts = rankedClasses(dataset, rows, ranks).map((ranked, index) => {
    const wanted = Math.round(ranked.length * holdout);
    const heldOut = ranked.subarray(0, wanted < ranked.length ? wanted : 0);
    if (heldOut.length === 0 && ranked.length > 1) whole.push({ index, rowCount: ranked.length, wanted });
    for (const row of heldOut) isHeldOut[row] = 1;
    return heldOut.length === 0 ? null : rankText(ranks, heldOut.at(-1)!);
  });
  return {
    train: rows.filter((row) => !isHeldOut[row]),
    holdout: rows.filter((row) => isHeldOut[row]),
    warnings: trainedWhole(dataset, whole),
    cuts,
  };
}

function splitByColumn(
  dataset: Dataset,
  by: HoldoutCells,
  options: { readonly holdout: number; readonly seed: number },
): HoldOut {
  const { classes, source } = dataset;
  const rows = everyRow(dataset);
  const isHeldOut = heldOutByColumn(by, options);
  const holdout = rows.filter((row) => isHeldOut[row]);
  const isAskedFor = by.rule === 'holdout-column/1' || options.holdout > 0;
  const found = `no row is held out by ${nameInWords(by.column)}`;
  return {
    train: rows.filter((row) => !isHeldOut[row]),
    holdout,
    warnings: isAskedFor && holdout.length === 0 ? [`${source}: ${found}`] : [],
    cuts: classes.map(() => null),
  };
}

/**
 * The rows of any table that are on the held-out side of a model's cuts: those that were held out, where the model was
 * trained on them, and those that would have been. Of equal rows training may have held out some and learned from others, so
 * they are given only where each of them is on that side.
 *
 * @param dataset with the classes of the model
 * @param cuts as `holdOut` gives them
 * @returns the rows, ascending
 */
export function heldOutRows(
  dataset: Dataset,
  { cuts, hashes = hashRows(dataset), seed }: { cuts: HoldOut['cuts']; hashes?: RowHashes; seed: number },
): Uint32Array {
  const { labels, rowCount } = dataset;
  const earlier = hashes.countEarlier();
  const ranks = hashRank2(hashes, seed, earlier);
  const isHeldOut = Uint8Array.from({ length: rowCount }, (_, row) => {
    const cut = cuts[labels[row]!];
    return Number(cut != null && rankText(ranks, row) <= cut);
  });
  const repeated = new Set<string>();
  for (let row = 0; row < rowCount; row++) if (earlier[row]! > 0) repeated.add(hashes.hex(row));
  const split = new Set<string>();
  for (let row = 0; row < rowCount; row++) {
    if (repeated.size > 0 && !isHeldOut[row] && repeated.has(hashes.hex(row))) split.add(hashes.hex(row));
  }
  return everyRow(dataset).filter((row) => isHeldOut[row] && !(split.size > 0 && split.has(hashes.hex(row))));
}

/**
 * Deals rows into folds like cards: the classes one after another, the rows of each by rank (see `holdOut`; the ranks
 * are those among all rows of the dataset), one to each fold in turn. So folds differ by at most one row, in all and
 * per class.
 *
 * @param rows the rows to deal, without repetition
 * @param options.folds from 2 to the number of rows
 * @returns per fold its rows, ascending
 * @throws UsageError
 */
export function stratifiedFolds(
  dataset: Dataset,
  rows: Uint32Array,
  options: Ranking & { readonly folds: number },
): Uint32Array[] {
  checkArgument('dataset', dataset, aDataset);
  checkArgument('rows', rows, typedArray('a Uint32Array of rows'));
  checkOptions(options, foldsTable);
  const { folds } = options;
  if (folds > rows.length) throw badOption('folds', `from 2 to ${rows.length}, one for each row`, folds);
  const dealt: number[][] = Array.from({ length: folds }, () => []);
  let next = 0;
  for (const ranked of rankedClasses(dataset, rows, ranksOf(dataset, options))) {
    for (const row of ranked) dealt[next++ % folds]!.push(row);
  }
  return dealt.map((fold) => Uint32Array.from(fold).sort());
}

function ranksOf(dataset: Dataset, { hashes, partition = PARTITION, seed }: Ranking): Ranks {
  return partition === 'hash-rank/1' ? hashRank1(dataset, seed) : hashRank2(hashes ?? hashRows(dataset), seed);
}

/** Per class, those of the given rows that belong to it, by rank. */
function rankedClasses({ classes, labels }: Dataset, rows: Uint32Array, ranks: Ranks): Uint32Array[] {
  const ends = new Uint32Array(classes.length);
  for (const row of rows) ends[labels[row]!]!++;
  for (let index = 1; index < ends.length; index++) ends[index]! += ends[index - 1]!;
  const starts = Uint32Array.from(ends, (_, index) => (index === 0 ? 0 : ends[index - 1]!));
  const byClass = new Uint32Array(rows.length);
  const next = starts.slice();
  for (const row of rows) byClass[next[labels[row]!]!++] = row;
  return classes.map((_, index) => sortByRank(byClass.subarray(starts[index], ends[index]), ranks));
}

function everyRow({ rowCount }: Dataset): Uint32Array {
  return new Uint32Array(rowCount).map((_, row) => row);
}

/** A class of more than one row that is trained whole, as the hold-out wants none of its rows, or all of them. */
interface WholeClass {
  readonly index: number;
  readonly rowCount: number;
  readonly wanted: number;
}

/** At most two lines, however many classes there are. */
function trainedWhole({ source, target, classes }: Dataset, whole: readonly WholeClass[]): string[] {
  const where = `${source}: ${nameInWords(target)}`;
  const groups = [
    { some: whole.filter(({ wanted }) => wanted === 0), reason: 'too few to hold any out' },
    { some: whole.filter(({ wanted }) => wanted > 0), reason: 'of which the hold-out would leave none' },
  ];
  return groups.flatMap(({ some, reason }) => {
    if (some.length === 0) return [];
    const [{ index, rowCount }] = some as [WholeClass];
    if (some.length === 1) {
      return [`${where}: the class ${quote(classes[index]!)} has ${rowCount} rows, ${reason}: it is trained whole`];
    }
    const most = Math.max(...some.map((one) => one.rowCount));
    const names = quotedList(
      some.map((one) => classes[one.index]!),
      LISTED,
    );
    return [`${where}: ${some.length} classes have at most ${most} rows, ${reason}: they are trained whole: ${names}`];
  });
}
