import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ForestTree, growForestTree, planForest } from '../../../src/tree/grow/forest.js';
import type { Tree } from '../../../src/tree/tree.js';
import { finish } from '../../../src/tree/turns.js';
import { type Draw, expectLegalTree, type PlainSettings, type PlainTable, plainSettings } from './brute-force.js';

const MAX_FEATURES = 2;

/** Rows of two numbers with many ties, a number that is mostly missing, a category, and one of three classes. */
const rows = fc.array(
  fc.record({
    cells: fc.tuple(
      fc.nat(9),
      fc.integer({ min: -40, max: 40 }),
      fc.option(fc.nat(3), { freq: 2 }),
      fc.option(fc.nat(4), { freq: 5 }),
    ),
    label: fc.nat(2),
  }),
  { minLength: 2, maxLength: 60 },
);
const settings = fc.record({
  criterion: fc.constantFrom('gini' as const, 'entropy' as const),
  weights: fc.option(fc.tuple(fc.constantFrom(1, 0.7), fc.constantFrom(1, 3), fc.constantFrom(1, 1 / 3))),
  minSamplesLeaf: fc.constantFrom(1, 1, 3),
  maxDepth: fc.constantFrom(Number.POSITIVE_INFINITY, 3),
  maxLeafNodes: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 4),
});
type Rows = typeof rows extends fc.Arbitrary<infer T> ? T : never;
type Settings = Partial<PlainSettings>;

function tableOf(some: Rows): PlainTable {
  return {
    columns: [0, 1, 2, 3].map((column) => some.map(({ cells }) => cells[column])),
    categoryCounts: [0, 0, 0, 5],
    labels: some.map(({ label }) => label),
    classCount: 3,
  };
}

/** Numbers only, of which two columns are the same: gains are equal. */
function largeTable(rowCount: number): PlainTable {
  const random = (row: number, column: number) => splitMix(column, row) >>> 8;
  const labels = Array.from({ length: rowCount }, (_, row) => (random(row, 4) % 4 === 0 ? 2 : random(row, 0) % 2));
  const tied = labels.map((label, row) => (random(row, 1) % 7) + 3 * label);
  const fine = labels.map((label, row) => (random(row, 2) % 4000) + 300 * label);
  return { columns: [tied, fine, tied, fine], categoryCounts: [0, 0, 0, 0], labels, classCount: 3 };
}

/** @param order the rows of the table in the order in which bags are drawn from them */
function growOne(table: PlainTable, seed: number, number: number, own: Settings, order?: Uint32Array): ForestTree {
  const { criterion, weights, ...limits } = { ...plainSettings, ...own };
  const all = order ?? Uint32Array.from(table.labels, (_, row) => row);
  const training = {
    columns: table.columns.map((column, feature) => ({
      values: Float64Array.from(column, (value) => value ?? Number.NaN),
      categoryCount: table.categoryCounts[feature],
    })),
    rows: all,
    labels: Array.from(all, (row) => table.labels[row]),
    classCount: table.classCount,
  };
  const objective = { criterion, weights: weights && Float64Array.from(weights) };
  const plan = finish(
    planForest(training, objective, limits, {
      seed,
      maxFeatures: MAX_FEATURES,
      takesMissing: [false, false, false, false],
    }),
  );
  return finish(growForestTree(plan, number));
}

/** SplitMix32 as published: the state goes up by the golden ratio, and is mixed. */
function splitMix(seed: number, index: number): number {
  let z = (seed + Math.imul(0x9e3779b9, index + 1)) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) | 0;
}

/** The draw as the documents have it: a hand of cards from a deck, constant features not played. */
function drawOf(table: PlainTable, seed: number, number: number): Draw {
  const treeSeed = splitMix(splitMix(seed, number), -1);
  return (start, some) => {
    const nodeSeed = splitMix(splitMix(treeSeed, start), start + some.length);
    const deck = table.columns.map((_, feature) => feature);
    const hand: number[] = [];
    for (let drawn = 0; deck.length > drawn; drawn++) {
      if (drawn >= MAX_FEATURES && hand.length > 0) break;
      const at = drawn + Math.floor(((splitMix(nodeSeed, drawn) >>> 0) / 4294967296) * (deck.length - drawn));
      [deck[drawn], deck[at]] = [deck[at], deck[drawn]];
      if (new Set(some.map((row) => table.columns[deck[drawn]][row])).size > 1) hand.push(deck[drawn]);
    }
    return hand;
  };
}

/** The rows of a bag, each as often as it was drawn. */
function bagOf(table: PlainTable, bag: Uint32Array): PlainTable {
  const places = table.labels.flatMap((_, row) => new Array<number>(bag[row]).fill(row));
  return {
    ...table,
    columns: table.columns.map((column) => places.map((row) => column[row])),
    labels: places.map((row) => table.labels[row]),
  };
}

describe('a tree of a forest', () => {
  it('has the best split of the drawn features at each node, of the rows in its bag', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(5), settings, (some, seed, number, own) => {
        const table = tableOf(some);
        const { bag, tree } = growOne(table, seed, number, own);
        expect(bag.reduce((sum, times) => sum + times, 0)).toBe(some.length);
        // Where the whole table misses a value and the bag does not, a missing one goes to the heavier child.
        const isWhole = table.columns.every(
          (column, at) => column.includes(null) === bagOf(table, bag).columns[at].includes(null),
        );
        fc.pre(isWhole);
        const draw = drawOf(bagOf(table, bag), seed, number);
        expectLegalTree(tree, bagOf(table, bag), { ...plainSettings, ...own }, draw);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['gini', 'entropy'] as const)('has the best split where there are many rows: %s', (criterion) => {
    const table = largeTable(2_500);
    const own = { criterion, maxDepth: 3, minSamplesLeaf: 20 };
    const { bag, tree } = growOne(table, 1, 0, own);
    expect(tree.nodeCount).toBeGreaterThan(7);
    expectLegalTree(tree, bagOf(table, bag), { ...plainSettings, ...own }, drawOf(bagOf(table, bag), 1, 0));
  });

  it('is the same wherever its rows are in the table', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(), (some, seed, shuffle) => {
        const table = tableOf(some);
        const order = Array.from(some.keys()).sort((a, b) => splitMix(shuffle, a) - splitMix(shuffle, b));
        const moved = tableOf(order.map((row) => some[row]));
        const places = Uint32Array.from(some, (_, row) => order.indexOf(row));
        expect(growOne(moved, seed, 0, {}, places)).toEqual(growOne(table, seed, 0, {}));
      }),
      { numRuns: 50 },
    );
  });

  it('is another one for another number and another seed', () => {
    const some: Rows = Array.from({ length: 60 }, (_, i) => ({
      cells: [i % 10, (i * 7) % 40, null, i % 5],
      label: (i * i) % 3,
    }));
    const shapes = [
      [0, 0],
      [0, 1],
      [1, 0],
    ].map(([seed, number]) => shapeOf(growOne(tableOf(some), seed, number, {}).tree));
    expect(new Set(shapes).size).toBe(3);
  });
});

function shapeOf({ feature, threshold }: Tree): string {
  return JSON.stringify([[...feature], [...threshold]]);
}

describe('a bag', () => {
  it('leaves out about a share of 1/e of the rows', () => {
    const some: Rows = Array.from({ length: 1000 }, (_, i) => ({ cells: [i % 10, 0, null, null], label: i % 2 }));
    const left = [0, 1, 2, 3].map(
      (number) => growOne(tableOf(some), 7, number, {}).bag.filter((times) => times === 0).length,
    );
    for (const count of left) expect(Math.abs(count / 1000 - Math.exp(-1))).toBeLessThan(0.05);
  });
});
