/** A measured number, or the reason why there is none: an undefined figure is never shown as 0. */
export type Figure = { readonly value: number } | { readonly value: null; readonly reason: string };

export function defined(value: number): Figure {
  return { value };
}

export function undefinedBecause(reason: string): Figure {
  return { value: null, reason };
}

/** numerator / denominator, undefined for `reason` where the denominator is 0. */
export function ratio(numerator: number, denominator: number, reason: string): Figure {
  return denominator === 0 ? undefinedBecause(reason) : defined(numerator / denominator);
}

/**
 * The mean, weighted if `weights` are given. A figure that carries weight and is undefined makes the mean undefined
 * for the same reason.
 */
export function meanOf(figures: readonly Figure[], weights?: ArrayLike<number>): Figure {
  let sum = 0;
  let total = 0;
  for (const [index, figure] of figures.entries()) {
    const weight = weights === undefined ? 1 : (weights[index] ?? 0);
    if (weight === 0) continue;
    if (figure.value === null) return figure;
    sum += weight * figure.value;
    total += weight;
  }
  return ratio(sum, total, 'there are no rows');
}
