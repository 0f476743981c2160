import { describe, expect, it } from 'vitest';
import { parentsOf, reachOf } from '../../../src/report/drawing/reach.js';
import { toyParts } from '../../model/toy-model.js';

function reach(node: number, change: (tree: ReturnType<typeof toyParts>['tree']) => void) {
  const { tree } = toyParts();
  change(tree);
  return reachOf(tree, parentsOf(tree), node);
}

describe('what can reach a node', () => {
  it('is everything where no question above asks for the same feature', () => {
    const { hasCategory, lower, upper } = reach(4, () => {});
    expect([lower, upper]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(hasCategory(1)).toBe(true);
  });

  it('ends above the threshold of a question that was answered with no', () => {
    const found = reach(4, ({ feature, threshold }) => {
      feature[4] = 0;
      threshold[4] = 2;
    });
    expect([found.lower, found.upper]).toEqual([1.5, Number.POSITIVE_INFINITY]);
  });

  it('ends at the threshold of a question that was answered with yes', () => {
    const parts = toyParts();
    const tree = { ...parts.tree, categories: null };
    tree.feature[1] = 0;
    expect(reachOf(tree, parentsOf(tree), 1).upper).toBe(1.5);
  });

  it('is the categories that went the same way', () => {
    const parts = toyParts();
    // The root asks for the color too: blue and red left, green right.
    parts.tree.feature[0] = 2;
    const tree = { ...parts.tree, categories: [[0, 2], [0], null, null, null, null, null] };
    const { hasCategory } = reachOf(tree, parentsOf(tree), 1);
    expect([0, 1, 2].map(hasCategory)).toEqual([true, false, true]);
  });

  it('knows the parent of every node', () => {
    expect([...parentsOf(toyParts().tree)]).toEqual([-1, 0, 1, 1, 0, 4, 4]);
  });
});
