import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serializeModel } from '../../src/formats/iris-json/format.js';
import {
  type Answers,
  type Classifier,
  createCheckedClassifier,
  createClassifier,
} from '../../src/model/classifier.js';
import { singleTree } from '../../src/model/single-tree.js';
import { modelParts } from '../arbitraries/model.js';
import { walk } from '../formats/iris-json/walker.js';
import { irisModel } from '../server/models.js';
import { answerOf } from './one-row.js';
import { toyParts } from './toy-model.js';
import { assembleTrained } from './trained-parts.js';

const toyModel = assembleTrained(toyParts());
const toy = createClassifier(toyModel);
const numbers = createClassifier(irisModel());
const weightedModel = assembleTrained({ ...toyParts(), training: { ...toyParts().training, classWeight: [1, 3] } });
const weighted = createClassifier(weightedModel);
const row = (...values: number[]) => Float64Array.from(values);

describe('a classifier', () => {
  it('finds the leaf and class that a reader of the JSON finds, one by one and in a batch', () => {
    fc.assert(
      fc.property(
        modelParts,
        fc.array(fc.array(fc.nat(9), { minLength: 4, maxLength: 4 }), { maxLength: 8 }),
        (parts, dice) => {
          const model = assembleTrained(parts);
          const document = JSON.parse(serializeModel(model));
          const classifier = createClassifier(model);
          // Values at, beside and far from the thresholds, any category, and missing ones where they may be.
          const inputs = dice.map((die) =>
            model.features.map((feature, index) => {
              if (die[index] === 0 && feature.missing) return null;
              if (feature.kind === 'category') return die[index] % feature.categories.length;
              return [...parts.tree.threshold, -1e9, 0.5, 1e9][die[index] % (parts.tree.nodeCount + 3)];
            }),
          );
          const rows = Float64Array.from(inputs.flat(), (value) => value ?? Number.NaN);
          const [labels, leaves] = [new Int32Array(inputs.length), new Int32Array(inputs.length)];
          const shares = new Float64Array(inputs.length * 3);
          expect(classifier.findBadValue(rows, inputs.length)).toBeUndefined();
          classifier.leavesInto(rows, inputs.length, leaves);
          classifier.labelsInto(rows, inputs.length, labels);
          classifier.sharesInto(rows, inputs.length, shares);
          inputs.forEach((input, index) => {
            const expected = walk(document, input);
            const alone = rows.subarray(index * model.features.length, (index + 1) * model.features.length);
            const { classIndex, label, leaf, shares: own } = answerOf(classifier, alone);
            expect({ leaf: leaves[index], class: labels[index] }).toEqual(expected);
            expect({ leaf, class: classIndex }).toEqual(expected);
            expect(label).toBe(model.classes[expected.class]);
            expect([...shares.subarray(3 * index, 3 * index + 3)]).toEqual(own);
          });
        },
      ),
    );
  });

  it.each([
    [{ label: new Int32Array(1) }, 'label', 'labels'],
    [{ labels: new Int32Array(1), share: new Float64Array(3) }, 'share', 'shares'],
  ])('of the library refuses to answer what there is not: %#', (answers, option, meant) => {
    const checked = createCheckedClassifier(irisModel());
    expect(() => checked.answerInto(row(1, 2, 3, 4), 1, answers as Answers)).toThrow(
      expect.objectContaining({
        name: 'UsageError',
        option,
        message: `unknown option ${option}; did you mean ${meant}?`,
      }),
    );
  });

  it.each<[string, number, (of: Classifier, rows: Float64Array) => unknown]>([
    ['rows', 8, (of, rows) => of.labelsInto(rows.subarray(1), 2, new Int32Array(2))],
    ['rows', 8, (of, rows) => of.findBadValue(rows.subarray(1), 2)],
    ['labels', 2, (of, rows) => of.answerInto(rows, 2, { labels: new Int32Array(1) })],
    ['shares', 6, (of, rows) => of.sharesInto(rows, 2, new Float64Array(5))],
    ['leaves', 2, (of, rows) => of.leavesInto(rows, 2, new Int32Array(1))],
    ['contributions', 36, (of, rows) => of.contributionsInto(rows, 2, new Float64Array(35))],
  ])('of the library refuses an array that is too short: %s', (option, least, ask) => {
    const rows = Float64Array.of(5, 3, 1, 0.2, 5, 3, 1, 0.2);
    expect(() => ask(createCheckedClassifier(irisModel()), rows)).toThrow(
      `${option}: expected at least 2 × ${least / 2} numbers, found ${least - 1}`,
    );
  });

  it('gives the shares of a leaf', () => {
    // Leaves 3 and 2.
    expect(answerOf(toy, row(1, 5, 1)).shares).toEqual([0.2, 0.8]);
    expect(answerOf(toy, row(1, 5, 2)).shares).toEqual([1, 0]);
  });

  it('weighs the classes', () => {
    expect(answerOf(weighted, row(1, 5, 1)).shares).toEqual([1 / 13, 12 / 13]);
    // Node 1 has seven rows of no, four of yes: three times four is more.
    expect([singleTree(toyModel)!.classes[1], singleTree(weightedModel)!.classes[1]]).toEqual([0, 1]);
  });

  it('explains the path with names', () => {
    expect(toy.explainer!.pathOf(row(1, 5, 2))).toEqual([
      { feature: 'size', value: 1, threshold: 1.5, wentLeft: true, samples: 20, words: 'size 1 <= 1.5' },
      {
        feature: 'color',
        value: 'red',
        categories: ['blue', 'red'],
        wentLeft: true,
        samples: 11,
        words: 'color in {blue, red}: red',
      },
    ]);
  });

  it('explains in the order of keys that clients see', () => {
    for (const step of toy.explainer!.pathOf(row(1, 5, 2))) {
      const test = 'threshold' in step ? 'threshold' : 'categories';
      expect(Object.keys(step)).toEqual(['feature', 'value', test, 'wentLeft', 'samples', 'words']);
    }
  });

  it('explains a missing value and an unknown category', () => {
    expect(toy.explainer!.pathOf(row(2, Number.NaN, 0))[1]).toEqual({
      feature: 'weight',
      value: null,
      threshold: 10,
      wentLeft: true,
      samples: 9,
      words: 'weight missing: goes left',
    });
    expect(toy.explainer!.pathOf(row(1, 5, -1))[1]).toEqual({
      feature: 'color',
      value: '(unknown)',
      categories: ['blue', 'red'],
      wentLeft: true,
      samples: 11,
      words: 'color in {blue, red}: (unknown)',
    });
  });
});

describe('the check of rows', () => {
  it('takes missing values where training had some, and unknown categories', () => {
    expect(toy.findBadValue(row(1, Number.NaN, Number.NaN, 2, -3, -1), 2)).toBeUndefined();
  });

  it.each<[string, number[], number, string]>([
    [
      'a missing value',
      [1, 2, 0, Number.NaN, 2, 0],
      0,
      'size: expected a value, as none was missing in training, found a missing one',
    ],
    ['infinity', [1, 2, 0, Number.POSITIVE_INFINITY, 2, 0], 0, 'size: expected a finite number, found Infinity'],
    [
      'minus infinity',
      [1, 2, 0, 1, Number.NEGATIVE_INFINITY, 0],
      1,
      'weight: expected a finite number, found -Infinity',
    ],
    [
      'an infinite category',
      [1, 2, 0, 1, 2, Number.POSITIVE_INFINITY],
      2,
      'color: expected the index of a category, from -1 (unknown) to 2, found Infinity',
    ],
    [
      'half a category',
      [1, 2, 0, 1, 2, 0.5],
      2,
      'color: expected the index of a category, from -1 (unknown) to 2, found 0.5',
    ],
    [
      'a category too high',
      [1, 2, 0, 1, 2, 3],
      2,
      'color: expected the index of a category, from -1 (unknown) to 2, found 3',
    ],
    [
      'a category too low',
      [1, 2, 0, 1, 2, -2],
      2,
      'color: expected the index of a category, from -1 (unknown) to 2, found -2',
    ],
  ])('finds %s, and says where', (_, values, feature, message) => {
    const description = message.slice(message.indexOf(': ') + 2);
    expect(toy.findBadValue(row(...values), 2)).toEqual({ row: 1, feature, description, message });
  });

  it('finds the first value that is not finite, wherever it stands among numbers', () => {
    const { features } = numbers;
    const notFinite = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    const anyRows = fc.array(
      fc.oneof({ weight: 9, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) }, notFinite),
      {
        minLength: features.length,
        maxLength: 12 * features.length,
      },
    );
    fc.assert(
      fc.property(anyRows, (values) => {
        const rowCount = Math.floor(values.length / features.length);
        const at = values.slice(0, rowCount * features.length).findIndex((value) => !Number.isFinite(value));
        const column = at % features.length;
        const expected = { row: (at - column) / features.length, feature: column };
        const found = numbers.findBadValue(Float64Array.from(values), rowCount);
        if (at < 0) expect(found).toBeUndefined();
        else expect(found).toMatchObject(expected);
      }),
    );
  });

  it('looks no further than the rows that it is given', () => {
    expect(toy.findBadValue(row(1, 2, 0, Number.NaN, 2, 0), 1)).toBeUndefined();
  });
});
