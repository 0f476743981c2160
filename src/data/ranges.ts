import { parseNumber } from './cells.js';

/**
 * Ranges of numbers as classes. Their names are all that a model keeps of them, so a table of numbers can be scored
 * against it: a number is of the class whose range it lies in.
 */

/** @param cuts ascending, at least one: the numbers at which a class ends and the next one begins */
export function rangeNames(cuts: readonly number[]): string[] {
  const between = cuts.slice(1).map((cut, i) => `${cuts[i]} to below ${cut}`);
  return [`below ${cuts[0]}`, ...between, `${cuts.at(-1)} or more`];
}

/** The cuts of classes that are named so, in this order; undefined for other classes. */
export function cutsOfRanges(classes: readonly string[]): readonly number[] | undefined {
  const cuts = classes.slice(1).map((name) => parseNumber(name.split(' ')[0]!) ?? Number.NaN);
  if (cuts.length === 0 || cuts.some(Number.isNaN)) return undefined;
  return rangeNames(cuts).every((name, at) => name === classes[at]) ? cuts : undefined;
}

/** The index of the range that a number lies in: how many cuts are not above it. */
export function rangeOf(value: number, cuts: readonly number[]): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cuts[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Cuts a table's numbers into classes of about as many rows each: at the places between two different numbers that come
 * nearest to the quantiles. Where two quantiles come to one place there are fewer classes. A cut is a short decimal that
 * parts the two numbers beside it.
 *
 * @param values ascending different numbers, at least two
 * @param counts rows of each
 * @param classCount at least 2
 */
export function quantileCuts(values: readonly number[], counts: readonly number[], classCount: number): number[] {
  const rowCount = counts.reduce((sum, count) => sum + count, 0);
  const cuts: number[] = [];
  let at = 1;
  let below = counts[0]!;
  for (let k = 1; k < classCount; k++) {
    const wanted = (rowCount * k) / classCount;
    while (at < values.length - 1 && Math.abs(below + counts[at]! - wanted) < Math.abs(below - wanted)) {
      below += counts[at++]!;
    }
    const cut = shortBetween(values[at - 1]!, values[at]!);
    if (cut !== cuts.at(-1)) cuts.push(cut);
  }
  return cuts;
}

/** A decimal of few digits above `low` and not above `high`. */
function shortBetween(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  for (let digits = 1; digits < 17; digits++) {
    for (const value of [high, middle]) {
      const rounded = Number(value.toPrecision(digits));
      if (rounded > low && rounded <= high) return rounded;
    }
  }
  return high;
}
