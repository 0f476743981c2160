import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { impurityImportances, permutationImportances } from '../../src/tree/importance.js';
import { flatten, type NestedNode, type TreeShape } from '../arbitraries/trees.js';
import { readReference, referenceNames, treeOf, weightsOf } from './grow/reference.js';

describe('impurity importances', () => {
  for (const name of referenceNames) {
    const reference = readReference(name);
    it.each(reference.fits.map((fit) => [JSON.stringify(fit.settings), fit] as const))(
      `are scikit-learn's on its own tree of ${name} with %s`,
      (_, fit) => {
        const found = impurityImportances(treeOf(reference, fit), weightsOf(reference, fit));
        expect(found).toHaveLength(fit.feature_importances.length);
        found.forEach((value, feature) => {
          expect(value).toBeCloseTo(fit.feature_importances[feature], 12);
        });
      },
    );
  }

  it('are all 0 for a tree of one leaf', () => {
    const shape: TreeShape = { classCount: 2, featureCount: 2, categoryFeatures: 0, missing: false };
    expect([...impurityImportances(flatten({ counts: [1, 1] }, shape), null)]).toEqual([0, 0]);
  });
});

describe('permutation importances', () => {
  const shape: TreeShape = { classCount: 2, featureCount: 3, categoryFeatures: 0, missing: false };
  const stump: NestedNode = {
    feature: 1,
    threshold: 0.5,
    categories: null,
    missingLeft: false,
    left: { counts: [2, 0] },
    right: { counts: [0, 2] },
  };
  const tree = flatten(stump, shape);
  const classes = Int32Array.of(0, 0, 1);
  const labels = Array.from({ length: 400 }, (_, row) => row % 2);
  const rows = Float64Array.from(labels.flatMap((label) => [7, label, 1 - label]));

  it('are the accuracy that shuffling costs: half of it for two even classes that one feature tells apart', () => {
    const [first, used, last] = permutationImportances(tree, classes, rows, labels, { seed: 1, repeats: 20 });
    expect(used.mean).toBeGreaterThan(0.47);
    expect(used.mean).toBeLessThan(0.53);
    // A shuffle agrees with the labels in a hypergeometric share of the rows: deviation 1 / (2 sqrt(399)) = 0.025.
    expect(used.standardDeviation).toBeGreaterThan(0.012);
    expect(used.standardDeviation).toBeLessThan(0.04);
    expect([first, last]).toEqual(Array(2).fill({ mean: 0, standardDeviation: 0 }));
  });

  it('are the same for a seed and others for another', () => {
    const withSeed = (seed: number): unknown =>
      permutationImportances(tree, classes, rows, labels, { seed, repeats: 3 });
    expect(withSeed(5)).toEqual(withSeed(5));
    expect(withSeed(5)).not.toEqual(withSeed(6));
  });

  it('leave the rows as they were', () => {
    const before = rows.slice();
    permutationImportances(tree, classes, rows, labels, { seed: 1, repeats: 2 });
    expect(rows).toEqual(before);
  });

  it('shuffle: the values of a feature stay what they are, so a constant feature costs nothing', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ noNaN: true }), (seed, constant) => {
        const same = Float64Array.from(labels.flatMap((label) => [label, constant, label]));
        const found = permutationImportances(tree, classes, same, labels, { seed, repeats: 2 });
        expect(found[1]).toEqual({ mean: 0, standardDeviation: 0 });
      }),
      { numRuns: 20 },
    );
  });
});
