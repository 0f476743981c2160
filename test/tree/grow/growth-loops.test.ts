import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Objective } from '../../../src/tree/criterion.js';
import { defaultGrowth, type GrowthParameters, limitsOf } from '../../../src/tree/grow/limits.js';
import { createMember, perform } from '../../../src/tree/grow/parallel.js';
import {
  addRoot,
  growRoot,
  planGrowth,
  releasePlan,
  type TrainingColumn,
  treeOf,
} from '../../../src/tree/grow/training-rows.js';
import { growTree } from '../../../src/tree/index.js';
import type { Tree } from '../../../src/tree/tree.js';
import { finish } from '../../../src/tree/turns.js';
import { fitPlain } from './fit-plain.js';

afterEach(() => void vi.unstubAllGlobals());

interface Grown {
  readonly columns: readonly TrainingColumn[];
  readonly labels: readonly number[];
  readonly classCount: number;
  /** Default: all. */
  readonly rows?: readonly number[];
  readonly objective?: Objective;
  readonly growth?: Partial<GrowthParameters>;
}

const unweightedGini: Objective = { criterion: 'gini', weights: null };

/** @param members who grow it in WebAssembly; 0: it is grown in JavaScript */
function grown({ growth, objective = unweightedGini, rows, ...table }: Grown, members: 0 | 1): Tree {
  const chosen = Uint32Array.from(rows ?? table.labels.keys());
  const training = { ...table, rows: chosen, labels: Uint16Array.from(chosen, (row) => table.labels[row]) };
  const limits = limitsOf({ ...defaultGrowth, ...growth });
  const plan = finish(planGrowth(training, objective, limits, { members, leastEntries: 0 }));
  expect(plan.loops === null).toBe(members === 0);
  const member = createMember(plan);
  finish(perform(member, { kind: 'presort' }));
  finish(growRoot(member, addRoot(member)));
  const tree = finish(treeOf(member));
  releasePlan(plan);
  return tree;
}

function expectSameTree(table: Grown): Tree {
  const tree = grown(table, 1);
  expect(tree).toEqual(grown(table, 0));
  return tree;
}

const numbers = (values: readonly number[]): TrainingColumn => ({
  values: Float64Array.from(values),
  categoryCount: 0,
});

/** Numbers in [0, 1), the same ones in each run (Numerical Recipes' linear congruential generator). */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const rowCount = 60;
const cells = (cell: fc.Arbitrary<number>) => fc.array(cell, { minLength: rowCount, maxLength: rowCount });
const missing = fc.constant(Number.NaN);
const column = fc.oneof(
  cells(fc.integer({ min: -3, max: 3 })).map(numbers),
  cells(fc.double({ noNaN: true, noDefaultInfinity: true })).map(numbers),
  cells(fc.constantFrom(0, -0, 1, 1 + Number.EPSILON, -1, -1 - Number.EPSILON, 5e-324, 1e300)).map(numbers),
  cells(fc.oneof(missing, fc.integer({ min: 0, max: 9 }))).map(numbers),
  cells(fc.oneof(missing, fc.nat(4))).map((values) => ({ ...numbers(values), categoryCount: 5 })),
);
const table: fc.Arbitrary<Grown> = fc.record({
  columns: fc.array(column, { minLength: 1, maxLength: 4 }),
  labels: cells(fc.nat(3)),
  classCount: fc.constantFrom(4, 9),
  rows: fc.shuffledSubarray([...Array(rowCount).keys()], { minLength: 2 }),
  objective: fc.record({
    criterion: fc.constantFrom('gini' as const, 'entropy' as const),
    weights: fc.option(fc.constant(Float64Array.of(1, 2, 0.3, 1, 1, 1, 1, 1, 1)), { freq: 3 }),
  }),
  growth: fc.record({
    maxDepth: fc.constantFrom(null, 3),
    maxLeafNodes: fc.constantFrom(null, 5),
    minSamplesLeaf: fc.constantFrom(1, 4),
  }),
});

describe('a tree that is grown in WebAssembly', () => {
  it('is the one that is grown in JavaScript', () => {
    const property = (given: Grown) => {
      const { classCount, objective } = given;
      const weights = objective!.weights?.slice(0, classCount) ?? null;
      expectSameTree({ ...given, objective: { ...objective!, weights } });
    };
    fc.assert(fc.property(table, property), { numRuns: 500 });
  });

  it('is one that brute force finds', () => {
    const next = generator();
    const values = (below: number) => Array.from({ length: 120 }, () => Math.floor(below * next()));
    const columns = [values(1e9), values(6), values(40)];
    return fitPlain({ columns, categoryCounts: [0, 0, 0], labels: values(3), classCount: 3 });
  });

  it('takes the first of equal splits of many rows', () => {
    const next = generator();
    const values = Array.from({ length: 5000 }, next);
    const labels = values.map((value) => Number(value + next() / 2 > 0.7));
    const columns = [values.map(() => 1), values, values, values.map((value) => -value)].map(numbers);
    const tree = expectSameTree({ columns, labels, classCount: 2, growth: { minSamplesLeaf: 20 } });
    expect(new Set(tree.feature)).toEqual(new Set([-1, 1]));
  });

  // By 3 parts in 10^10: 348 rows of one class and 207 of the other on the left, or 404 and 252.
  it.each([1, 120])('takes the better of two splits that are nearly equal, of %s times 2500 rows', (times) => {
    const labels = Array.from({ length: 2500 * times }, (_, row) => Number(row >= 1300 * times));
    const columnOf = (first: number, second: number) =>
      numbers(labels.map((label, row) => Number(row - label * 1300 * times >= times * (label === 0 ? first : second))));
    const [worse, better] = [columnOf(348, 207), columnOf(404, 252)];
    const growth = { maxDepth: 1 };
    expect(expectSameTree({ columns: [worse, better], labels, classCount: 2, growth }).feature[0]).toBe(1);
    expect(expectSameTree({ columns: [better, worse], labels, classCount: 2, growth }).feature[0]).toBe(0);
  });

  // With so many classes the tags of values repeat after 16.
  it('divides a node whose values have one tag', () => {
    const rows = Array.from({ length: 5000 }, (_, row) => row);
    const values = rows.map((row) => (row % 2 === 0 ? 1 + (row % 15) : row % 4 === 1 ? 0 : 16));
    const labels = rows.map((row, i) => (row % 2 === 0 ? 2 : Number(values[i] === 16)));
    const columns = [rows.map((row) => row % 2), values].map(numbers);
    expect(expectSameTree({ columns, labels, classCount: 1 << 15 }).nodeCount).toBe(5);
  });

  // The same.
  it('tells values apart that have one tag', () => {
    const next = generator();
    const classCount = 1 << 13;
    const [distinct, few] = [16_000, 40].map((below) =>
      Array.from({ length: 20_000 }, () => Math.floor(below * next())),
    );
    // Constant below the first split, and of one tag there.
    const constant = few.map((value, row) => (value < 20 ? 7 : row));
    const labels = distinct.map((value, row) => ((value + 40 * few[row] + 500 * next()) % 5) | 0);
    const columns = [distinct, few, constant].map(numbers);
    for (const minSamplesLeaf of [1, 1200]) {
      expectSameTree({ columns, labels, classCount, growth: { maxDepth: 4, minSamplesLeaf } });
    }
  });

  it.each([
    ['in order', (row: number) => row],
    ['in reverse', (row: number) => -row],
    ['close to each other', (row: number) => 1e9 + ((row * 7919) % 6000) * 1e-7],
    ['far from each other', (row: number) => 1.7 ** (((row * 7919) % 6000) / 5 - 600)],
  ])('sorts numbers %s', (_, numberOf) => {
    const rows = Array.from({ length: 6000 }, (_, row) => row);
    expectSameTree({
      columns: [numbers(rows.map(numberOf))],
      labels: rows.map((row) => (row >> 4) & 1),
      classCount: 2,
    });
  });

  it('does not depend on the tree before it', () => {
    const next = generator();
    const labels = Array.from({ length: 300 }, () => Math.floor(3 * next()));
    for (let count = 1; count < 6; count++) {
      const columns = Array.from({ length: count }, () => numbers(labels.map(next)));
      expectSameTree({ columns, labels, classCount: 3 });
    }
  });

  it('is grown in JavaScript where there is no WebAssembly', () => {
    const next = generator();
    const values = Float64Array.from({ length: 500 }, next);
    const labels = Array.from(values, () => Math.floor(3 * next()));
    const tree = growTree([values], labels);
    vi.stubGlobal('WebAssembly', undefined);
    expect(growTree([values], labels)).toEqual(tree);
  });
});
