import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Classifier, createClassifier } from '../../src/model/classifier.js';
import { predicting } from '../../src/model/predicting-model.js';
import { treeScorerOf } from '../../src/model/single-tree.js';
import { fixturesOf, readFixture } from '../formats/fixtures.js';
import { irisModel, mixedModel } from '../server/models.js';

function contributionsOf(classifier: Classifier, row: readonly number[]): Float64Array {
  const outputs = classifier.contributions.classes.length;
  const found = new Float64Array(outputs * (row.length + 2));
  classifier.contributionsInto(Float64Array.from(row), 1, found);
  return found;
}

describe('contributions of a single tree', () => {
  it('add up to the shares of its leaf, to the last bit, and begin with the mean over its training rows', () => {
    const classifier = createClassifier(irisModel());
    const { counts } = treeScorerOf(irisModel()).tree;
    const cell = fc.double({ min: -1, max: 8, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(cell, cell, cell, cell), (row) => {
        const shares = new Float64Array(3);
        classifier.sharesInto(Float64Array.from(row), 1, shares);
        const found = contributionsOf(classifier, row);
        for (const [k, share] of shares.entries()) {
          let sum = 0;
          for (const term of found.subarray(6 * k, 6 * k + 6)) sum += term;
          expect(sum).toBe(share);
          expect(found[6 * k + 4]).toBeCloseTo(counts[k] / (counts[0] + counts[1] + counts[2]), 12);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('are 0 for a feature that it never asks for', () => {
    const { feature } = treeScorerOf(irisModel()).tree;
    const unasked = [0, 1, 2, 3].filter((index) => !feature.includes(index));
    expect(unasked.length).toBeGreaterThan(0);
    const found = contributionsOf(createClassifier(irisModel()), [6, 3, 4.9, 1.8]);
    for (const index of unasked) expect([found[index], found[6 + index], found[12 + index]]).toEqual([0, 0, 0]);
  });

  it('are those that the definition gives by hand', () => {
    // 4 rows of a where the colour is not blue; else 5 rows, 4 of them a, where size <= 5, and 5 rows of b.
    const found = contributionsOf(createClassifier(mixedModel()), [1, 0]);
    const [none, size, colour, both] = [8 / 14, 12 / 14, 0.4, 0.8];
    expect(found[0]).toBeCloseTo((size - none + both - colour) / 2, 14);
    expect(found[1]).toBeCloseTo((colour - none + both - size) / 2, 14);
    expect(found[2]).toBeCloseTo(none, 14);
  });
});

describe('contributions with names', () => {
  const { model } = readFixture(fixturesOf('sklearn-1.9.1-hist-categories')[0]).imported;

  it('have the values of the row, and what they add up to', () => {
    const { contributions } = model.predict({ a: 1.5, b: null, c: 0.3, d: 'new' }, { contributions: true });
    expect(contributions).toMatchObject({
      of: 'margin',
      outputs: model.classes.map((name) => ({ class: name })),
      features: [
        { feature: 'a', value: 1.5 },
        { feature: 'b', value: null },
        { feature: 'c', value: 0.3 },
        { feature: 'd', value: '(unknown)' },
      ],
    });
    for (const [k, { expected, rounding, value }] of contributions!.outputs.entries()) {
      const sum = contributions!.features.reduce((total, feature) => total + feature.contributions[k], 0);
      expect(sum + expected + rounding).toBe(value);
    }
  });

  it('of two classes are those of the second, where there is one output', () => {
    const binary = readFixture(fixturesOf('xgboost-3.2.0-binary')[0]).imported.model;
    const row = Object.fromEntries(binary.features.map(({ name }) => [name, 1]));
    expect(binary.predict(row, { contributions: true }).contributions!.outputs).toMatchObject([{ class: '1' }]);
  });

  it('are refused by name where the model does not know its training rows', () => {
    const { ensemble, ...scorer } = model.scorer as Extract<typeof model.scorer, { kind: 'boosted' | 'forest' }>;
    const trees = { ...ensemble.trees, cover: null };
    const uncovered = predicting({ ...model, scorer: { ...scorer, ensemble: { ...ensemble, trees } } });
    expect(() => uncovered.predict({ a: 1, b: null, c: 1, d: null }, { contributions: true })).toThrow(
      'contributions of features cannot be computed: the model does not say how many training rows came to each node: import it again, from a file that has the covers of its nodes',
    );
    const empty = { ...ensemble.trees, cover: ensemble.trees.cover!.map(() => 0) };
    const unreached = predicting({ ...model, scorer: { ...scorer, ensemble: { ...ensemble, trees: empty } } });
    expect(() => unreached.predict({ a: 1, b: null, c: 1, d: null }, { contributions: true })).toThrow(
      'how many training rows came to each node',
    );
  });
});
