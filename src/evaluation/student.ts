/**
 * The t for which a Student variable with `degrees` degrees of freedom lies in [-t, t] with the given probability.
 *
 * @param probability in (0, 1)
 * @param degrees a whole number of at least 1
 */
export function studentQuantile(probability: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (centralProbability(high, degrees) < probability) high *= 2;
  for (let step = 0; step < 100 && low < high; step++) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) break;
    if (centralProbability(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return high;
}

/** P(|T| <= t): Abramowitz & Stegun, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4. */
function centralProbability(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const cosine = Math.cos(angle);
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let index = odd ? 2 : 1; index < degrees - 2; index += 2) {
    term *= (index / (index + 1)) * cosine * cosine;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}
