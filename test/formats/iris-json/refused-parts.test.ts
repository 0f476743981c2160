import { describe, expect, it } from 'vitest';
import { type Patch, patched, refusalAfter } from './document.js';

describe('features that are none', () => {
  it.each<[string, Patch, string]>([
    ['none at all', { features: [] }, 'features: expected at least one feature, found an array of 0'],
    ['no object', { 'features[0]': 1 }, 'features[0]: expected an object, found 1'],
    ['one name twice', { 'features[1].name': 'size' }, 'features[1]: expected every name once, found "size"'],
    ['a name of another type', { 'features[1].name': 7 }, 'features[1].name: expected a string, found 7'],
    ['another kind', { 'features[0].kind': 'date' }, 'features[0].kind: expected "number" or "category", found "date"'],
    ['max below min', { 'features[0].max': 0 }, 'features[0].max: expected a number of at least 0.5, found 0'],
    [
      'a negative spread',
      { 'features[0].spread': -1 },
      'features[0].spread: expected a number of at least 0, found -1',
    ],
    [
      'half a missing row',
      { 'features[0].missing': 0.5 },
      'features[0].missing: expected an integer from 0 to 9007199254740991, found 0.5',
    ],
    [
      'one edge',
      { 'features[1].histogram.edges': [1] },
      'features[1].histogram.edges: expected at least two edges, found an array of 1',
    ],
    [
      'edges that do not ascend',
      { 'features[0].histogram.edges': [0, 2, 2, 3.5] },
      'features[0].histogram.edges[2]: expected an edge above 2, found 2',
    ],
    [
      'edges above min',
      { 'features[0].histogram.edges[0]': 0.75 },
      'features[0].histogram.edges[0]: expected an edge of at most min, 0.5, found 0.75',
    ],
    [
      'edges below max',
      { 'features[0].histogram.edges[3]': 2.5 },
      'features[0].histogram.edges[3]: expected an edge of at least max, 3, found 2.5',
    ],
    [
      'a bin too few',
      {
        'features[0].histogram.counts': [
          [3, 1],
          [4, 3],
        ],
      },
      'features[0].histogram.counts: expected an array of 3, found an array of 2',
    ],
    [
      'a class too many in a bin',
      { 'features[0].histogram.counts[1]': [4, 3, 0] },
      'features[0].histogram.counts[1]: expected an array of 2, found an array of 3',
    ],
    [
      'rows that do not add up',
      { 'features[1].missing': 3 },
      "features[1]: expected the histogram's counts and missing to add up to training.rows.train, 20, found 21",
    ],
    [
      'no category',
      { 'features[2].categories': [] },
      'features[2].categories: expected 1 to 255 categories, found an array of 0',
    ],
    [
      'too many categories',
      { 'features[2].categories': Array.from({ length: 256 }, (_, index) => `c${index}`) },
      'features[2].categories: expected 1 to 255 categories, found an array of 256',
    ],
    [
      'one category twice',
      { 'features[2].categories': ['red', 'blue', 'red'] },
      'features[2].categories[2]: expected every name once, found "red"',
    ],
  ])('%s: refused', (_, patch, message) => {
    expect(patched(patch)).toBe(`m.json: ${message}`);
  });
});

describe('a training record, metrics or classes that are none', () => {
  it.each<[string, unknown, string]>([
    ['engine', 'cart', 'expected a name and a version, as in "name/1", found "cart"'],
    ['criterion', 'mse', 'expected "gini" or "entropy", found "mse"'],
    ['maxDepth', 0, 'expected an integer from 1 to 9007199254740991, found 0'],
    ['minSamplesSplit', 1, 'expected an integer from 2 to 9007199254740991, found 1'],
    ['minSamplesLeaf', null, 'expected an integer from 1 to 9007199254740991, found null'],
    ['maxLeafNodes', 1, 'expected an integer from 2 to 9007199254740991, found 1'],
    ['minImpurityDecrease', -0.1, 'expected a number of at least 0, found -0.1'],
    ['classWeight', [1], 'expected an array of 2, found an array of 1'],
    ['ccpAlpha', 'auto', 'expected a finite number, found "auto"'],
    ['target', null, 'expected a string, found null'],
    ['seed', 2 ** 53, 'expected an integer from 0 to 9007199254740991, found 9007199254740992'],
    ['holdout', 1, 'expected a share below 1, found 1'],
    ['partition', 'hash-rank', 'expected a name and a version, as in "name/1", found "hash-rank"'],
    ['rows', [20, 5], 'expected an object, found an array of 2'],
    ['dataSha256', 'abc', 'expected 64 lower-case hex digits, found "abc"'],
  ])('training.%s', (key, value, message) => {
    expect(patched({ [`training.${key}`]: value })).toBe(`m.json: training.${key}: ${message}`);
  });

  it.each<[string, Patch, string]>([
    [
      'a weight of 0',
      { 'training.classWeight': [1, 0] },
      'training.classWeight[1]: expected a weight above 0, found 0',
    ],
    [
      'no training row',
      { 'training.rows.train': 0 },
      'training.rows.train: expected an integer from 1 to 9007199254740991, found 0',
    ],
    [
      'an accuracy above 1',
      { 'metrics.train.accuracy': 1.5 },
      'metrics.train.accuracy: expected a share of at most 1, found 1.5',
    ],
    [
      'a log loss of text',
      { 'metrics.holdout.logLoss': '0' },
      'metrics.holdout.logLoss: expected a finite number, found "0"',
    ],
    ['no metrics of held-out rows', { 'metrics.holdout': null }, 'metrics.holdout: expected an object, found null'],
    [
      'metrics of no held-out row',
      { 'training.rows.holdout': 0 },
      'metrics.holdout: expected null, as no row was held out, found an object',
    ],
    [
      'a weight with which the shares have no sum',
      { 'training.classWeight': [1, 1e308] },
      'training.classWeight: expected weights that give the training rows a finite sum, found others',
    ],
    ['one class', { classes: ['no'] }, 'classes: expected 2 to 65535 classes, found an array of 1'],
    ['a class twice', { classes: ['no', 'no'] }, 'classes[1]: expected every name once, found "no"'],
    ['a class of another type', { classes: [0, 1] }, 'classes[0]: expected a string, found 0'],
  ])('%s is refused', (_, patch, message) => {
    expect(patched(patch)).toBe(`m.json: ${message}`);
  });
});

describe('verification rows that are not those of the tree', () => {
  it.each<[string, Patch, string]>([
    ['none', { verification: [] }, 'verification: expected the 6 rows that the tree implies, found an array of 0'],
    [
      'another value that leads to the same leaf',
      { 'verification[4].input[0]': 1.75 },
      'verification[4].input[0]: expected 1.5000000000000002, which the tree implies, found 1.75',
    ],
    [
      'a value in place of a missing one',
      { 'verification[1].input[1]': 3 },
      'verification[1].input[1]: expected null, which the tree implies, found 3',
    ],
  ])('%s: refused', (_, patch, message) => {
    expect(patched(patch)).toBe(`m.json: ${message}`);
  });

  it('one too few: refused', () => {
    const message = refusalAfter((document) => document.verification.pop());
    expect(message).toBe('m.json: verification: expected the 6 rows that the tree implies, found an array of 5');
  });
});

describe('parts that are larger than any', () => {
  it.each<[string, Patch, string]>([
    [
      'edges',
      { 'features[0].histogram.edges': Array.from({ length: 1026 }, (_, index) => index / 300) },
      'features[0].histogram.edges: expected at most 1025 edges, found an array of 1026',
    ],
    [
      'a feature',
      { 'features[0]': Array(5000).fill(0) },
      'features[0]: expected at most 4160 values in all, found 5000',
    ],
    ['metrics', { metrics: Array(70).fill(0) }, 'metrics: expected at most 64 values in all, found 70'],
    [
      'a verification',
      { verification: Array(5000).fill(0) },
      'verification: expected at most 2144 values in all, found 5000',
    ],
  ])('%s: refused', (_, patch, message) => {
    expect(patched(patch)).toBe(`m.json: ${message}`);
  });
});

describe('verification rows that this program predicts otherwise', () => {
  it.each<[string, Patch, string]>([
    [
      'another class',
      { 'verification[0].class': 1 },
      'verification[0]: expected class 1 at leaf 2, found class 0 at leaf 2',
    ],
    [
      'another leaf',
      { 'verification[3].leaf': 5 },
      'verification[3]: expected class 1 at leaf 5, found class 1 at leaf 3',
    ],
    [
      'another input',
      { 'verification[0].input[0]': 2 },
      'verification[0]: expected class 0 at leaf 2, found class 0 at leaf 5',
    ],
    [
      'a leaf that is none',
      { 'verification[0].leaf': 7 },
      'verification[0].leaf: expected an integer from 0 to 6, found 7',
    ],
    [
      'a class that is none',
      { 'verification[0].class': 2 },
      'verification[0].class: expected an integer from 0 to 1, found 2',
    ],
    [
      'a value too few',
      { 'verification[0].input': [1.5, null] },
      'verification[0].input: expected an array of 3, found an array of 2',
    ],
    ['no number', { 'verification[0].input[0]': 'x' }, 'verification[0].input[0]: expected a finite number, found "x"'],
    [
      'no category',
      { 'verification[0].input[2]': 3 },
      'verification[0].input[2]: expected an integer from 0 to 2, found 3',
    ],
  ])('%s: refused', (_, patch, message) => {
    expect(patched(patch)).toBe(`m.json: ${message}`);
  });
});
