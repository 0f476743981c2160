import { describe, expect, it } from 'vitest';
import type { EnsembleScorer } from '../../src/model/model.js';
import { ensembleImportances } from '../../src/tree/ensemble-importance.js';
import { type EnsembleNode, ensembleParts } from '../arbitraries/ensembles.js';
import { fixturesOf, importancesOf, isExplained, readFixture } from '../formats/fixtures.js';

const forests = fixturesOf('sklearn').filter((fixture) => isExplained(fixture) && importancesOf(fixture) !== undefined);

const split = (feature: number, left: EnsembleNode, right: EnsembleNode): EnsembleNode => ({
  ...{ feature, threshold: 0, set: null, missingLeft: false, zeroIsMissing: false, unknownLeft: false },
  left,
  right,
});
const leaf = (value: number, cover: number): EnsembleNode => ({ values: [value], cover });

function boosted(...roots: readonly EnsembleNode[]) {
  const parts = ensembleParts({
    kind: 'boosted',
    features: ['a', 'b'].map((name) => ({ name, kind: 'number', missing: true })),
    classes: ['no', 'yes'],
    arithmetic: { input: 'float64', split: '<=', sum: 'float64', zero: 0 },
    combine: { by: 'sum', base: null, outputs: 1, link: 'sigmoid', scale: 1, function: 'float64/1' },
    trees: roots.map((root) => ({ output: 0, weight: 1, root })),
  });
  return (parts.scorer as EnsembleScorer).ensemble;
}

describe('importances of an ensemble', () => {
  it.each(forests)('of $name are those of scikit-learn', (fixture) => {
    const { ensemble } = readFixture(fixture).imported.model.scorer as EnsembleScorer;
    const found = ensembleImportances(ensemble)!.map(({ mean }) => mean);
    for (const [feature, importance] of importancesOf(fixture)!.entries()) {
      expect(found[feature]).toBeCloseTo(importance, 12);
    }
  });

  it('were made of forests with and without weights', () => {
    expect(forests.length).toBeGreaterThan(2);
  });

  it('of boosted trees count a tree for as much as it gains, and differ over the trees', () => {
    // Gains: 1 · 1/2 · 2² = 2 for a, then 1/2 · 1² = 1/2 for b; the last tree gains nothing.
    const ensemble = boosted(split(0, leaf(0, 1), leaf(2, 1)), split(1, leaf(0, 1), leaf(1, 1)), leaf(3, 2));
    const [a, b] = ensembleImportances(ensemble)!;
    expect([a.mean, b.mean]).toEqual([0.8, 0.2]);
    expect(a.standardDeviation).toBeCloseTo(0.4, 14);
    expect(b.standardDeviation).toBeCloseTo(0.4, 14);
  });

  it('are 0 where no tree asks anything, and not known without covers', () => {
    expect(ensembleImportances(boosted(leaf(1, 3)))).toEqual([
      { mean: 0, standardDeviation: 0 },
      { mean: 0, standardDeviation: 0 },
    ]);
    const ensemble = boosted(split(0, leaf(0, 1), leaf(2, 1)));
    expect(ensembleImportances({ ...ensemble, trees: { ...ensemble.trees, cover: null } })).toBeNull();
  });
});
