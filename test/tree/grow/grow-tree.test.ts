import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../src/ground/errors.js';
import { type GrowOptions, growTree, predictLeaf } from '../../../src/tree/index.js';
import type { PlainSettings } from './brute-force.js';
import { fitPlain } from './fit-plain.js';

const columns = [Float64Array.of(1, 2, 3, 4), { values: Float64Array.of(0, 1, Number.NaN, 1), categoryCount: 2 }];
const labels = [0, 0, 1, 1];

const usage = (message: string): unknown => expect.objectContaining({ name: 'UsageError', message });

describe('growTree', () => {
  it('grows the tree of the engine, on any table and under any bounds', async () => {
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(-0, 0.5, Number.NaN));
    const rows = fc.array(fc.tuple(value, fc.constantFrom(0, 1, 2, Number.NaN), fc.nat(2)), {
      minLength: 1,
      maxLength: 40,
    });
    const bounds: fc.Arbitrary<Partial<PlainSettings>> = fc.record(
      {
        criterion: fc.constantFrom('gini' as const, 'entropy' as const),
        maxDepth: fc.integer({ min: 1, max: 5 }),
        minSamplesLeaf: fc.integer({ min: 1, max: 4 }),
        maxLeafNodes: fc.integer({ min: 2, max: 6 }),
        weights: fc.constantFrom([1, 2, 3], [0.5, 0.25, 7]),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(rows, bounds, async (some, { weights, ...settings }) => {
        const [numbers, categories] = [some.map(([x]) => x), some.map(([, c]) => c)];
        const classes = some.map(([, , label]) => label);
        const grown = growTree(
          [Float64Array.from(numbers), { values: Float64Array.from(categories), categoryCount: 3 }],
          classes,
          { ...settings, classCount: 3, classWeights: weights ?? null },
        );
        const known = (values: number[]) => values.map((value) => (Number.isNaN(value) ? null : value));
        const table = {
          columns: [known(numbers), known(categories)],
          categoryCounts: [0, 3],
          labels: classes,
          classCount: 3,
        };
        expect(grown).toEqual(await fitPlain(table, { ...settings, ...(weights && { weights }) }));
      }),
    );
  });

  it.each([
    { values: 300, of: 'few rows per value' },
    { values: 100, of: 'many rows per value' },
  ])('grows the same tree when classes without rows leave little room for tags: $of', ({ values }) => {
    const rows = Array.from({ length: 2000 }, (_, row) => [(row * 7919) % values, (row * 104_729) % 977]);
    const table = [0, 1].map((feature) => Float64Array.from(rows, (row) => row[feature]));
    const classes = rows.map(([a, b], row) =>
      (Math.imul(row, 2_654_435_761) >>> 8) % 4 === 0 ? 2 : Number((a * 13) % values > b % values),
    );
    for (const criterion of ['gini', 'entropy'] as const) {
      const { counts: _, ...few } = growTree(table, classes, { criterion, maxDepth: 5 });
      expect(few.nodeCount).toBeGreaterThan(40);
      const many = growTree(table, classes, { criterion, maxDepth: 5, classCount: 60_000 });
      expect(many).toMatchObject({ ...few, classCount: 60_000 });
    }
  });

  it('tells many rows of two values apart that have the same tag', () => {
    // Of 97 values four are left where the other feature is 1, 32 ranks apart: there is room for as many tags.
    const far = Array.from({ length: 1200 }, (_, i) => ({ x: 32 * (i % 4), y: 1, label: i % 2 }));
    const near = Array.from({ length: 800 }, (_, i) => ({ x: 32 * (i % 3) + 1 + (i % 31), y: 0, label: 2 }));
    const rows = [...far, ...near];
    const table = [Float64Array.from(rows, ({ x }) => x), Float64Array.from(rows, ({ y }) => y)];
    for (const criterion of ['gini', 'entropy'] as const) {
      const tree = growTree(
        table,
        rows.map(({ label }) => label),
        { criterion, classCount: 60_000 },
      );
      const leaves = Array.from(tree.left.keys()).filter((node) => tree.left[node] === -1);
      expect(leaves.map((leaf) => tree.impurity[leaf])).toEqual([0, 0, 0, 0, 0]);
    }
  });

  it.each([
    { rowCount: 1000, positives: 401, better: [513, 289], worse: [493, 281] },
    { rowCount: 1023, positives: 511, better: [339, 170], worse: [343, 172] },
  ])(
    'finds the better of two splits whose gains differ by a share of 1e-12: $better',
    ({ better, worse, ...table }) => {
      const { rowCount, positives } = table;
      const rows = Array.from({ length: rowCount }, (_, row) => row);
      const classes = rows.map((row) => Number(row < positives));
      /** 0 for so many rows, of which so many are positive; 1 for the others. */
      const column = ([size, positive]: number[]) =>
        Float64Array.from(rows, (row) =>
          Number(row < positives ? row >= positive : row - positives >= size - positive),
        );
      const [first, second] = [column(better), column(worse)];
      expect(growTree([first, second], classes, { maxDepth: 1 }).feature[0]).toBe(0);
      expect(growTree([second, first], classes, { maxDepth: 1 }).feature[0]).toBe(1);
    },
  );

  it('settles ties of entropy exactly in a small node of a large table', () => {
    // [2 1 | 1 3] and [0 1 | 3 3] gain the same. All other rows are of one kind, and are split off first.
    const rowCount = 1_000_000;
    const last = [
      [1, 2, 0],
      [1, 2, 0],
      [1, 1, 1],
      [2, 2, 0],
      [2, 2, 1],
      [2, 2, 1],
      [2, 2, 1],
    ];
    const [a, b, classes] = [0, 1, 2].map((column) => {
      const values = new Float64Array(rowCount);
      values.set(
        last.map((row) => row[column]!),
        rowCount - last.length,
      );
      return values;
    }) as [Float64Array, Float64Array, Float64Array];
    for (const table of [
      [a, b],
      [b, a],
    ]) {
      const tree = growTree(table, classes, { criterion: 'entropy' });
      const node = tree.right[0];
      expect([...tree.counts.subarray(2 * node, 2 * node + 2)]).toEqual([3, 4]);
      expect(tree.feature[node]).toBe(0);
    }
  });

  it('separates two classes at the threshold half-way, and routes rows by it', () => {
    const tree = growTree([Float64Array.of(1, 2, 3, 4)], labels);
    expect([...tree.threshold]).toEqual([2.5, 0, 0]);
    expect([...tree.counts]).toEqual([2, 2, 2, 0, 0, 2]);
    expect([2.5, 2.6].map((value) => predictLeaf(tree, Float64Array.of(value)))).toEqual([1, 2]);
  });

  it('makes a leaf of a single class, and room for classes without rows', () => {
    expect(growTree([Float64Array.of(1, 2)], [0, 0]).nodeCount).toBe(1);
    expect([...growTree([Float64Array.of(1, 2)], [0, 0], { classCount: 3 }).counts]).toEqual([2, 0, 0]);
  });

  it.each<[string, typeof columns, readonly number[], GrowOptions, unknown]>([
    ['no columns', [], labels, {}, new DataError('columns', 'columns: expected at least one, found none')],
    ['no rows', [], [], {}, new DataError('empty', 'labels: expected 1 to 67108864 rows, found 0')],
    [
      'a column of another length',
      [Float64Array.of(1)],
      labels,
      {},
      new DataError('columns', 'columns[0]: expected 4 values, one per label, found 1'),
    ],
    [
      'an infinite number',
      [Float64Array.of(1, 2, 3, Number.POSITIVE_INFINITY)],
      labels,
      {},
      new DataError('cell', 'columns[0][3]: expected a finite number, or NaN where missing, found Infinity'),
    ],
    [
      'a category out of range',
      [{ values: Float64Array.of(0, 1, 2, 0), categoryCount: 2 }],
      labels,
      {},
      new DataError('cell', 'columns[0][2]: expected an integer from 0 to 1, or NaN where missing, found 2'),
    ],
    [
      'too many categories',
      [{ values: Float64Array.of(0, 1, 2, 0), categoryCount: 256 }],
      labels,
      {},
      new DataError('columns', 'columns[0]: expected 0 to 255 categories, found 256'),
    ],
    [
      'a label that is no index',
      columns,
      [0, 0.5, 1, 1],
      {},
      new DataError('cell', 'labels[1]: expected an integer from 0 to 65534, found 0.5'),
    ],
    [
      'a label beyond the classes',
      columns,
      labels,
      { classCount: 1 },
      new DataError('cell', 'labels[2]: expected an integer from 0 to 0, found 1'),
    ],
    [
      'too many classes',
      columns,
      labels,
      { classCount: 65_536 },
      usage('classCount: expected a whole number from 1 to 65535, found 65536'),
    ],
    ['a weight too few', columns, labels, { classWeights: [1] }, usage('classWeights: expected 2 weights, found 1')],
    [
      'a weight of 0',
      columns,
      labels,
      { classWeights: [1, 0] },
      usage('classWeights[1]: expected a finite number above 0, found 0'),
    ],
    [
      'weights that overflow',
      columns,
      labels,
      { classWeights: [1e308, 1e308] },
      usage('classWeight: expected a finite sum over the 4 training rows, found Infinity'),
    ],
    [
      'an option that there is not',
      columns,
      labels,
      { maxdepth: 3 } as GrowOptions,
      usage('unknown option maxdepth; did you mean maxDepth?'),
    ],
    [
      'a depth of 0',
      columns,
      labels,
      { maxDepth: 0 },
      usage('maxDepth: expected a whole number of at least 1, found 0'),
    ],
  ])('refuses %s', (_, some, classes, options, error) => {
    expect(() => growTree(some, classes, options)).toThrow(error);
  });

  it('refuses a tree of too many nodes for its classes', () => {
    const classes = Array.from({ length: 300 }, (_, row) => row);
    expect(() => growTree([Float64Array.from(classes)], classes, { classCount: 65_535 })).toThrow(
      new DataError(
        'too-large',
        'expected a tree of at most 16777216 class counts, nodes times classes; found at least 257 nodes of 65535 ' +
          'classes; is the target a number or an id?',
        {
          advice: {
            option: 'maxDepth',
            value: '7',
            effect: 'bounds the depth',
            or: { option: 'maxLeafNodes', value: '128', effect: 'bounds the leaves' },
          },
        },
      ),
    );
  });
});

describe('the files that growTree is made of', () => {
  it('import nothing but each other, the errors, the limits and types of the data', () => {
    const seen = new Set<string>();
    const visit = (url: URL) => {
      if (seen.has(url.href)) return;
      seen.add(url.href);
      const imports = readFileSync(url, 'utf8').matchAll(/^(import|export) (type )?[^;]*? from '([^']+)';/gms);
      for (const [, , type, path] of imports) {
        if (type !== undefined) continue;
        const imported = new URL(path.replace(/\.js$/, '.ts'), url);
        expect(imported.href).toMatch(
          /\/src\/(tree\/[\w/-]+|ground\/(errors|limits|options|parameter-table|quote|random|suggestion))\.ts$/,
        );
        visit(imported);
      }
    };
    visit(new URL('../../../src/tree/index.ts', import.meta.url));
    expect(seen.size).toBeGreaterThan(10);
  });
});
