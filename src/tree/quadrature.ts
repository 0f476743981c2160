/** Points in (0, 1) and their weights, which add up to 1. */
export interface Quadrature {
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

/** Newton's method doubles the digits: it needs far fewer. */
const MOST_STEPS = 20;

/**
 * Gauss and Legendre's quadrature over [0, 1]: the weighted sum over the points is the integral of any polynomial whose degree
 * is below `2 * count`.
 */
export function gaussLegendre(count: number): Quadrature {
  const points = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    // Tricomi's approximation of the zeros of Legendre's polynomial in (-1, 1).
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < MOST_STEPS; step++) {
      const { derivative, value } = legendre(count, x);
      slope = derivative;
      const next = x - value / derivative;
      if (next === x) break;
      x = next;
    }
    points[i] = (1 - x) / 2;
    weights[i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { points, weights };
}

function legendre(degree: number, x: number): { value: number; derivative: number } {
  let [value, before] = [1, 0];
  for (let k = 1; k <= degree; k++) {
    [value, before] = [((2 * k - 1) * x * value - (k - 1) * before) / k, value];
  }
  return { value, derivative: (degree * (x * value - before)) / (x * x - 1) };
}
