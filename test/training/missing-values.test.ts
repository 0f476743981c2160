import { describe, expect, it } from 'vitest';
import { hasGap, takeMissingValues } from '../../src/training/missing-values.js';
import { growTree } from '../../src/tree/index.js';
import { makeDataset } from '../arbitraries/datasets.js';

const { NaN: missing } = Number;

// Rows 0 to 5 are grown from: the left child of the root, x <= 2.5, has two of them, the right one four.
const rows = Uint32Array.of(0, 1, 2, 3, 4, 5);
const labels = [0, 0, 1, 1, 1, 1, 0];

function grow(columns: number[][]) {
  const table = makeDataset(
    labels.map((_, row) => columns.map((column) => column[row])),
    labels,
  );
  const values = table.features.map((feature) => feature.values.slice(0, 6));
  return { table, tree: growTree(values, labels.slice(0, 6), {}) };
}

describe('missing values outside of the rows that a tree was grown from', () => {
  it('follow the child with more rows', () => {
    for (const [x, left] of [
      [[1, 2, 3, 4, 5, 6, missing], 0],
      [[6, 5, 4, 3, 2, 1, missing], 1],
    ] as const) {
      const { table, tree } = grow([[...x]]);
      expect(hasGap(table.features[0])).toBe(true);
      expect([...tree.missingLeft]).toEqual([0, 0, 0]);
      expect([...takeMissingValues(tree, table, rows).missingLeft]).toEqual([left, 0, 0]);
    }
  });

  it('may be in rows that the table left out', () => {
    const { table, tree } = grow([[6, 5, 4, 3, 2, 1, 7]]);
    const [column] = table.features;
    const missed = { ...table, features: [{ ...column, missesLeftOut: true }] };
    expect(missed.features.map(hasGap)).toEqual([true]);
    expect([...takeMissingValues(tree, missed, rows).missingLeft]).toEqual([1, 0, 0]);
  });

  it('change nothing where the rows have some, and nothing of a column without any', () => {
    const seen = grow([[missing, 2, 3, 4, 5, 6, missing]]);
    expect(takeMissingValues(seen.tree, seen.table, rows)).toBe(seen.tree);
    const whole = grow([[6, 5, 4, 3, 2, 1, 7]]);
    expect(hasGap(whole.table.features[0])).toBe(false);
    expect(takeMissingValues(whole.tree, whole.table, rows)).toBe(whole.tree);
  });
});
