import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tree } from '../../../src/tree/tree.js';
import type { PlainSettings, PlainTable } from './brute-force.js';
import { fitPlain } from './fit-plain.js';

interface MissingTree {
  children_left: number[];
  children_right: number[];
  feature: number[];
  /** null: infinite. */
  threshold: (number | null)[];
  missing_go_to_left: number[];
  impurity: number[];
  n_node_samples: number[];
}

interface MissingTable {
  columns: (number | null)[][];
  labels: number[];
  classes: number;
  fits: { settings: Record<string, unknown>; tree: MissingTree }[];
}

const reference: { tables: MissingTable[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/reference/missing.json', import.meta.url), 'utf8'),
);

describe.each(reference.tables.map((table) => ({ rows: table.labels.length, table })))(
  'a tree grown on $rows rows with missing values',
  ({ table }) => {
    it.each(table.fits)("with $settings is scikit-learn's, node for node", async ({ settings, tree }) => {
      expectSame(await fitPlain(plain(table), settingsOf(settings, table)), tree, plain(table));
    });
  },
);

describe('missing values', () => {
  const grow = (column: (number | null)[], labels: number[], settings: Partial<PlainSettings> = {}) =>
    fitPlain({ columns: [column], categoryCounts: [0], labels, classCount: Math.max(...labels) + 1 }, settings);

  it('go left where that separates the classes', async () => {
    const tree = await grow([1, 2, null, null, 8, 9], [0, 0, 0, 0, 1, 1]);
    expect([...tree.feature]).toEqual([0, -1, -1]);
    expect([tree.threshold[0], tree.missingLeft[0]]).toEqual([5, 1]);
  });

  it('go right where both sides gain as much', async () => {
    // One of each class is missing: the two sides are mirror images.
    const tree = await grow([1, 9, null, null], [0, 1, 0, 1], { maxDepth: 1 });
    expect([tree.threshold[0], tree.missingLeft[0]]).toEqual([5, 0]);
  });

  it('stand alone on the right, above every number', async () => {
    const tree = await grow([1, 2, 3, null, null], [0, 0, 0, 1, 1]);
    expect([...tree.counts]).toEqual([3, 2, 3, 0, 0, 2]);
    expect([tree.threshold[0], tree.missingLeft[0]]).toEqual([Number.MAX_VALUE, 0]);
  });

  it('stand alone where all others are equal', async () => {
    const tree = await grow([4, 4, 4, null], [0, 1, 0, 1]);
    expect(tree.threshold[0]).toBe(Number.MAX_VALUE);
  });

  it('follow the heavier child of a node that has none', async () => {
    // The root splits on the first column; the four and the one below its left child have values in the second.
    const tree = await fitPlain({
      columns: [
        [0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
        [1, 2, 3, 4, 5, null, null, null, null, null],
      ],
      categoryCounts: [0, 0],
      labels: [0, 0, 0, 0, 1, 2, 2, 2, 2, 2],
      classCount: 3,
    });
    expect([...tree.feature]).toEqual([0, 1, -1, -1, -1]);
    expect([...tree.missingLeft]).toEqual([0, 1, 0, 0, 0]);
  });

  it('go right, at a higher threshold, where going left at a lower one gains as much', async () => {
    const tree = await grow([1, 1, 2, 2, 3, 3, null, null], [0, 0, 0, 1, 1, 1, 0, 1], { maxDepth: 1 });
    expect([tree.threshold[0], tree.missingLeft[0]]).toEqual([1.5, 0]);
  });

  it('of a column that never has any are not sent left', async () => {
    const tree = await grow([1, 2, 3, 4, 5], [0, 0, 0, 0, 1]);
    expect([...tree.missingLeft]).toEqual([0, 0, 0]);
  });

  it('leave a column without values alone', async () => {
    const tree = await fitPlain({
      columns: [
        [null, null],
        [1, 2],
      ],
      categoryCounts: [0, 0],
      labels: [0, 1],
      classCount: 2,
    });
    expect(tree.feature[0]).toBe(1);
  });
});

function plain({ columns, labels, classes }: MissingTable): PlainTable {
  return { columns, labels, classCount: classes, categoryCounts: columns.map(() => 0) };
}

function settingsOf(settings: Record<string, unknown>, { labels, classes }: MissingTable): Partial<PlainSettings> {
  const { class_weight, ...others } = settings;
  const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const weights = Array.from({ length: classes }, (_, c) => {
    return labels.length / (classes * labels.filter((label) => label === c).length);
  });
  return {
    ...Object.fromEntries(Object.entries(others).map(([name, value]) => [camel(name), value])),
    weights: class_weight === 'balanced' ? weights : null,
  };
}

function expectSame(tree: Tree, expected: MissingTree, { columns }: PlainTable): void {
  const visit = (node: number, theirs: number): void => {
    const isLeaf = expected.children_left[theirs] === -1;
    const rows = tree.counts.subarray(node * tree.classCount, (node + 1) * tree.classCount).reduce((a, b) => a + b);
    expect(rows).toBe(expected.n_node_samples[theirs]);
    expect(Math.abs(tree.impurity[node] - expected.impurity[theirs])).toBeLessThan(1e-12);
    expect(tree.feature[node]).toBe(isLeaf ? -1 : expected.feature[theirs]);
    if (isLeaf) return;
    const threshold = expected.threshold[theirs] ?? Number.MAX_VALUE;
    expect(Math.abs(tree.threshold[node] / threshold - 1)).toBeLessThan(1e-6);
    // scikit-learn sets the flag for columns that have no missing value, too.
    if (columns[tree.feature[node]].includes(null)) {
      expect(tree.missingLeft[node]).toBe(expected.missing_go_to_left[theirs]);
    }
    visit(tree.left[node], expected.children_left[theirs]);
    visit(tree.right[node], expected.children_right[theirs]);
  };
  visit(0, 0);
  expect(tree.nodeCount).toBe(expected.feature.length);
}
