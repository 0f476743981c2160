/**
 * Scans a column of numbers in its order: every boundary between two distinct values is a candidate.
 *
 * Boundaries inside a run of one class cannot be best (Fayyad, Irani 1992) unless a limit on leaves binds. They are
 * tried all the same: scoring one costs less than a branch on random classes, measured at half the time.
 */
import { offer, offerCounts, offerFrom, type Search } from './search.js';

/**
 * Tries the boundaries before each entry in (from, to) of the table. `search.left` holds the classes of the `leftRows`
 * rows that are on the left of all of them: none, or those without a value. It is used up.
 *
 * @param start of the node's entries of this feature
 */
export function scanNumbers(search: Search, start: number, to: number, leftRows: number): void {
  if (to - start < 2) return;
  const { weights } = search.objective;
  if (weights !== null) scanWeighted(search, weights, start, to, leftRows);
  else if (search.logs !== null) scanEntropy(search, search.logs, start, to, leftRows);
  else scanGini(search, start, to, leftRows);
}

/**
 * Moving a row of class c to the left adds 2·left[c] + 1 to the squares of the left. Those of the right follow from
 * (node - left)² = node² - 2·node·left + left². All of it are integers below 2^53.
 */
function scanGini(search: Search, start: number, to: number, leftRowsBefore: number): void {
  const { node, left, best, minSamplesLeaf } = search;
  const { entries, classMask } = search.table;
  const from = offerFrom(search);
  const rowCount = search.rowCount;
  const maxLeftRows = rowCount - minSamplesLeaf;
  let nodeSquares = 0;
  let leftSquares = 0;
  let products = 0; // Σ node[c]·left[c]
  for (let c = 0; c < node.length; c++) {
    nodeSquares += node[c] * node[c];
    leftSquares += left[c] * left[c];
    products += node[c] * left[c];
  }
  let bestNumerator = best.score[0] * from;
  let bestDenominator = best.score[1];
  let leftRows = leftRowsBefore;
  for (let i = start; i < to; i++) {
    const entry = entries[i];
    if ((entry & 1) === 1 && i > start && leftRows >= minSamplesLeaf && leftRows <= maxLeftRows) {
      const rightRows = rowCount - leftRows;
      const rightSquares = nodeSquares - 2 * products + leftSquares;
      const numerator = leftSquares * rightRows + rightSquares * leftRows;
      const denominator = leftRows * rightRows;
      if (numerator * bestDenominator > bestNumerator * denominator) {
        if (offer(search, i - start, numerator, denominator)) {
          bestNumerator = numerator * from;
          bestDenominator = denominator;
        }
      }
    }
    const c = (entry >>> 1) & classMask;
    const l = left[c];
    left[c] = l + 1;
    leftSquares += 2 * l + 1;
    products += node[c];
    leftRows++;
  }
}

/** The same with k·log2(k) in the place of squares. */
function scanEntropy(search: Search, logs: Float64Array, start: number, to: number, leftRowsBefore: number): void {
  const { node, left, best, minSamplesLeaf } = search;
  const { entries, classMask } = search.table;
  const from = offerFrom(search);
  const rowCount = search.rowCount;
  const maxLeftRows = rowCount - minSamplesLeaf;
  let terms = logs[rowCount];
  for (let c = 0; c < node.length; c++) terms += logs[left[c]] + logs[node[c] - left[c]];
  let bestScore = best.score[0] * from;
  let leftRows = leftRowsBefore;
  for (let i = start; i < to; i++) {
    const entry = entries[i];
    if ((entry & 1) === 1 && i > start && leftRows >= minSamplesLeaf && leftRows <= maxLeftRows) {
      const score = terms - logs[leftRows] - logs[rowCount - leftRows];
      if (score > bestScore && offer(search, i - start, score, 1)) bestScore = score * from;
    }
    const c = (entry >>> 1) & classMask;
    const l = left[c];
    const r = node[c] - l;
    left[c] = l + 1;
    terms += logs[l + 1] - logs[l] + logs[r - 1] - logs[r];
    leftRows++;
  }
}

/** Squares of masses beyond, or below its inverse, may leave the range of doubles. */
const SMALLEST_WEIGHT = 1e-100;

/** Weights are no integers, and sums of them would drift: every candidate is scored from its counts. */
function scanWeighted(search: Search, weights: Float64Array, start: number, to: number, leftRowsBefore: number): void {
  const { entries, classMask } = search.table;
  const { best, left, minSamplesLeaf, node, objective } = search;
  const canBeRough = weights.every((weight) => weight > SMALLEST_WEIGHT && weight < 1 / SMALLEST_WEIGHT);
  const roughScore = objective.criterion === 'gini' ? roughGini : roughEntropy;
  const maxLeftRows = search.rowCount - minSamplesLeaf;
  const from = offerFrom(search);
  let leftRows = leftRowsBefore;
  for (let i = start; i < to; i++) {
    const entry = entries[i];
    if ((entry & 1) === 1 && i > start && leftRows >= minSamplesLeaf && leftRows <= maxLeftRows) {
      const isWorse = canBeRough && roughScore(node, left, weights) < best.score[0] * from;
      if (!isWorse) offerCounts(search, i - start, leftRows);
    }
    left[(entry >>> 1) & classMask]++;
    leftRows++;
  }
}

/** The score of weighted gini but for the order in which its terms are added. */
function roughGini(node: Float64Array, left: Float64Array, weights: Float64Array): number {
  let leftMass = 0;
  let rightMass = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  for (let c = 0; c < node.length; c++) {
    const l = weights[c] * left[c];
    const r = weights[c] * (node[c] - left[c]);
    leftMass += l;
    rightMass += r;
    leftSquares += l * l;
    rightSquares += r * r;
  }
  return (leftMass + rightMass) * Math.log2(node.length) + leftSquares / leftMass + rightSquares / rightMass;
}

/** The same of weighted entropy. */
function roughEntropy(node: Float64Array, left: Float64Array, weights: Float64Array): number {
  let leftMass = 0;
  let rightMass = 0;
  let logs = 0;
  for (let c = 0; c < node.length; c++) {
    const l = weights[c] * left[c];
    const r = weights[c] * (node[c] - left[c]);
    leftMass += l;
    rightMass += r;
    if (l > 0) logs += l * Math.log2(l);
    if (r > 0) logs += r * Math.log2(r);
  }
  const mass = leftMass + rightMass;
  return mass * (1 + Math.log2(node.length)) + logs - leftMass * Math.log2(leftMass) - rightMass * Math.log2(rightMass);
}
