import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../../src/model/classifier.js';
import { ShadowComparison } from '../../../src/server/models/shadow-comparison.js';
import { irisModel, mixedModel } from '../models.js';

const standard = irisModel();
const names = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'] as const;
const rows = [
  [5, 3.6, 1.3, 0.25],
  [6, 3, 4.5, 1.5],
  [6.3, 3.3, 6, 2.5],
];

async function compared(shadow = standard, asked: readonly (readonly number[])[] = rows) {
  const comparison = await ShadowComparison.of('iris', standard, shadow);
  comparison?.compare(Float64Array.from(asked.flat()), asked.length);
  return comparison?.counts;
}

describe('a shadow', () => {
  it('agrees with itself', async () => {
    const counts = await compared();
    expect([...counts!.classes]).toEqual(
      standard.classes.map((label) => [label, { rows: 1, agreed: 1, largestDifference: 0 }]),
    );
  });

  it('differs by the largest difference of two probabilities, by the class that was answered', async () => {
    const counts = await compared(irisModel({ threshold: 5 }));
    // The second row is setosa to it: 1 in place of 0, 0 in place of 0.9, 0 in place of 0.1.
    expect(counts!.classes.get('versicolor')).toEqual({ rows: 1, agreed: 0, largestDifference: 1 });
    expect(counts!.classes.get('setosa')).toEqual({ rows: 1, agreed: 1, largestDifference: 0 });
  });

  it('is compared by the names of classes, whatever their order, and where it has others', async () => {
    const counts = await compared(irisModel({ classes: ['versicolor', 'setosa', 'other'] }));
    // Of setosa it says versicolor; of virginica, to it other, it has the same leaf.
    expect(Object.fromEntries(counts!.classes)).toEqual({
      setosa: { rows: 1, agreed: 0, largestDifference: 1 },
      versicolor: { rows: 1, agreed: 0, largestDifference: 0.9 },
      virginica: { rows: 1, agreed: 0, largestDifference: 0.75 },
    });
  });

  it('is asked its features in its order', async () => {
    // Its third feature is sepal_width: what it asks of the third is that, of the fourth petal_width.
    const [a, b, c, d] = names;
    const shadow = irisModel({ features: ([a, c, b, d] as const).map((name) => [name, 0.1] as const) });
    const counts = await compared(shadow);
    const classifier = createClassifier(shadow);
    const labels = new Int32Array(3);
    classifier.labelsInto(Float64Array.from(rows.flatMap(([w, x, y, z]) => [w!, y!, x!, z!])), 3, labels);
    const agreed = rows.map((_, row) => Number(shadow.classes[labels[row]!] === standard.classes[row]));
    expect(standard.classes.map((label) => counts!.classes.get(label)!.agreed)).toEqual(agreed);
  });

  it('is not compared where it has a feature that the other one lacks', async () => {
    expect(await compared(irisModel({ features: ['a', 'b', 'c', 'd'].map((name) => [name, 1] as const) }))).toBe(
      undefined,
    );
    expect(await ShadowComparison.of('mixed', mixedModel(), standard)).toBe(undefined);
  });

  it('is asked all rows but those that it refuses, which are counted', async () => {
    const missing = irisModel({ missing: 2 });
    const comparison = (await ShadowComparison.of('iris', missing, standard))!;
    comparison.compare(Float64Array.from([...rows[0]!, 5, 3.6, Number.NaN, 0.25, ...rows[2]!]), 3);
    expect(comparison.counts).toMatchObject({ refused: 1, dropped: 0 });
    expect([...comparison.counts.classes.values()].reduce((sum, one) => sum + one.rows, 0)).toBe(2);
  });
});
