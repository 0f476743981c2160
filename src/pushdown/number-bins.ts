import type { BestSplit } from './best-split.js';

/** Rows whose values lie from `min` to `max`; between bins of one column none does. */
export interface Bin {
  readonly min: number;
  readonly max: number;
  /** Rows of each class. */
  readonly counts: Float64Array;
}

/** Neighbouring bins between which, at a node, a better split may lie. */
export interface Range extends Bin {
  /** Rows of each class with a smaller value. */
  readonly before: Float64Array;
}

/** A column of numbers at a node. */
export interface NumberColumn {
  readonly feature: number;
  /** Rows of each class without a value. */
  readonly missing: Float64Array;
}

/**
 * Offers the boundaries between bins, and the one before missing values.
 * @param bins ascending
 * @param before rows of each class before the first bin
 * @param isLast whether no value of the node is above the last bin
 */
export function offerBoundaries(
  best: BestSplit,
  { feature, missing }: NumberColumn,
  bins: readonly Bin[],
  before: Float64Array,
  isLast: boolean,
): void {
  const hasMissing = missing.some((count) => count > 0);
  for (const missingLeft of hasMissing ? [false, true] : [false]) {
    const left = missingLeft ? sum(before, missing) : before.slice();
    for (const [i, { counts, max }] of bins.entries()) {
      addTo(left, counts);
      const next = bins[i + 1];
      const isEnd = next === undefined;
      if (isEnd && (missingLeft || !hasMissing || !isLast)) continue;
      const upper = isEnd ? Number.POSITIVE_INFINITY : next.min;
      best.offer(left, { feature, missingLeft, lower: max, upper, categories: null, order: max });
    }
  }
}

/** The bins in which a split may lie that is as good as the best, neighbours as one. */
export function rangesToSearch(
  best: BestSplit,
  { missing }: NumberColumn,
  bins: readonly Bin[],
  before: Float64Array,
): Range[] {
  const hasMissing = missing.some((count) => count > 0);
  const ranges: Range[] = [];
  const left = before.slice();
  let touches = false;
  for (const bin of bins) {
    const isOpen = bin.min < bin.max;
    const isIn =
      isOpen && (best.mayReach(left, bin.counts) || (hasMissing && best.mayReach(sum(left, missing), bin.counts)));
    const last = ranges.at(-1);
    if (isIn && touches && last !== undefined) {
      ranges[ranges.length - 1] = { ...last, max: bin.max, counts: sum(last.counts, bin.counts) };
    } else if (isIn) ranges.push({ ...bin, before: left.slice() });
    touches = isIn;
    addTo(left, bin.counts);
  }
  return ranges;
}

/** Offers the boundaries between the values of a range, which come one after another. */
export class ValueScan {
  readonly #best: BestSplit;
  readonly #column: NumberColumn;
  readonly #left: Float64Array;
  readonly #hasMissing: boolean;
  #value = Number.NaN;

  constructor(best: BestSplit, column: NumberColumn, range: Range) {
    this.#best = best;
    this.#column = column;
    this.#left = range.before.slice();
    this.#hasMissing = column.missing.some((count) => count > 0);
  }

  /** @param value that of the last call, or a larger one */
  add(value: number, label: number, rows: number): void {
    if (value > this.#value) this.#offer(value);
    this.#value = value;
    this.#left[label]! += rows;
  }

  #offer(upper: number): void {
    const { feature, missing } = this.#column;
    const candidate = { feature, lower: this.#value, upper, categories: null, order: this.#value };
    this.#best.offer(this.#left, { ...candidate, missingLeft: false });
    if (this.#hasMissing) this.#best.offer(sum(this.#left, missing), { ...candidate, missingLeft: true });
  }
}

export function sum(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((count, c) => count + b[c]!);
}

function addTo(sums: Float64Array, counts: Float64Array): void {
  for (let c = 0; c < sums.length; c++) sums[c]! += counts[c]!;
}
