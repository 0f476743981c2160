import { describe, expect, it } from 'vitest';
import { readDataset } from '../../src/data/read-dataset.js';
import { measureAgreement } from '../../src/evaluation/agreement.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { createClassifier } from '../../src/model/classifier.js';
import type { ForestScorer } from '../../src/model/model.js';
import { runSteps } from '../../src/model/steps.js';
import { type EnsembleNode, ensembleParts } from '../arbitraries/ensembles.js';
import { tableFolder, trainOn } from './subjects.js';

const table = tableFolder();

/** `a` up to a threshold, else `b`. */
function stump(threshold: number): EnsembleNode {
  const leaf = (values: number[]): EnsembleNode => ({ values, cover: 1 });
  return {
    ...{ feature: 0, threshold, set: null, missingLeft: false, zeroIsMissing: false, unknownLeft: false },
    left: leaf([0.75, 0.25]),
    right: leaf([0.25, 0.75]),
  };
}

describe('the agreement of trees', () => {
  it('counts those that answer as the forest does, and whether it is right', async () => {
    const model = ensembleParts({
      kind: 'forest',
      features: [{ name: 'x', kind: 'number', missing: false }],
      classes: ['a', 'b'],
      arithmetic: { input: 'float64', split: '<=', sum: 'float64', zero: 0 },
      combine: { by: 'mean', base: null, outputs: 2, link: 'none', scale: 1, function: 'float64/1' },
      trees: [1, 2, 3, 4].map((threshold) => ({ output: null, weight: 1, root: stump(threshold) })),
    });
    // Of four trees so many say a: 4, 3, 2 (a, as equal shares are the first's), 1, 0; once wrongly.
    const dataset = await readDataset(table('five.csv', 'x,label\n0,a\n1.5,a\n2.5,b\n3.5,b\n5,b\n'));
    const rows = Uint32Array.of(0, 1, 2, 3, 4);
    const found = runSteps(measureAgreement(model.scorer as ForestScorer, createClassifier(model), dataset, rows));
    expect(found).toEqual({
      trees: 4,
      mean: (4 + 3 + 2 + 3 + 4) / 20,
      bins: [
        { lower: 0.5, upper: 0.6, rows: 1, right: 0 },
        { lower: 0.7, upper: 0.8, rows: 2, right: 2 },
        { lower: 1, upper: 1, rows: 2, right: 2 },
      ],
    });
    const none = measureAgreement(model.scorer as ForestScorer, createClassifier(model), dataset, new Uint32Array());
    expect(runSteps(none)).toBeNull();
  });

  it('is measured where a forest is evaluated, and noted', async () => {
    const { measured, notes } = await evaluate(await trainOn({ engine: 'forest', trees: 12, maxFeatures: null }));
    const { bins, mean, trees } = measured.agreement!;
    expect(trees).toBe(12);
    expect(bins.reduce((sum, bin) => sum + bin.rows, 0)).toBe(measured.rows);
    expect(bins.reduce((sum, bin) => sum + bin.right, 0)).toBe(
      Math.round(measured.metrics.accuracy.value! * measured.rows),
    );
    const unanimous = bins.at(-1)!;
    expect(notes).toContain(
      `on average ${(100 * mean).toFixed(1)} % of the 12 trees answer as the forest does: all of them on ${unanimous.rows} rows, of which ${unanimous.right} are predicted rightly, not all on ${30 - unanimous.rows}, of which ${30 * measured.metrics.accuracy.value! - unanimous.right} are`,
    );
  });

  it('is that of no single tree', async () => {
    expect((await evaluate(await trainOn())).measured.agreement).toBeUndefined();
  });
});
