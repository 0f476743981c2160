/**
 * A slow second opinion on a grown tree, in exact arithmetic and by itself: it shares no code with the grower. Every
 * candidate of every node is tried; gains are fractions of big integers (gini) or products of k^k (entropy).
 */
import { expect } from 'vitest';
import type { Tree } from '../../../src/tree/tree.js';

export interface PlainTable {
  /** `columns[feature][row]`: a number, the index of a category, or null where missing. */
  readonly columns: readonly (readonly (number | null)[])[];
  /** `categoryCounts[feature]`; 0 at a column of numbers. */
  readonly categoryCounts: readonly number[];
  readonly labels: readonly number[];
  readonly classCount: number;
}

export interface PlainSettings {
  readonly criterion: 'gini' | 'entropy';
  readonly maxDepth: number;
  readonly minSamplesSplit: number;
  readonly minSamplesLeaf: number;
  readonly maxLeafNodes: number;
  readonly minImpurityDecrease: number;
  /** Null: every class weighs 1. */
  readonly weights: readonly number[] | null;
}

/** The features that a node may ask for: the one of these rows, with so many in the nodes on its left. */
export type Draw = (start: number, rows: readonly number[]) => readonly number[];

export const plainSettings: PlainSettings = {
  criterion: 'gini',
  maxDepth: Number.POSITIVE_INFINITY,
  minSamplesSplit: 2,
  minSamplesLeaf: 1,
  maxLeafNodes: Number.POSITIVE_INFINITY,
  minImpurityDecrease: 0,
  weights: null,
};

/** A way to divide some rows, by the classes on either side. */
interface Candidate {
  readonly feature: number;
  /** Between which two values; `[value, null]`: missing ones alone on the right. Null at a category split. */
  readonly between: readonly [number, number | null] | null;
  readonly categories: ReadonlySet<number> | null;
  readonly missingLeft: boolean;
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** In floating point. */
  readonly gain: number;
}

/** Fails, saying at which node, unless the tree is the one that the rules give. Without a draw all features count. */
export function expectLegalTree(tree: Tree, table: PlainTable, settings: PlainSettings, draw?: Draw): void {
  const everyRow = table.labels.map((_, row) => row);
  const bests = new Map<number, Candidate | null>();
  const visit = (node: number, rows: readonly number[], depth: number, start: number): void => {
    expectCounts(tree, node, rows, table, settings);
    const best = mayBeSplit(rows, depth, table, settings)
      ? bestCandidate(rows, table, settings, draw?.(start, rows))
      : null;
    bests.set(node, best);
    if (tree.left[node] === -1) {
      if (settings.maxLeafNodes === Number.POSITIVE_INFINITY) expect(best, `leaf ${node}`).toBeNull();
      return;
    }
    if (best === null) throw new Error(`node ${node} is split, but nothing allows it`);
    expectSplit(tree, node, rows, best, table);
    const isLeft = (row: number) => goesLeft(best, table.columns[best.feature][row]);
    const left = rows.filter(isLeft);
    const right = rows.filter((row) => !isLeft(row));
    visit(tree.left[node], left, depth + 1, start);
    visit(tree.right[node], right, depth + 1, start + left.length);
  };
  visit(0, everyRow, 0, 0);
  expectPreorder(tree);
  if (settings.maxLeafNodes !== Number.POSITIVE_INFINITY) expectBestFirst(tree, bests, settings);
}

function goesLeft({ between, categories, missingLeft }: Candidate, value: number | null): boolean {
  if (value === null) return missingLeft;
  return between === null ? categories!.has(value) : value <= between[0];
}

function expectCounts(tree: Tree, node: number, rows: readonly number[], table: PlainTable, settings: PlainSettings) {
  const counts = countClasses(rows, table);
  expect(
    [...tree.counts.subarray(node * table.classCount, (node + 1) * table.classCount)],
    `counts of ${node}`,
  ).toEqual(counts);
  expect(Math.abs(tree.impurity[node] - impurity(counts, settings)), `impurity of ${node}`).toBeLessThan(1e-12);
}

function mayBeSplit(rows: readonly number[], depth: number, table: PlainTable, settings: PlainSettings): boolean {
  const isPure = countClasses(rows, table).filter((count) => count > 0).length === 1;
  return !isPure && depth < settings.maxDepth && rows.length >= settings.minSamplesSplit;
}

/** The first of the best candidates, or null where there is none that the limits allow. */
function bestCandidate(
  rows: readonly number[],
  table: PlainTable,
  settings: PlainSettings,
  features?: readonly number[],
): Candidate | null {
  let best: Candidate | null = null;
  for (const candidate of candidatesOf(rows, table, settings)) {
    if (features?.includes(candidate.feature) === false) continue;
    if (Math.min(sum(candidate.left), sum(candidate.right)) < settings.minSamplesLeaf) continue;
    if (best === null || compare(candidate, best, settings) > 0) best = candidate;
  }
  if (best === null) return null;
  const everyRow = table.labels.map((_, row) => row);
  const improvement = best.gain / mass(countClasses(everyRow, table), settings);
  return improvement < settings.minImpurityDecrease - 1e-12 ? null : best;
}

function* candidatesOf(rows: readonly number[], table: PlainTable, settings: PlainSettings): Generator<Candidate> {
  const node = countClasses(rows, table);
  for (let feature = 0; feature < table.columns.length; feature++) {
    const column = table.columns[feature];
    const present = rows.filter((row) => column[row] !== null);
    const missing = countClasses(
      rows.filter((row) => column[row] === null),
      table,
    );
    const divide = table.categoryCounts[feature] > 0 ? categoryDivisions : numberDivisions;
    for (const missingLeft of sum(missing) > 0 ? [false, true] : [false]) {
      for (const { below, ...rule } of divide(present, table, feature)) {
        const left = missingLeft ? add(below, missing) : below;
        const right = node.map((count, c) => count - left[c]);
        // All present ones on one side: only with missing ones alone on the right.
        if (sum(right) === 0) continue;
        yield { feature, ...rule, missingLeft, left, right, gain: approximateGain(left, right, settings) };
      }
    }
  }
}

/** A rule for present rows, and the classes that it sends left. The last rule sends all of them left. */
type Division = Pick<Candidate, 'between' | 'categories'> & { readonly below: readonly number[] };

function* numberDivisions(present: readonly number[], table: PlainTable, feature: number): Generator<Division> {
  const column = table.columns[feature];
  const sorted = [...present].sort((a, b) => column[a]! - column[b]!);
  const below = countClasses([], table);
  for (let i = 0; i < sorted.length; i++) {
    below[table.labels[sorted[i]]]++;
    const value = column[sorted[i]]!;
    const next = i + 1 < sorted.length ? column[sorted[i + 1]]! : null;
    if (value !== next) yield { between: [value, next], categories: null, below: [...below] };
  }
}

function* categoryDivisions(present: readonly number[], table: PlainTable, feature: number): Generator<Division> {
  const column = table.columns[feature];
  const seen = [...new Set(present.map((row) => column[row]!))].sort((a, b) => a - b);
  const members = (category: number) => present.filter((row) => column[row] === category);
  for (let target = table.classCount === 2 ? 1 : 0; target < table.classCount; target++) {
    const share = (category: number) => countClasses(members(category), table)[target] / members(category).length;
    const order = [...seen].sort((a, b) => share(a) - share(b) || a - b);
    for (let size = 1; size <= order.length; size++) {
      const categories = new Set(order.slice(0, size));
      const below = countClasses(
        present.filter((row) => categories.has(column[row]!)),
        table,
      );
      yield { between: null, categories, below };
    }
  }
}

function expectSplit(tree: Tree, node: number, rows: readonly number[], best: Candidate, table: PlainTable): void {
  const column = table.columns[best.feature];
  const isLeftHeavier = sum(best.left) > sum(best.right);
  const missingHere = rows.some((row) => column[row] === null);
  const missingLeft = missingHere ? best.missingLeft : column.includes(null) && isLeftHeavier;
  const found = {
    feature: tree.feature[node],
    threshold: tree.threshold[node],
    categories: tree.categories?.[node] ?? null,
    missingLeft: tree.missingLeft[node] === 1,
  };
  let categories: number[] | null = null;
  if (best.categories !== null) {
    const seen = new Set(rows.map((row) => column[row]));
    const all = Array.from({ length: table.categoryCounts[best.feature] }, (_, category) => category);
    categories = all.filter((c) => (seen.has(c) ? best.categories!.has(c) : isLeftHeavier));
  }
  const threshold = best.between === null ? 0 : thresholdOf(best.between);
  expect(found, `split of ${node}`).toEqual({ feature: best.feature, threshold, categories, missingLeft });
}

function thresholdOf([below, above]: readonly [number, number | null]): number {
  if (above === null) return Number.MAX_VALUE;
  const middle = below / 2 + above / 2;
  return middle < above ? middle : below;
}

function expectPreorder(tree: Tree): void {
  const order: number[] = [];
  const visit = (node: number): void => {
    order.push(node);
    if (tree.left[node] === -1) return;
    visit(tree.left[node]);
    visit(tree.right[node]);
  };
  visit(0);
  expect(order).toEqual(Array.from({ length: tree.nodeCount }, (_, node) => node));
}

/** Plays the growth again: always the largest gain next, of equals the node that was made first. */
function expectBestFirst(tree: Tree, bests: ReadonlyMap<number, Candidate | null>, settings: PlainSettings): void {
  const open = [0];
  let leaves = 1;
  while (leaves < settings.maxLeafNodes) {
    let next = -1;
    for (const node of open) {
      const best = bests.get(node) ?? null;
      if (best === null) continue;
      if (next === -1 || compare(best, bests.get(next)!, settings) > 0) next = node;
    }
    if (next === -1) break;
    expect(tree.left[next], `node ${next} comes next`).not.toBe(-1);
    open.splice(open.indexOf(next), 1);
    open.push(tree.left[next], tree.right[next]);
    leaves++;
  }
  for (const node of open) expect(tree.left[node], `leaf ${node}`).toBe(-1);
}

/** Above 0 when a gains more. Gains of different nodes compare too. */
function compare(a: Candidate, b: Candidate, settings: PlainSettings): number {
  const { criterion, weights } = settings;
  const difference = a.gain - b.gain;
  if (Math.abs(difference) > 1e-9 * mass(add(a.left, a.right), settings)) return difference;
  if (criterion === 'entropy' && weights !== null) return Math.abs(difference) < 1e-11 ? 0 : difference;
  const exactGain = criterion === 'gini' ? exactGiniGain : exactEntropyGain;
  const [aNumerator, aDenominator] = exactGain(a, weights);
  const [bNumerator, bDenominator] = exactGain(b, weights);
  const exact = aNumerator * bDenominator - bNumerator * aDenominator;
  return exact > 0n ? 1 : exact < 0n ? -1 : 0;
}

function approximateGain(left: readonly number[], right: readonly number[], settings: PlainSettings): number {
  const part = (counts: readonly number[]) => mass(counts, settings) * impurity(counts, settings);
  return part(add(left, right)) - part(left) - part(right);
}

function exactGiniGain({ left, right }: Candidate, weights: readonly number[] | null): [bigint, bigint] {
  const [leftSquares, leftMass] = squaresAndMass(left, weights);
  const [rightSquares, rightMass] = squaresAndMass(right, weights);
  const [squares, total] = squaresAndMass(add(left, right), weights);
  const children = (leftSquares * rightMass + rightSquares * leftMass) * total;
  return [children - squares * leftMass * rightMass, leftMass * rightMass * total];
}

function squaresAndMass(counts: readonly number[], weights: readonly number[] | null): [bigint, bigint] {
  const masses = counts.map((count, c) => BigInt(count) * (weights === null ? 1n : whole(weights[c])));
  return [masses.reduce((total, m) => total + m * m, 0n), masses.reduce((total, m) => total + m, 0n)];
}

/** The double times 2^1074, read from its bits. */
function whole(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const exponent = bits.getUint32(0) >>> 20;
  const fraction = bits.getBigUint64(0) & ((1n << 52n) - 1n);
  return exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
}

/** 2 to the gain (in bits times rows), as a fraction. */
function exactEntropyGain({ left, right }: Candidate): [bigint, bigint] {
  const power = (count: number) => BigInt(count) ** BigInt(count);
  const product = (counts: readonly number[]) => counts.reduce((all, count) => all * power(count), 1n);
  const node = add(left, right);
  return [product(left) * product(right) * power(sum(node)), product(node) * power(sum(left)) * power(sum(right))];
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function add(a: readonly number[], b: readonly number[]): number[] {
  return a.map((count, c) => count + b[c]);
}

function countClasses(rows: readonly number[], table: PlainTable): number[] {
  const counts = new Array<number>(table.classCount).fill(0);
  for (const row of rows) counts[table.labels[row]]++;
  return counts;
}

function mass(counts: readonly number[], { weights }: PlainSettings): number {
  return counts.reduce((sum, count, c) => sum + count * (weights === null ? 1 : weights[c]), 0);
}

function impurity(counts: readonly number[], settings: PlainSettings): number {
  const total = mass(counts, settings);
  const shares = counts.map((count, c) => (count * (settings.weights === null ? 1 : settings.weights[c])) / total);
  if (settings.criterion === 'gini') return 1 - shares.reduce((sum, p) => sum + p * p, 0);
  return shares.reduce((sum, p) => sum - (p > 0 ? p * Math.log2(p) : 0), 0);
}
