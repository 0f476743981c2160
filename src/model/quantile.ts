/**
 * First and third quartile, interpolated linearly between order statistics (type 7 of Hyndman and Fan, Sample
 * Quantiles in Statistical Packages, 1996). Reorders `values`, which must not be empty and hold no NaN.
 */
export function quartiles(values: Float64Array): { lower: number; upper: number } {
  const lower = quantile(values, 0.25, 0);
  // What is below the lower one is in front of it.
  return { lower, upper: quantile(values, 0.75, Math.floor((values.length - 1) * 0.25)) };
}

/** @param start no value before it is above one behind */
function quantile(values: Float64Array, share: number, start: number): number {
  const place = (values.length - 1) * share;
  const index = Math.floor(place);
  const fraction = place - index;
  select(values, index, start);
  const below = values[index];
  if (fraction === 0) return below;
  const above = leastFrom(values, index + 1);
  return between(below, above, fraction);
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
function select(values: Float64Array, index: number, from: number): void {
  let start = from;
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
