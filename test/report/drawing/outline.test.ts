import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Branch, countBranches, outlineOf } from '../../../src/report/drawing/outline.js';
import { treeAnswers } from '../../../src/tree/answers.js';
import { modelParts } from '../../arbitraries/model.js';
import { toyParts } from '../../model/toy-model.js';

function flatten(branch: Branch): Branch[] {
  return [branch, ...branch.children.flatMap(flatten)];
}

describe('the outline of a tree', () => {
  it('is the whole tree where the limit allows it', () => {
    const nodes = flatten(outlineOf(treeAnswers(toyParts().tree, null), 7));
    expect(nodes.map(({ node }) => node)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(nodes.every(({ folded }) => folded === 0)).toBe(true);
  });

  it('opens the branch with the most rows first', () => {
    // Node 1 has 11 training rows, node 4 has 9.
    const nodes = flatten(outlineOf(treeAnswers(toyParts().tree, null), 5));
    expect(nodes.map(({ folded, node }) => [node, folded])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 0],
      [4, 2],
    ]);
  });

  it('draws the nodes of a path although they have fewer rows', () => {
    const nodes = flatten(outlineOf(treeAnswers(toyParts().tree, null), 1, [0, 4, 6]));
    expect(nodes.map(({ folded, node }) => [node, folded])).toEqual([
      [0, 0],
      [1, 2],
      [4, 0],
      [5, 0],
      [6, 0],
    ]);
  });

  it('folds away what it does not draw, within the limit, of any tree', () => {
    fc.assert(
      fc.property(modelParts, fc.nat(40), ({ tree }, limit) => {
        const outline = outlineOf(treeAnswers(tree, null), limit);
        const nodes = flatten(outline);
        expect(nodes.length).toBe(countBranches(outline));
        expect(nodes.length).toBeLessThanOrEqual(Math.max(1, limit));
        expect(nodes.reduce((count, { folded }) => count + 1 + folded, 0)).toBe(tree.nodeCount);
        expect(nodes.length).toBeGreaterThanOrEqual(Math.min(limit - 1, tree.nodeCount));
      }),
    );
  });
});
