import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectLegalTree, type PlainSettings, type PlainTable, plainSettings } from './brute-force.js';
import { fitPlain } from './fit-plain.js';

/** One column of categories, given as `category: rows of each class`. */
function tableOf(groups: Record<number, number[]>, categoryCount: number): PlainTable {
  const column: number[] = [];
  const labels: number[] = [];
  for (const [category, counts] of Object.entries(groups)) {
    counts.forEach((count, label) => {
      for (let i = 0; i < count; i++) {
        column.push(Number(category));
        labels.push(label);
      }
    });
  }
  return { columns: [column], categoryCounts: [categoryCount], labels, classCount: Object.values(groups)[0].length };
}

describe('categories', () => {
  it('are divided by set, not by order', async () => {
    const tree = await fitPlain(tableOf({ 0: [3, 0], 1: [0, 3], 2: [3, 0], 3: [0, 3] }, 4));
    expect(tree.categories).toEqual([[0, 2], null, null]);
    expect([...tree.threshold]).toEqual([0, 0, 0]);
  });

  it('that a node does not have go with a heavier left child', async () => {
    const tree = await fitPlain(tableOf({ 1: [0, 2], 3: [5, 0] }, 6));
    expect(tree.categories![0]).toEqual([0, 2, 3, 4, 5]);
  });

  it('that a node does not have are not listed where the right child is as heavy', async () => {
    const tree = await fitPlain(tableOf({ 1: [0, 2], 3: [2, 0] }, 6));
    expect(tree.categories![0]).toEqual([3]);
  });

  it('of three classes are ordered by the class that separates best', async () => {
    const tree = await fitPlain(tableOf({ 0: [1, 4, 4], 1: [4, 1, 4], 2: [9, 0, 0], 3: [0, 5, 5] }, 4), {
      maxDepth: 1,
    });
    expect(tree.categories![0]).toEqual([0, 1, 3]);
  });

  it('with missing values elsewhere try those on either side', async () => {
    const tree = await fitPlain({
      columns: [[0, 0, 1, 1, null, null]],
      categoryCounts: [2],
      labels: [0, 0, 1, 1, 0, 0],
      classCount: 2,
    });
    expect([tree.nodeCount, tree.missingLeft[0], tree.categories![0]]).toEqual([3, 1, [0]]);
  });

  it('may all go left and leave missing values alone on the right', async () => {
    const tree = await fitPlain({
      columns: [[0, 1, null, null]],
      categoryCounts: [2],
      labels: [0, 0, 1, 1],
      classCount: 2,
    });
    expect([tree.nodeCount, tree.missingLeft[0], tree.categories![0]]).toEqual([3, 0, [0, 1]]);
  });

  it('take up to 255 values', async () => {
    const labels = Array.from({ length: 255 }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const tree = await fitPlain({ columns: [labels.map((_, i) => i)], categoryCounts: [255], labels, classCount: 2 });
    expect(tree.nodeCount).toBe(3);
  });

  it('of two classes get the best of all sets (checked against every set)', async () => {
    const groups = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(groups, async (counts) => {
        const used = counts.map(([a, b]): [number, number] => (a + b === 0 ? [1, 0] : [a, b]));
        const total = [used.reduce((sum, [a]) => sum + a, 0), used.reduce((sum, [, b]) => sum + b, 0)];
        if (Math.min(...total) === 0) return;
        const table = tableOf({ ...used }, used.length);
        const tree = await fitPlain(table, { maxDepth: 1 });
        const score = ([a, b]: number[]) => (a * a + b * b) / (a + b);
        let best = 0;
        for (let set = 1; set < (1 << used.length) - 1; set++) {
          const left = [0, 1].map((c) => used.reduce((sum, group, i) => sum + ((set >> i) & 1 ? group[c] : 0), 0));
          best = Math.max(best, score(left) + score(total.map((count, c) => count - left[c])));
        }
        expect(score([...tree.counts.subarray(2, 4)]) + score([...tree.counts.subarray(4, 6)])).toBeCloseTo(best, 9);
      }),
      { numRuns: 60 },
    );
  });
});

describe('any mixed table', () => {
  const cell = fc.option(fc.nat(5), { freq: 5 });
  const row = fc.tuple(cell, cell, fc.option(fc.nat(3), { freq: 5 }), fc.nat(2));
  const settings: fc.Arbitrary<Partial<PlainSettings>> = fc.record(
    {
      criterion: fc.constantFrom('gini' as const, 'entropy' as const),
      maxDepth: fc.integer({ min: 1, max: 5 }),
      minSamplesLeaf: fc.integer({ min: 1, max: 4 }),
      minSamplesSplit: fc.integer({ min: 2, max: 8 }),
      maxLeafNodes: fc.integer({ min: 2, max: 8 }),
      minImpurityDecrease: fc.constantFrom(0, 0.01, 0.1),
      weights: fc.option(fc.tuple(fc.constantFrom(1, 2.5, 1 / 3), fc.constantFrom(1, 0.1), fc.constant(1))),
    },
    { requiredKeys: [] },
  );

  it('gives a tree that brute force agrees with, under any limits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 2, maxLength: 30 }), settings, async (rows, some) => {
        const table: PlainTable = {
          columns: [0, 1, 2].map((column) => rows.map((cells) => cells[column])),
          categoryCounts: [0, 0, 4],
          labels: rows.map((cells) => cells[3]),
          classCount: 3,
        };
        await fitPlain(table, some);
      }),
      { numRuns: 300 },
    );
  });

  it.each([3, 8, 14])(
    'of many classes, most without a row, and columns of %i categories gives a tree that brute force agrees with',
    async (categoryCount) => {
      const classCount = 12;
      const category = fc.option(fc.nat(categoryCount - 1), { freq: 8 });
      const labelled = fc
        .uniqueArray(fc.nat(classCount - 1), { minLength: 2, maxLength: 7 })
        .chain((classes) =>
          fc.array(fc.tuple(category, category, fc.constantFrom(...classes)), { minLength: 2, maxLength: 30 }),
        );
      const weighing = fc.record({
        criterion: fc.constantFrom('gini' as const, 'entropy' as const),
        minSamplesLeaf: fc.integer({ min: 1, max: 3 }),
        weights: fc.option(fc.array(fc.constantFrom(1, 2.5, 1 / 3), { minLength: classCount, maxLength: classCount })),
      });
      await fc.assert(
        fc.asyncProperty(labelled, weighing, async (rows, some) => {
          const table: PlainTable = {
            columns: [0, 1].map((column) => rows.map((cells) => cells[column])),
            categoryCounts: [categoryCount, categoryCount],
            labels: rows.map((cells) => cells[2]),
            classCount,
          };
          await fitPlain(table, some);
        }),
        { numRuns: 60 },
      );
    },
  );

  it('is refused by brute force once its tree is bent', async () => {
    const table = tableOf({ 0: [3, 1], 1: [0, 3], 2: [3, 0], 3: [1, 3] }, 4);
    const tree = await fitPlain(table, { maxDepth: 1 });
    const settings = { ...plainSettings, maxDepth: 1 };
    expect(() => expectLegalTree({ ...tree, categories: [[0], null, null] }, table, settings)).toThrow(/split of 0/);
    expect(() => expectLegalTree({ ...tree, counts: tree.counts.map((n) => n + 1) }, table, settings)).toThrow(
      /counts of 0/,
    );
    expect(() => expectLegalTree({ ...tree, left: Int32Array.of(-1, -1, -1) }, table, settings)).toThrow(/leaf 0/);
  });
});
