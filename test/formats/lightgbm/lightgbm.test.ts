import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importBytes } from '../../../src/formats/import-model.js';
import { createClassifier } from '../../../src/model/classifier.js';
import { differencesOf, FIXTURES, fixturesOf, readFixture } from '../fixtures.js';
import { expectRefusedOrWhole, refusalOf } from '../foreign.js';

const textOf = (name: string) => readFileSync(join(FIXTURES, `lightgbm-${name}.txt`), 'utf8');
const changed = (from: string | RegExp, to: string, name = '4.7.0-binary') => {
  const text = textOf(name);
  const other = text.replace(from, to);
  expect(other).not.toBe(text);
  return Buffer.from(other);
};

describe('a model of LightGBM', () => {
  it.each(fixturesOf('lightgbm'))('$name answers as it does there, bit for bit', (fixture) => {
    const { answers, imported } = readFixture(fixture);
    expect(differencesOf(answers, imported)).toMatchObject({ labels: 0, margins: 0, shares: 0 });
  });

  it('says where it comes from; its features have names, its classes have none', () => {
    const { model, notes } = importBytes(changed(/feature_names=.*/, 'feature_names=a b c d'), 'm', { iterations: 2 });
    expect(model.features.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
    expect(model.scorer).toMatchObject({
      kind: 'boosted',
      source: { library: 'lightgbm', version: 'v4', iterations: 2 },
    });
    expect(notes).toEqual(['the file has no names of classes: they are numbered']);
    expect(refusalOf(Buffer.from(textOf('4.7.0-binary')), { iterations: 9 })).toBe(
      'iterations: expected at most the 4 rounds of the model, found 9',
    );
  });

  it('sends every number left at a threshold without bound', () => {
    const { model } = importBytes(changed(/threshold=\S+/, 'threshold=inf'), 'm');
    const leaves = new Int32Array(4);
    createClassifier(model).leavesInto(Float64Array.of(1e300, 1e300, 1e300, 1e300), 1, leaves);
    const right = model.scorer.kind === 'boosted' ? model.scorer.ensemble.trees.right[0] : 0;
    expect(leaves[0]).toBeLessThan(right);
  });

  it('has the categories of a data frame by their names', () => {
    const names = [[...'abcdef'], Array.from({ length: 40 }, (_, index) => index / 2)];
    const named = changed(/pandas_categorical:.*/, `pandas_categorical:${JSON.stringify(names)}`, '4.7.0-categories');
    const { model, notes } = importBytes(named, 'm');
    const { features } = model;
    expect(notes).toEqual(['the file has no names of classes: they are numbered']);
    expect(importBytes(Buffer.from(textOf('4.7.0-categories')), 'm').notes.slice(1)).toEqual([
      'the file has no names of the categories of Column_1: they are the numbers from 0 to 5 that training was given, of a data frame its codes',
      'the file has no names of the categories of Column_3: they are the numbers from 0 to 39 that training was given, of a data frame its codes',
    ]);
    expect(features[1]).toMatchObject({ kind: 'category', categories: [...'abcdef'] });
    expect(features[3]).toMatchObject({ kind: 'category', categories: names[1].map(String) });
    expect(refusalOf(changed(/pandas_categorical:.*/, 'pandas_categorical:[["a"]]', '4.7.0-categories'))).toBe(
      'm: the data frame had 1 columns of categories, and 2 features of the model are: which is which the file does not say',
    );
  });

  it.each<[string, string | RegExp, string, string]>([
    [
      'another objective',
      /objective=binary sigmoid:1/,
      'objective=regression',
      'm: the objective "regression" is not read: expected binary, cross_entropy, multiclass or multiclassova',
    ],
    [
      'a key in its header that is not known',
      'version=v4',
      'version=v4\nsurprise=1',
      'm: the header: surprise is not known, and so not read',
    ],
    [
      'a key in a tree that is not known',
      'num_cat=0',
      'num_cat=0\nsurprise=1',
      'm: tree 0: surprise is not known, and so not read',
    ],
    ['linear leaves', 'is_linear=0', 'is_linear=1', 'm: tree 0: leaves that are linear models are not read'],
    [
      'a child that is no node',
      /left_child=\S+/,
      'left_child=99',
      'm: tree 0: expected the index of a node, below 15, found 99',
    ],
    [
      'a circle',
      /right_child=\S+/,
      'right_child=0',
      'm: tree 0: expected every node below one other, found "node 0 twice"',
    ],
    [
      'a threshold that is no number',
      /threshold=\S+/,
      'threshold=nan',
      'm: tree 0: threshold[0]: expected a number, found "nan"',
    ],
    [
      'a threshold below all numbers',
      /threshold=\S+/,
      'threshold=-inf',
      'm: tree 0: threshold[0]: expected a number, found "-inf"',
    ],
    [
      'too few numbers',
      /leaf_value=\S+ /,
      'leaf_value=',
      'm: tree 0: leaf_value: expected 8 numbers, found an array of 7',
    ],
    [
      'no trees',
      /Tree=0[\s\S]*end of trees/,
      'end of trees',
      'm: the file: expected a multiple of 1 trees, found "0 trees"',
    ],
    ['an end that is missing', /end of trees[\s\S]*/, '', 'm: the file: expected "end of trees", found "none"'],
    ['a tree too many', 'Tree=1', 'Tree=2', 'm: the file: expected Tree=1, found "Tree=2"'],
    [
      'another number of classes',
      'num_tree_per_iteration=1',
      'num_tree_per_iteration=2',
      'm: the objective "binary sigmoid:1" is not read: expected binary, cross_entropy, multiclass or multiclassova',
    ],
  ])('with %s is refused', (_, from, to, message) => {
    expect(refusalOf(changed(from, to))).toBe(message);
  });

  it.each(['4.7.0-binary', '4.7.0-categories', '4.7.0-rf'])('that was damaged is refused, or whole: %s', (name) =>
    expectRefusedOrWhole(Buffer.from(textOf(name)), 'lightgbm', 80),
  );
});
