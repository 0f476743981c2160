/**
 * What was predicted for some rows and what is true, counted.
 *
 * Rows with the same shares and the same predicted class are one group, since no metric can tell them apart: a tree
 * has no more groups than leaves. Groups are sorted, so every figure is the same to the last bit in whatever order
 * the rows come, and a bootstrap resample only needs new counts.
 */
export interface Tally extends CountedShares {
  readonly classes: readonly string[];
  /** `predicted[group]`: index of the predicted class. */
  readonly predicted: Int32Array;
  /** `ranking[class]`: the groups by falling share of the class. */
  readonly ranking: readonly Uint32Array[];
}

/** The part of a tally that says nothing of predicted classes. */
export interface CountedShares {
  readonly groupCount: number;
  /** `shares[group * classCount + class]`, in [0, 1]. */
  readonly shares: Float64Array;
  /** `counts[group * classCount + label]`: rows whose true class is `label`. */
  readonly counts: Float64Array;
}

/** What was predicted for some rows, row by row. */
export interface Predictions {
  /** `labels[row]`: the true class. */
  readonly labels: ArrayLike<number>;
  /** `predicted[row]`: the predicted class. */
  readonly predicted: ArrayLike<number>;
  /** `shares[row * classCount + class]`. */
  readonly shares: Float64Array;
}

/** @param classes class names, in index order */
export function tallyOf({ labels, predicted, shares }: Predictions, classes: readonly string[]): Tally {
  const classCount = classes.length;
  const { firstRows, groupOfRow } = groupRows(labels.length, predicted, shares, classCount);
  const sorted = firstRows
    .map((row, group) => ({ row, group }))
    .sort((a, b) => compareRows(shares, classCount, a.row, b.row) || predicted[a.row] - predicted[b.row]);
  const position = new Uint32Array(sorted.length);
  for (const [index, { group }] of sorted.entries()) position[group] = index;

  const groupShares = new Float64Array(sorted.length * classCount);
  const groupPredicted = new Int32Array(sorted.length);
  for (const [index, { row }] of sorted.entries()) {
    groupShares.set(shares.subarray(row * classCount, (row + 1) * classCount), index * classCount);
    groupPredicted[index] = predicted[row];
  }
  const counts = new Float64Array(sorted.length * classCount);
  for (let row = 0; row < labels.length; row++) {
    counts[position[groupOfRow[row]] * classCount + labels[row]]++;
  }
  return {
    classes,
    groupCount: sorted.length,
    shares: groupShares,
    predicted: groupPredicted,
    counts,
    ranking: classes.map((_, index) => rankGroups(groupShares, classCount, index)),
  };
}

/**
 * The same for rows of which the leaf is known: rows times classes, which may be more than memory holds, are never
 * laid out.
 *
 * @param leaves the leaf of each row
 * @param shares `shares[leaf * classCount + class]`
 */
export function tallyOfLeaves(
  labels: ArrayLike<number>,
  leaves: ArrayLike<number>,
  shares: Float64Array,
  classCount: number,
): CountedShares {
  const found = new Set<number>();
  for (let row = 0; row < leaves.length; row++) found.add(leaves[row]);
  const { first, groupOf } = groupLeaves([...found], shares, classCount);
  const counts = new Float64Array(first.length * classCount);
  for (let row = 0; row < labels.length; row++) counts[groupOf.get(leaves[row])! * classCount + labels[row]]++;
  return { groupCount: first.length, shares: sharesOf(first, shares, classCount), counts };
}

/** The same of rows that are counted. @param counts `counts[leaf * classCount + class]` */
export function tallyOfCounts(
  leaves: readonly number[],
  counts: ArrayLike<number>,
  shares: Float64Array,
  classCount: number,
): CountedShares {
  const reached = leaves.filter((leaf) => rowsAt(counts, leaf, classCount));
  const { first, groupOf } = groupLeaves(reached, shares, classCount);
  const sums = new Float64Array(first.length * classCount);
  for (const leaf of reached) {
    const at = groupOf.get(leaf)! * classCount;
    for (let k = 0; k < classCount; k++) sums[at + k] += counts[leaf * classCount + k];
  }
  return { groupCount: first.length, shares: sharesOf(first, shares, classCount), counts: sums };
}

/** Equal shares of one tree have one predicted class. */
export function tallyOfPredictedCounts(
  leaves: readonly number[],
  counts: Float64Array,
  { predicted, shares }: { readonly predicted: Int32Array; readonly shares: Float64Array },
  classes: readonly string[],
): Tally {
  const counted = tallyOfCounts(leaves, counts, shares, classes.length);
  const reached = leaves.filter((leaf) => rowsAt(counts, leaf, classes.length));
  const { first } = groupLeaves(reached, shares, classes.length);
  return {
    ...counted,
    classes,
    predicted: Int32Array.from(first, (leaf) => predicted[leaf]),
    ranking: classes.map((_, index) => rankGroups(counted.shares, classes.length, index)),
  };
}

function rowsAt(counts: ArrayLike<number>, leaf: number, classCount: number): boolean {
  for (let at = leaf * classCount; at < (leaf + 1) * classCount; at++) if (counts[at] > 0) return true;
  return false;
}

/** Leaves with the same shares are one group, named by the first of them. @param leaves different ones */
function groupLeaves(leaves: readonly number[], shares: Float64Array, classCount: number) {
  const groupOf = new Map<number, number>();
  const first: number[] = [];
  for (const leaf of [...leaves].sort((a, b) => compareRows(shares, classCount, a, b))) {
    if (first.length === 0 || compareRows(shares, classCount, first.at(-1)!, leaf) !== 0) first.push(leaf);
    groupOf.set(leaf, first.length - 1);
  }
  return { first, groupOf };
}

function sharesOf(leaves: readonly number[], shares: Float64Array, classCount: number): Float64Array {
  const own = new Float64Array(leaves.length * classCount);
  for (const [group, leaf] of leaves.entries()) {
    own.set(shares.subarray(leaf * classCount, (leaf + 1) * classCount), group * classCount);
  }
  return own;
}

/** Numbers the distinct predictions in order of appearance; `firstRows[group]` is the first row of a group. */
function groupRows(rowCount: number, predicted: ArrayLike<number>, shares: Float64Array, classCount: number) {
  const groupOfRow = new Uint32Array(rowCount);
  const firstRows: number[] = [];
  const words = new Uint32Array(shares.buffer, shares.byteOffset, shares.length * 2);
  // Open addressing, at most half full; -1 is a free slot.
  const slots = new Int32Array(1 << Math.max(1, 33 - Math.clz32(rowCount))).fill(-1);
  for (let row = 0; row < rowCount; row++) {
    let slot = hashWords(words, row * classCount * 2, (row + 1) * classCount * 2) & (slots.length - 1);
    while (slots[slot] !== -1 && !isSamePrediction(firstRows[slots[slot]], row)) {
      slot = (slot + 1) & (slots.length - 1);
    }
    if (slots[slot] === -1) slots[slot] = firstRows.push(row) - 1;
    groupOfRow[row] = slots[slot];
  }
  return { firstRows, groupOfRow };

  function isSamePrediction(a: number, b: number): boolean {
    return predicted[a] === predicted[b] && compareRows(shares, classCount, a, b) === 0;
  }
}

/** FNV-1a, a 32-bit word at a time, with a last mix of the high bits into the low ones. */
function hashWords(words: Uint32Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let index = start; index < end; index++) hash = Math.imul(hash ^ words[index], 0x01000193);
  return hash ^ (hash >>> 15);
}

function compareRows(shares: Float64Array, classCount: number, a: number, b: number): number {
  for (let index = 0; index < classCount; index++) {
    const difference = shares[a * classCount + index] - shares[b * classCount + index];
    if (difference !== 0) return difference;
  }
  return 0;
}

function rankGroups(shares: Float64Array, classCount: number, index: number): Uint32Array {
  const groups = Uint32Array.from({ length: shares.length / Math.max(1, classCount) }, (_, group) => group);
  return groups.sort((a, b) => shares[b * classCount + index] - shares[a * classCount + index] || a - b);
}

/** Rows of the tally. */
export function rowCountOf({ counts }: Tally): number {
  let rows = 0;
  for (const count of counts) rows += count;
  return rows;
}

/** Rows of each true class. */
export function supportOf({ classes, counts }: Tally): Float64Array {
  const support = new Float64Array(classes.length);
  for (let cell = 0; cell < counts.length; cell++) support[cell % classes.length] += counts[cell];
  return support;
}
