import { describe, expect, it } from 'vitest';
import type { Tree } from '../../../src/tree/tree.js';
import type { PlainSettings } from './brute-force.js';
import { fitPlain } from './fit-plain.js';
import { readFixtureTable } from './fixture-table.js';
import { type Reference, type ReferenceFit, readReference, referenceNames, treeOf, weightsOf } from './reference.js';

describe.each(referenceNames)('a tree grown on %s', (name) => {
  const reference = readReference(name) as Reference & { distinct_trees_over_20_seeds: Record<string, number> };
  const table = readFixtureTable(name);
  const seedTrees = new Map(
    Object.entries(reference.distinct_trees_over_20_seeds).map(([key, count]) => [canonical(JSON.parse(key)), count]),
  );

  for (const fit of reference.fits.filter(({ settings }) => !('ccp_alpha' in settings))) {
    const key = canonical(fit.settings);
    const isUnique = seedTrees.get(key) === 1;
    it(`with ${key} ${isUnique ? "is scikit-learn's, node for node" : 'is legal in exact arithmetic'}`, async () => {
      const tree = await fitPlain(table, settingsOf(reference, fit));
      if (isUnique) expectSame(tree, treeOf(reference, fit));
    });
  }
});

function canonical(settings: Record<string, unknown>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(settings).sort()));
}

function settingsOf(reference: Reference, fit: ReferenceFit): Partial<PlainSettings> {
  const names: Record<string, keyof PlainSettings> = {
    criterion: 'criterion',
    max_depth: 'maxDepth',
    max_leaf_nodes: 'maxLeafNodes',
    min_impurity_decrease: 'minImpurityDecrease',
    min_samples_leaf: 'minSamplesLeaf',
    min_samples_split: 'minSamplesSplit',
  };
  const settings = Object.entries(fit.settings).filter(([key]) => key !== 'class_weight');
  return {
    ...Object.fromEntries(settings.map(([key, value]) => [names[key], value])),
    weights: weightsOf(reference, fit),
  };
}

/** scikit-learn's thresholds are 32-bit midpoints. */
function expectSame(tree: Tree, expected: Tree): void {
  for (const key of ['feature', 'left', 'right', 'counts'] as const) expect(tree[key], key).toEqual(expected[key]);
  for (let node = 0; node < tree.nodeCount; node++) {
    const threshold = expected.threshold[node];
    expect(Math.abs(tree.threshold[node] - threshold)).toBeLessThan(1e-6 * Math.max(1, Math.abs(threshold)));
    expect(Math.abs(tree.impurity[node] - expected.impurity[node])).toBeLessThan(1e-12);
  }
}
