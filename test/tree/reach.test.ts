import { describe, expect, it } from 'vitest';
import { narrow, parentsOf, reachAt } from '../../src/tree/reach.js';
import type { Tree } from '../../src/tree/tree.js';
import { toyParts } from '../model/toy-model.js';

const anything = {
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  categories: [0, 1, 2],
  missing: true,
};

/** Of the feature that the node itself asks for. */
function reach(node: number, change: (tree: Tree) => void) {
  const { tree } = toyParts();
  change(tree);
  return reachAt(tree, parentsOf(tree), node, tree.feature[node], anything);
}

describe('what can reach a node', () => {
  it('is everything where no question above asks for the same feature', () => {
    expect(reach(4, () => {})).toEqual(anything);
  });

  it('ends above the threshold of a question that was answered with no', () => {
    const found = reach(4, ({ feature, threshold }) => {
      feature[4] = 0;
      threshold[4] = 2;
    });
    expect([found.low, found.high]).toEqual([1.5, Number.POSITIVE_INFINITY]);
  });

  it('ends at the threshold of a question that was answered with yes', () => {
    const parts = toyParts();
    const tree = { ...parts.tree, categories: null };
    tree.feature[1] = 0;
    expect(reachAt(tree, parentsOf(tree), 1, 0, anything).high).toBe(1.5);
  });

  it('is the categories that went the same way', () => {
    const parts = toyParts();
    // The root asks for the color too: blue and red left, green right.
    parts.tree.feature[0] = 2;
    const tree = { ...parts.tree, categories: [[0, 2], [0], null, null, null, null, null] };
    expect(reachAt(tree, parentsOf(tree), 1, 2, anything).categories).toEqual([0, 2]);
    expect(reachAt(tree, parentsOf(tree), 4, 2, anything).categories).toEqual([1]);
  });

  it('is a missing value only on the side that it takes', () => {
    const { tree } = toyParts();
    expect(narrow(tree, 1, anything, true).missing).toBe(true);
    expect(narrow(tree, 1, anything, false).missing).toBe(false);
    expect(narrow(tree, 0, anything, false).missing).toBe(true);
    expect(narrow(tree, 0, { ...anything, missing: false }, false).missing).toBe(false);
  });

  it('knows the parent of every node', () => {
    expect([...parentsOf(toyParts().tree)]).toEqual([-1, 0, 1, 1, 0, 4, 4]);
  });
});
