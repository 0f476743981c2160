import type { ModelParts } from '../../src/model/model.js';
import { type EnsembleNode, ensembleParts } from '../arbitraries/ensembles.js';

/**
 * Boosted trees made by hand, as XGBoost has them: 32-bit values and sums, a logistic link.
 *
 *     0 size < 1.5 ──────── 1 color in {blue, red}, missing left ── 2 leaf -0.5
 *         │                     └──────────────────────────────── 3 leaf 0.25
 *         └──────────────── 4 leaf 0.75
 *
 *     0 weight < 10, missing left ── 1 leaf -0.125
 *         └───────────────────────── 2 leaf 0.5
 */
export function toyEnsembleParts(): ModelParts {
  const leaf = (value: number): EnsembleNode => ({ values: [value], cover: 1 });
  const split = { threshold: 0, set: null, missingLeft: true, zeroIsMissing: false, unknownLeft: false };
  const color = { ...split, feature: 2, set: [0, 2], left: leaf(-0.5), right: leaf(0.25) };
  const size = { ...split, feature: 0, threshold: 1.5, missingLeft: false, left: color, right: leaf(0.75) };
  const weight = { ...split, feature: 1, threshold: 10, left: leaf(-0.125), right: leaf(0.5) };
  return ensembleParts({
    kind: 'boosted',
    features: [
      { name: 'size', kind: 'number', missing: false },
      { name: 'weight', kind: 'number', missing: true },
      { name: 'color', kind: 'category', missing: true, categories: ['blue', 'green', 'red'] },
    ],
    classes: ['no', 'yes'],
    arithmetic: { input: 'float32', split: '<', sum: 'float32', zero: 0 },
    combine: { by: 'sum', base: [0.5], outputs: 1, link: 'sigmoid', scale: 1, function: 'float32/1' },
    trees: [
      { output: 0, weight: 1, root: size },
      { output: 0, weight: 0.5, root: weight },
    ],
  });
}
