import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explain } from '../../src/tree/explain.js';
import { predictLeaf } from '../../src/tree/predict.js';
import { flatten, type NestedNode, nestedTrees, rowsFor, type TreeShape } from '../arbitraries/trees.js';

const shape: TreeShape = { classCount: 2, featureCount: 3, categoryFeatures: 1, missing: true };

const root: NestedNode = {
  feature: 1,
  threshold: 2.5,
  categories: null,
  missingLeft: true,
  left: { counts: [4, 0] },
  right: {
    feature: 2,
    threshold: 0,
    categories: [0, 3],
    missingLeft: false,
    left: { counts: [0, 3] },
    right: { counts: [1, 1] },
  },
};

describe('explain', () => {
  it('lists the decisions down to the leaf with value, test, side and training rows', () => {
    expect(explain(flatten(root, shape), Float64Array.of(9, 3, 3))).toEqual([
      { node: 0, feature: 1, value: 3, threshold: 2.5, wentLeft: false, samples: 9 },
      { node: 2, feature: 2, value: 3, categories: [0, 3], wentLeft: true, samples: 5 },
    ]);
  });

  it('shows a missing value as NaN and the side it was sent to', () => {
    expect(explain(flatten(root, shape), Float64Array.of(9, Number.NaN, 3))).toEqual([
      { node: 0, feature: 1, value: Number.NaN, threshold: 2.5, wentLeft: true, samples: 9 },
    ]);
  });

  it('is empty for a tree of one leaf', () => {
    expect(explain(flatten({ counts: [1, 2] }, shape), Float64Array.of(1, 2, 3))).toEqual([]);
  });

  it('ends in the leaf that is predicted', () => {
    fc.assert(
      fc.property(nestedTrees(shape), rowsFor(shape), (nested, values) => {
        const tree = flatten(nested, shape);
        const row = Float64Array.from(values);
        let node = 0;
        for (const step of explain(tree, row)) {
          expect(step.node).toBe(node);
          expect(Object.is(step.value, row[step.feature])).toBe(true);
          node = step.wentLeft ? tree.left[node] : tree.right[node];
        }
        expect(node).toBe(predictLeaf(tree, row));
      }),
    );
  });
});
