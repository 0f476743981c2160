/**
 * The impurity of a node: Gini and entropy as in Breiman, Friedman, Olshen, Stone: Classification and Regression Trees
 * (1984), chapter 4, over class-weighted shares.
 *
 * Floating-point terms are added in ascending order, so that the names of the classes change nothing.
 */

// Why: docs/decisions/entropy-in-fixed-point.md
export type ImpurityName = 'gini' | 'entropy';

/** What splits minimise. */
export interface Objective {
  readonly criterion: ImpurityName;
  /** One positive weight per class; null: every class weighs 1. */
  readonly weights: Float64Array | null;
}

/** Total weight of `counts[offset .. offset + classCount)`. */
export function massOf(objective: Objective, counts: ArrayLike<number>, offset: number, classCount: number): number {
  const { weights } = objective;
  if (weights !== null) return sumAscending(weighted(counts, offset, classCount, weights));
  let rows = 0;
  for (let c = 0; c < classCount; c++) rows += counts[offset + c];
  return rows;
}

/** Impurity of a node with `counts[offset + class]` rows of each class; 0 exactly where only one class has rows. */
export function impurityOf(
  objective: Objective,
  counts: ArrayLike<number>,
  offset: number,
  classCount: number,
): number {
  if (isPure(counts, offset, classCount)) return 0;
  if (objective.criterion === 'gini' && objective.weights === null) return countGini(counts, offset, classCount);
  const masses = weighted(counts, offset, classCount, objective.weights);
  return objective.criterion === 'gini' ? gini(masses) : entropy(masses);
}

/** The decrease of the impurity by a split, times the weight of the node: below 0 by rounding only. */
export function gainOf(objective: Objective, node: Float64Array, left: Float64Array): number {
  const classCount = node.length;
  const right = node.map((count, c) => count - left[c]);
  const part = (counts: Float64Array) =>
    massOf(objective, counts, 0, classCount) * impurityOf(objective, counts, 0, classCount);
  return part(node) - (part(left) + part(right));
}

export function isPure(counts: ArrayLike<number>, offset: number, classCount: number): boolean {
  let present = 0;
  for (let c = 0; c < classCount; c++) if (counts[offset + c] > 0 && ++present > 1) return false;
  return true;
}

/** Of whole counts: numerator and denominator are exact below 2^26 rows, so only the division rounds. */
function countGini(counts: ArrayLike<number>, offset: number, classCount: number): number {
  let rows = 0;
  let squares = 0;
  for (let c = 0; c < classCount; c++) {
    const count = counts[offset + c];
    rows += count;
    squares += count * count;
  }
  return (rows * rows - squares) / (rows * rows);
}

function gini(masses: Float64Array): number {
  const total = sumAscending(masses);
  return 1 - sumAscending(masses.map((mass) => (mass / total) * (mass / total)));
}

function entropy(masses: Float64Array): number {
  const total = sumAscending(masses);
  return sumAscending(masses.map((mass) => (mass > 0 ? -(mass / total) * Math.log2(mass / total) : 0)));
}

function weighted(
  counts: ArrayLike<number>,
  offset: number,
  classCount: number,
  weights: Float64Array | null,
): Float64Array {
  const masses = new Float64Array(classCount);
  for (let c = 0; c < classCount; c++) masses[c] = counts[offset + c] * (weights === null ? 1 : weights[c]);
  return masses;
}

/** Sorts `terms` in place. */
function sumAscending(terms: Float64Array): number {
  terms.sort();
  let sum = 0;
  for (const term of terms) sum += term;
  return sum;
}
