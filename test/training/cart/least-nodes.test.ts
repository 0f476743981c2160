import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cartTrainer } from '../../../src/training/cart/engine.js';
import { growsToTheEnd, leastNodes } from '../../../src/training/cart/least-nodes.js';
import { defaultParameters } from '../../../src/training/parameters.js';
import { limitsOf } from '../../../src/tree/grow/limits.js';
import { growTree } from '../../../src/tree/index.js';
import { finish } from '../../../src/tree/turns.js';
import { makeDataset } from '../../arbitraries/datasets.js';

const least = (columns: readonly (readonly number[])[], labels: readonly number[], classCount: number) =>
  finish(
    leastNodes({
      columns: columns.map((values) => ({ values: Float64Array.from(values), categoryCount: 0 })),
      rows: Uint32Array.from(labels.keys()),
      labels,
      classCount,
    }),
  );

describe('the fewest nodes of a tree that grows to its end', () => {
  it('are never more than it has', () => {
    const cell = fc.constantFrom(0, -0, 1, 2, 3, Number.NaN);
    const row = fc.tuple(cell, cell, fc.integer({ min: 0, max: 4 }));
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 20 }),
        fc.constantFrom('gini', 'entropy'),
        (rows, criterion) => {
          const columns = [rows.map(([x]) => x), rows.map(([, z]) => z)];
          const labels = rows.map(([, , label]) => label);
          const tree = growTree(
            columns.map((values) => Float64Array.from(values)),
            labels,
            {
              criterion: criterion as 'gini',
              classCount: 5,
            },
          );
          expect(tree.nodeCount).toBeGreaterThanOrEqual(least(columns, labels, 5));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('are a leaf for each class that has a row of its own', () => {
    expect(least([[1, 2, 3, 4]], [0, 1, 2, 3], 4)).toBe(7);
    expect(least([[1, 1, 3, 4]], [0, 1, 2, 3], 4)).toBe(3);
    expect(least([[1, 1, 3, 4]], [0, 0, 1, 1], 4)).toBe(3);
    expect(least([[1, 1, 1, 1]], [0, 1, 2, 3], 4)).toBe(1);
  });

  it.each([
    [{}, true],
    [{ maxDepth: 50 }, false],
    [{ maxLeafNodes: 50 }, false],
    [{ minSamplesLeaf: 2 }, false],
    [{ minSamplesSplit: 3 }, false],
    [{ minImpurityDecrease: 0.1 }, false],
  ])('are known only of one without bounds: %j', (bounds, expected) => {
    expect(growsToTheEnd(limitsOf({ ...defaultParameters, ...bounds }))).toBe(expected);
  });
});

describe('a table of which every tree would be too large for its classes', () => {
  const count = 3000;
  const rows = Array.from({ length: count }, (_, row) => [row]);
  const named = (classes: string[]) => ({ ...makeDataset(rows, [...rows.keys()]), classes });
  const fitted = async (classes: string[], changes = {}) => {
    const shares: number[] = [];
    const dataset = named(classes);
    const some = Uint32Array.from(rows.keys());
    const onProgress = (share: number) => void shares.push(share);
    const options = { jobs: 1, onProgress };
    const error = await cartTrainer
      .fit(dataset, some, { ...defaultParameters, ...changes }, null, options)
      .catch((reason: unknown) => reason as Error);
    return { error, shares };
  };
  const found =
    'table.csv: expected a tree of at most 16777216 class counts, nodes times classes; found at least 5999 nodes of 3000 classes; is the target a number or an id?';
  const bounds = 'option maxDepth=11 bounds the depth, option maxLeafNodes=2796 bounds the leaves';

  it('is refused before the fit, with what would help', async () => {
    const { error, shares } = await fitted(rows.map((_, row) => `id${row}`));
    expect(error).toMatchObject({ name: 'DataError', reason: 'too-large', message: `${found}; ${bounds}` });
    expect(shares.every((share) => share === 0)).toBe(true);
  });

  it('may have classes made of its numbers', async () => {
    const { error } = await fitted(rows.map((_, row) => String(row)));
    expect((error as Error).message).toBe(
      `${found}; option classesFrom=quantiles:4 makes classes of ranges, ${bounds}`,
    );
  });

  it('is fitted with the bounds that the error gives', async () => {
    const classes = rows.map((_, row) => `id${row}`);
    for (const change of [{ maxDepth: 11 }, { maxLeafNodes: 2796 }]) {
      const { error: tree } = await fitted(classes, change);
      expect(tree).toHaveProperty('nodeCount');
    }
  });
});
