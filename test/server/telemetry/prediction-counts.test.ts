import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Classifier, createClassifier } from '../../../src/model/classifier.js';
import type { Model } from '../../../src/model/model.js';
import type { NumberSummary } from '../../../src/model/provenance.js';
import { singleTree } from '../../../src/model/single-tree.js';
import { leafDistance } from '../../../src/server/telemetry/leaf-distance.js';
import { modelOfKey, PredictionCounts } from '../../../src/server/telemetry/prediction-counts.js';
import { answerOf } from '../../model/one-row.js';
import { deepModel, irisModel, mixedModel } from '../models.js';

/** Leaves 1, 3 and 4 of the iris model. */
const rowOf = { 1: [5, 3, 1.3, 0.2], 3: [5, 3, 4, 1.5], 4: [5, 3, 5, 2] };

/** What training saw of numbers. */
function rangesOf({ features, provenance }: Model) {
  return features.map(({ name }, index) => ({ name, ...(provenance.summaries![index] as NumberSummary) }));
}

function predictAll(rows: readonly number[][], model = irisModel()) {
  const counts = new PredictionCounts();
  const classifier = counts.instrument(createClassifier(model), model, 'iris');
  const leaves = new Int32Array(rows.length);
  classifier.leavesInto(Float64Array.from(rows.flat()), rows.length, leaves);
  return { counts, leaves, classifier, model };
}

describe('counts of predictions', () => {
  it('are of rows by class, whether they come alone or many at once, and change no prediction', () => {
    const plain = createClassifier(irisModel());
    const answers = singleTree(irisModel())!;
    const anyRow = fc.array(fc.double({ min: 0, max: 8, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 30 }), (rows) => {
        const { counts, leaves, classifier } = predictAll(rows);
        const flat = Float64Array.from(rows.flat());
        const alone = rows.map((_, row) => answerOf(classifier, flat.subarray(4 * row, 4 * row + 4)).leaf);
        expect([...leaves]).toEqual(alone);
        expect(alone).toEqual(rows.map((row) => answerOf(plain, Float64Array.from(row)).leaf));
        const labels = [1, 3, 4].map((leaf) => [
          plain.classes[answers.classes[leaf]],
          2 * alone.filter((at) => at === leaf).length,
        ]);
        expect([...counts.rows]).toEqual(labels);
      }),
    );
  });

  it('are of all values outside the training range, whichever row has them', () => {
    const features = rangesOf(irisModel());
    const nearRange = features.map(({ max, min }) => {
      return fc.constantFrom(min, max, (min + max) / 2, min - 1e-9, max + 1e-9);
    });
    const anyRow = fc.tuple(...nearRange);
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 30 }), (rows) => {
        const expected = features.map(({ max, min, name }, column) => {
          return [name, rows.filter((row) => !(min <= row[column] && row[column] <= max)).length];
        });
        expect([...predictAll(rows).counts.outOfRange]).toEqual(expected);
      }),
    );
  });

  it('are of values outside the training range, by feature; a missing one is in every range', () => {
    const model = irisModel({ missing: 1 });
    const [{ max, min }] = rangesOf(model);
    const { counts, classifier } = predictAll(
      [
        [min, 3, 1.3, 0.2],
        [max, 3, 1.3, 0.2],
        [min - 0.001, 3, 1.3, 0.2],
        [max + 0.001, 3, 1.3, 0.2],
        [Number.NaN, 3, 1e9, 0.2],
      ],
      model,
    );
    answerOf(classifier, Float64Array.of(max, 3, 1.3, 0.2));
    expect([...counts.outOfRange]).toEqual([
      ['sepal_length', 2],
      ['sepal_width', 0],
      ['petal_length', 1],
      ['petal_width', 0],
    ]);
  });

  it('count a category that training never saw', () => {
    const model = mixedModel();
    const category = model.features.findIndex(({ kind }) => kind === 'category');
    const row = (value: number) => model.features.map((_, index) => (index === category ? value : Number.NaN));
    const last = (model.features[category] as { categories: readonly string[] }).categories.length - 1;
    const { counts } = predictAll([row(-1), row(0), row(last)], model);
    expect(counts.outOfRange.get(model.features[category].name)).toBe(1);
  });

  it('are of a thousand names each, and of all others together', () => {
    const names = Array.from({ length: 1500 }, (_, index) => `feature ${index}`);
    const model = deepModel(
      3,
      names.map((name) => [name, 1] as const),
    );
    const { counts, classifier } = predictAll([], model);
    const outside = new Float64Array(1500).fill(1e9);
    answerOf(classifier, outside);
    expect(counts.outOfRange.size).toBe(1001);
    expect(counts.outOfRange.get('feature 999')).toBe(1);
    expect(counts.outOfRange.get('(other features)')).toBe(500);
    // Models that come later have names of their own.
    for (let reload = 0; reload < 600; reload++) {
      const classes = [`a ${reload}`, `b ${reload}`, `c ${reload}`];
      const next = irisModel({ classes });
      answerOf(counts.instrument(createClassifier(next), next, `model ${reload}`), Float64Array.from(rowOf[1]));
    }
    expect(counts.rows.size).toBe(1001);
    expect([...counts.rows.values()].reduce((sum, rows) => sum + rows, 0)).toBe(601);
    for (let reload = 600; reload < 1200; reload++) counts.instrument(classifier, model, `model ${reload}`);
    expect(counts.models.size).toBe(1001);
    expect(modelOfKey([...counts.models.keys()].at(-1)!)).toEqual({ model: '(other models)', version: '' });
  });

  it('go on through models, also for calls that still use an old one', () => {
    const counts = new PredictionCounts();
    const instrument = (model: Model) => counts.instrument(createClassifier(model), model, 'iris');
    const models = [irisModel(), irisModel({ classes: ['setosa', 'other', 'virginica'] })] as const;
    const [old, next] = models.map(instrument) as [Classifier, Classifier];
    const predict = (leaf: 1 | 3, by: Classifier) => answerOf(by, Float64Array.from(rowOf[leaf]));
    predict(1, old);
    predict(1, next);
    predict(3, next);
    predict(3, old);
    expect(Object.fromEntries(counts.rows)).toEqual({ setosa: 2, versicolor: 1, virginica: 0, other: 1 });
    for (const model of models) expect([...counts.leaves(model)]).toEqual([0, 1, 0, 1, 0]);
    const perModel = [...counts.models].map(([key, rows]) => [modelOfKey(key), rows]);
    expect(perModel).toEqual(models.map(({ version }) => [{ model: 'iris', version }, 2]));
  });

  it('go on where a model is prepared again, and where another instrument is around theirs', () => {
    const counts = new PredictionCounts();
    const model = irisModel();
    const instrument = () => counts.instrument(createClassifier(model), model, 'iris');
    for (const classifier of [instrument(), { ...instrument() }]) answerOf(classifier, Float64Array.from(rowOf[1]));
    expect([...counts.leaves(model)]).toEqual([0, 2, 0, 0, 0]);
    expect(counts.cells(model).reduce((sum, rows) => sum + rows, 0)).toBeGreaterThan(0);
  });

  it('forget leaves of rows before the last ten thousand, but nothing else', () => {
    const { counts, classifier, model } = predictAll(new Array(10_000).fill(rowOf[1]));
    const predict = (count: number, row: readonly number[]) =>
      classifier.leavesInto(Float64Array.from(new Array(count).fill(row).flat()), count, new Int32Array(count));
    expect([...counts.leaves(model)]).toEqual([0, 10_000, 0, 0, 0]);
    predict(9999, rowOf[3]);
    expect([...counts.leaves(model)]).toEqual([0, 10_000, 0, 9999, 0]);
    predict(1, rowOf[3]);
    expect([...counts.leaves(model)]).toEqual([0, 10_000, 0, 10_000, 0]);
    predict(1, rowOf[4]);
    expect([...counts.leaves(model)]).toEqual([0, 0, 0, 10_000, 1]);
    expect([...counts.rows.values()]).toEqual([10_000, 10_000, 1]);
  });
});

describe('the distance of the leaves', () => {
  const tree = singleTree(irisModel())!; // 10, 10 and 12 training rows in leaves 1, 3 and 4

  it.each([
    ['the shares of training', [0, 10, 0, 10, 12], 0],
    ['a multiple of them', [0, 500, 0, 500, 600], 0],
    ['rows of one leaf only', [0, 7, 0, 0, 0], 22 / 32],
    ['half in one leaf, half in another', [0, 1, 0, 1, 0], 12 / 32],
  ])('of %s', (_, rows, expected) => {
    expect(leafDistance(tree, Float64Array.from(rows))).toBeCloseTo(expected, 12);
  });

  it('is unknown without rows', () => {
    expect(leafDistance(tree, new Float64Array(5))).toBeUndefined();
  });

  it('is that of a definition by events: the largest difference that any set of leaves has', () => {
    fc.assert(
      fc.property(fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50)), ([a, b, c]) => {
        fc.pre(a + b + c > 0);
        const share = [a, b, c].map((rows) => rows / (a + b + c));
        const trained = [10 / 32, 10 / 32, 12 / 32];
        const events = Array.from({ length: 8 }, (_, set) =>
          [0, 1, 2].reduce((sum, leaf) => ((set >> leaf) & 1 ? sum + share[leaf] - trained[leaf] : sum), 0),
        );
        expect(leafDistance(tree, Float64Array.of(0, a, 0, b, c))).toBeCloseTo(Math.max(...events), 12);
      }),
    );
  });
});
