/** Values of which it is known how many lie between some edges. */
export interface BinnedValues {
  /** At least one, none NaN. */
  readonly values: Float64Array;
  /** Ascending: bin i holds edges[i] <= value < edges[i + 1], and the last one its upper edge as well. */
  readonly edges: ArrayLike<number>;
  /** How many values are in each bin. */
  readonly totals: ArrayLike<number>;
}

/**
 * First and third quartile, interpolated linearly between order statistics (type 7 of Hyndman and Fan, Sample
 * Quantiles in Statistical Packages, 1996). Only the values of the bin where one lies are put in order.
 *
 * @param scratch for as many values
 */
export function quartiles(binned: BinnedValues, scratch: Float64Array): { lower: number; upper: number } {
  return { lower: quantile(binned, 0.25, scratch), upper: quantile(binned, 0.75, scratch) };
}

function quantile({ edges, totals, values }: BinnedValues, share: number, scratch: Float64Array): number {
  const place = (values.length - 1) * share;
  const index = Math.floor(place);
  const fraction = place - index;
  let bin = 0;
  let before = 0;
  while (before + totals[bin] <= index) before += totals[bin++];
  const isLast = bin === totals.length - 1;
  const some = valuesWithin(values, edges[bin], isLast ? Number.POSITIVE_INFINITY : edges[bin + 1], scratch);
  select(some, index - before);
  const below = some[index - before];
  if (fraction === 0) return below;
  const next = index + 1 - before;
  const above = next < some.length ? leastFrom(some, next) : leastOf(values, edges[bin + 1]);
  return between(below, above, fraction);
}

/** Those from `low` up to `high`, which is none of them. */
function valuesWithin(values: Float64Array, low: number, high: number, scratch: Float64Array): Float64Array {
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    // Without a branch, which no processor could predict: a third of the time.
    scratch[count] = value;
    count += Number(value >= low) & Number(value < high);
  }
  return scratch.subarray(0, count);
}

/** The least of those that are at least `low`. */
function leastOf(values: Float64Array, low: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i] >= low && values[i] < least) least = values[i];
  return least;
}

/** Interpolated linearly. Not below + fraction * (above - below): that difference can overflow. */
export function between(below: number, above: number, fraction: number): number {
  return above === below ? below : below * (1 - fraction) + above * fraction;
}

function leastFrom(values: Float64Array, start: number): number {
  let least = values[start];
  for (let i = start + 1; i < values.length; i++) if (values[i] < least) least = values[i];
  return least;
}

/**
 * Hoare's selection: puts the value that belongs at `index` there, none above it before, none below it behind. The
 * pivot is the middle of three, so sorted columns are no bad case.
 */
function select(values: Float64Array, index: number): void {
  let start = 0;
  let end = values.length - 1;
  while (start < end) {
    const pivot = middle(values[start], values[(start + end) >> 1], values[end]);
    let low = start;
    let high = end;
    while (low <= high) {
      while (values[low] < pivot) low++;
      while (values[high] > pivot) high--;
      if (low > high) break;
      const value = values[low];
      values[low++] = values[high];
      values[high--] = value;
    }
    if (index <= high) end = high;
    else if (index >= low) start = low;
    else return;
  }
}

function middle(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
