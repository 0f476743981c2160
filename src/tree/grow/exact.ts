/**
 * Which of two splits gains more, decided exactly: floating point only screens, near-ties are settled in integers.
 */
import { gainOf, massOf, type Objective } from '../criterion.js';

/**
 * Rounding moves a score by far less than this share of it; anything closer is settled exactly.
 * Why: docs/decisions/doubles-decide-below-1024-rows.md
 */
export const NEAR = 1e-9;

/** Rounding moves the gain of weighted entropies by less than this share of the node's mass. */
const ROUNDING = 1e-14;

/** A node's class counts and those of its left child. */
export interface SplitCounts {
  readonly node: Float64Array;
  readonly left: Float64Array;
}

/**
 * Above 0 when `a` gains more than `b`, 0 when they tie. The splits may be of different nodes.
 *
 * Gini gains are fractions of integers. A weight is a double, so a whole number times a power of two: scaled by one
 * power for all classes the weights are integers too. Entropy gains of unweighted counts tie only if the products of
 * k^k do, which the exponents of their primes show; those that do not tie are ordered in doubles. Weighted entropies
 * that differ by no more than rounding tie.
 */
export function compareGains(objective: Objective, a: SplitCounts, b: SplitCounts): number {
  if (a.node === b.node && sameSplit(a, b)) return 0;
  const difference = gainOf(objective, a.node, a.left) - gainOf(objective, b.node, b.left);
  const scale =
    massOf(objective, a.node, 0, a.node.length) + (a.node === b.node ? 0 : massOf(objective, b.node, 0, b.node.length));
  if (Math.abs(difference) > NEAR * scale) return difference;
  if (objective.criterion === 'gini') return compareGiniGains(objective.weights, a, b);
  if (objective.weights !== null) return Math.abs(difference) > ROUNDING * scale ? difference : 0;
  return sameEntropyGain(a, b) ? 0 : difference;
}

/** The same rows of each class on either side, or the two sides swapped. */
function sameSplit({ node, left }: SplitCounts, other: SplitCounts): boolean {
  let same = true;
  let swapped = true;
  for (let c = 0; c < node.length; c++) {
    if (left[c] !== other.left[c]) same = false;
    if (node[c] - left[c] !== other.left[c]) swapped = false;
  }
  return same || swapped;
}

function compareGiniGains(weights: Float64Array | null, a: SplitCounts, b: SplitCounts): number {
  const scaled = weights === null ? null : integerWeights(weights);
  const [aNumerator, aDenominator] = giniGain(scaled, a);
  const [bNumerator, bDenominator] = giniGain(scaled, b);
  const difference = aNumerator * bDenominator - bNumerator * aDenominator;
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

/** squares(left) / mass(left) + squares(right) / mass(right) - squares(node) / mass(node), as one fraction. */
function giniGain(weights: readonly bigint[] | null, { node, left }: SplitCounts): [bigint, bigint] {
  const right = node.map((count, c) => count - left[c]);
  const [leftMass, leftSquares] = massAndSquares(weights, left);
  const [rightMass, rightSquares] = massAndSquares(weights, right);
  const [mass, squares] = massAndSquares(weights, node);
  const children = leftSquares * rightMass + rightSquares * leftMass;
  return [children * mass - squares * leftMass * rightMass, leftMass * rightMass * mass];
}

function massAndSquares(weights: readonly bigint[] | null, counts: Float64Array): [bigint, bigint] {
  let mass = 0n;
  let squares = 0n;
  for (let c = 0; c < counts.length; c++) {
    const term = weights === null ? BigInt(counts[c]) : BigInt(counts[c]) * weights[c];
    mass += term;
    squares += term * term;
  }
  return [mass, squares];
}

/** The weights times the smallest power of two that makes all of them whole; at most 2^1074. */
export function integerWeights(weights: Float64Array): bigint[] {
  let doublings = 0;
  for (let weight of weights) {
    let needed = 0;
    for (; !Number.isInteger(weight); weight *= 2) needed++;
    doublings = Math.max(doublings, needed);
  }
  return Array.from(weights, (weight) => {
    let left = doublings;
    for (; !Number.isInteger(weight); weight *= 2) left--;
    return BigInt(weight) << BigInt(left);
  });
}

function sameEntropyGain(a: SplitCounts, b: SplitCounts): boolean {
  const exponents = new Map<number, number>();
  addEntropyGain(exponents, a, 1);
  addEntropyGain(exponents, b, -1);
  for (const exponent of exponents.values()) if (exponent !== 0) return false;
  return true;
}

/** 2^gain is a product of counts to their own powers: adds the exponents of its primes, `sign` times. */
function addEntropyGain(exponents: Map<number, number>, { node, left }: SplitCounts, sign: number): void {
  const right = node.map((count, c) => count - left[c]);
  for (const [counts, side] of [
    [left, sign],
    [right, sign],
    [node, -sign],
  ] as const) {
    let rows = 0;
    for (const count of counts) {
      addPower(exponents, count, count * side);
      rows += count;
    }
    addPower(exponents, rows, -rows * side);
  }
}

function addPower(exponents: Map<number, number>, base: number, exponent: number): void {
  let rest = base;
  for (let prime = 2; prime * prime <= rest; prime++) {
    for (; rest % prime === 0; rest /= prime) exponents.set(prime, (exponents.get(prime) ?? 0) + exponent);
  }
  if (rest > 1) exponents.set(rest, (exponents.get(rest) ?? 0) + exponent);
}
