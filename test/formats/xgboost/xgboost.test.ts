import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importBytes } from '../../../src/formats/import-model.js';
import type { EnsembleScorer } from '../../../src/model/model.js';
import { differencesOf, FIXTURES, fixturesOf, readFixture } from '../fixtures.js';
import { expectRefusedOrWhole, refusalOf } from '../foreign.js';

// biome-ignore lint/suspicious/noExplicitAny: a file of another library, to be broken anywhere
type Broken = any;

const binary = () => JSON.parse(readFileSync(join(FIXTURES, 'xgboost-3.2.0-binary.json'), 'utf8')) as Broken;
const categories = () => JSON.parse(readFileSync(join(FIXTURES, 'xgboost-3.1.3-categories-1.json'), 'utf8')) as Broken;
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));

function refusal(change: (model: Broken) => void, of = binary): string {
  const model = of();
  change(model);
  return refusalOf(bytesOf(model));
}

const treesOf = ({ learner }: Broken) => learner.gradient_booster.model.trees;

describe('a model of XGBoost', () => {
  it.each(fixturesOf('xgboost'))('$name answers as it does there, bit for bit', (fixture) => {
    const { answers, imported } = readFixture(fixture);
    expect(differencesOf(answers, imported)).toMatchObject({ labels: 0, margins: 0, shares: 0 });
  });

  it('says where it comes from, and what the file does not have', () => {
    const { model, notes, rounds } = importBytes(bytesOf(binary()), 'm');
    expect(model.scorer).toMatchObject({
      kind: 'boosted',
      source: { library: 'xgboost', version: '3.2.0', iterations: 4 },
    });
    expect(rounds).toEqual({ taken: 4, count: 4 });
    expect(notes).toEqual([
      'the file has no names of features: they are numbered',
      'the file has no names of classes: they are numbered',
    ]);
  });

  it('has as many rounds as whoever wrote the file predicts with, or as are asked for', () => {
    const read = (name: string, options = {}) => {
      const { model, notes, rounds } = importBytes(readFileSync(join(FIXTURES, name)), 'm', options);
      return { iterations: (model.scorer as EnsembleScorer).source?.iterations, rounds, note: notes[0] };
    };
    const all = 'all 6 rounds are taken, as Booster.predict does; early stopping recorded that the first 3 were best';
    expect(read('xgboost-3.2.0-early-all.json')).toEqual({ iterations: 6, rounds: { taken: 6, count: 6 }, note: all });
    expect(read('xgboost-3.2.0-early-classifier.json')).toEqual({
      iterations: 3,
      rounds: { taken: 3, count: 6 },
      note: '3 of 6 rounds are taken, up to the best one, as XGBClassifier does',
    });
    for (const name of ['xgboost-1.7.6-early.json', 'xgboost-3.2.0-early-classifier.json']) {
      expect(read(name, { iterations: 5 }).rounds?.taken).toBe(5);
    }
    const bytes = readFileSync(join(FIXTURES, 'xgboost-1.7.6-early.json'));
    expect(refusalOf(bytes, { iterations: 6 })).toBe('iterations: expected at most the 5 rounds of the model, found 6');
  });

  it('has all rounds where a booster was cut or went on after its best one', () => {
    const model = binary();
    for (const [best, notes] of [
      ['9', 0],
      ['none', 0],
      ['3', 0],
      ['0', 1],
    ] as const) {
      model.learner.attributes = { best_iteration: best };
      const found = importBytes(bytesOf(model), 'm', { featureNames: [...'abcd'], classNames: ['no', 'yes'] });
      expect([found.rounds?.taken, found.notes.length]).toEqual([4, notes]);
    }
    model.learner.attributes = { best_iteration: '9', scikit_learn: '{}' };
    expect(refusalOf(bytesOf(model))).toBe(
      'm: learner.attributes.best_iteration: expected a whole number from 0 to 3, found "9"',
    );
  });

  it('takes names where it has none', () => {
    const names = { featureNames: ['a', 'b', 'c', 'd'], classNames: ['no', 'yes'] };
    const { model, notes } = importBytes(bytesOf(binary()), 'm', names);
    expect([model.features.map(({ name }) => name), model.classes, notes]).toEqual([
      names.featureNames,
      names.classNames,
      [],
    ]);
    expect(refusalOf(bytesOf(binary()), { classNames: ['a', 'b', 'c'] })).toBe(
      'classNames: expected 2 names, each once, found 3: a, b, c',
    );
    const named = binary();
    named.learner.feature_names = ['w', 'x', 'y', 'z'];
    expect(refusalOf(bytesOf(named), names)).toBe('featureNames: the file has names of its own: w, x, y, z');
  });

  it('says which features have codes for categories, as their names are not in the file', () => {
    expect(importBytes(bytesOf(categories()), 'm').notes.slice(2)).toEqual([
      'the file has no names of the categories of f1: they are the numbers from 0 to 5 that training was given, of a data frame its codes',
      'the file has no names of the categories of f3: they are the numbers from 0 to 12 that training was given, of a data frame its codes',
    ]);
  });

  it('has categories by the names of a data frame', () => {
    const model = categories();
    const values = [...Buffer.from('redblue')];
    const offsets = { offsets: [0, 3, 7], values };
    model.learner.gradient_booster.model.cats = {
      enc: [
        { offsets: [], values: [] },
        { type: 15, values: [10, 20, 30, 40, 50, 60] },
        { offsets: [], values: [] },
        offsets,
      ],
    };
    expect(refusalOf(bytesOf(model))).toMatch(/^m: the trees, of feature 3: expected categories below 2, found \d+$/);
    offsets.values = [...Buffer.from('abcdefghijklm')];
    offsets.offsets = [...Array(14).keys()];
    const { features } = importBytes(bytesOf(model), 'm').model;
    expect(features[1]).toMatchObject({ kind: 'category', categories: ['10', '20', '30', '40', '50', '60'] });
    expect(features[3]).toMatchObject({ categories: [...'abcdefghijklm'] });
    offsets.values[3] = -61;
    expect(refusalOf(bytesOf(model))).toMatch(
      /enc\[3\]: the name of category 3 is cut in the file: use names of ASCII/,
    );
  });

  it.each<[string, (model: Broken) => void, string]>([
    [
      'a linear booster',
      ({ learner }) => (learner.gradient_booster.name = 'gblinear'),
      'm: the booster "gblinear" is not read: expected gbtree or dart',
    ],
    [
      'another objective',
      ({ learner }) => (learner.objective.name = 'reg:squarederror'),
      'm: the objective "reg:squarederror" is not read: expected binary:logistic, multi:softprob or multi:softmax',
    ],
    [
      'another objective, whose base is another number',
      ({ learner }) => {
        learner.objective = { name: 'binary:hinge' };
        learner.learner_model_param.base_score = '[0E0]';
      },
      'm: the objective "binary:hinge" is not read: expected binary:logistic, multi:softprob or multi:softmax',
    ],
    [
      'more classes than its objective has',
      ({ learner }) => (learner.learner_model_param.num_class = '3'),
      'm: learner.learner_model_param.num_class: expected a whole number from 0 to 1, found "3"',
    ],
    [
      'fewer classes than its objective has',
      ({ learner }) => (learner.objective.name = 'multi:softprob'),
      'm: learner.learner_model_param.num_class: expected a whole number from 2 to 65535, found "0"',
    ],
    [
      'several targets',
      ({ learner }) => (learner.learner_model_param.num_target = '2'),
      'm: models of several targets are not read: one label per row is',
    ],
    [
      'a base that is no probability',
      ({ learner }) => (learner.learner_model_param.base_score = '1.5'),
      'm: learner.learner_model_param.base_score: expected a probability between 0 and 1, found "1.5"',
    ],
    [
      'no trees',
      ({ learner }) => (learner.gradient_booster.model.trees = []),
      'm: learner.gradient_booster.model.tree_info: expected an array of 0, found an array of 4',
    ],
    [
      'a child that is no node',
      (model) => (treesOf(model)[0].left_children[0] = 99),
      `m: learner.gradient_booster.model.trees[0]: expected the index of a node, below ${treesOf(binary())[0].left_children.length}, found 99`,
    ],
    [
      'a circle',
      (model) => (treesOf(model)[1].right_children[0] = 0),
      'm: learner.gradient_booster.model.trees[1]: expected every node below one other, found "node 0 twice"',
    ],
    [
      'a feature that is none',
      (model) => (treesOf(model)[0].split_indices[0] = 4),
      'm: learner.gradient_booster.model.trees[0]: expected the index of a feature, below 4, found 4',
    ],
    [
      'a threshold that is no number',
      (model) => (treesOf(model)[0].split_conditions[0] = null),
      'm: learner.gradient_booster.model.trees[0].split_conditions[0]: expected a number, found null',
    ],
    [
      'arrays of other lengths',
      (model) => treesOf(model)[0].default_left.pop(),
      `m: learner.gradient_booster.model.trees[0].default_left: expected an array of ${treesOf(binary())[0].left_children.length}, found an array of ${treesOf(binary())[0].left_children.length - 1}`,
    ],
    [
      'a class that is none',
      ({ learner }) => (learner.gradient_booster.model.tree_info[0] = 1),
      'm: learner.gradient_booster.model.tree_info[0]: expected a whole number from 0 to 0, found 1',
    ],
    ...(
      [
        ['the model', (model) => model],
        ['learner', ({ learner }) => learner],
        ['learner.learner_model_param', ({ learner }) => learner.learner_model_param],
        ['learner.objective', ({ learner }) => learner.objective],
        ['learner.gradient_booster', ({ learner }) => learner.gradient_booster],
        ['learner.gradient_booster.model', ({ learner }) => learner.gradient_booster.model],
        [
          'learner.gradient_booster.model.gbtree_model_param',
          ({ learner }) => learner.gradient_booster.model.gbtree_model_param,
        ],
        ['learner.gradient_booster.model.trees[1]', (model) => treesOf(model)[1]],
        ['learner.gradient_booster.model.trees[1].tree_param', (model) => treesOf(model)[1].tree_param],
      ] as [string, (model: Broken) => Broken][]
    ).map(([path, part]): [string, (model: Broken) => void, string] => [
      `a key that is not known in ${path}`,
      (model) => (part(model).surprise = 1),
      `m: ${path}: surprise is not known, and so not read`,
    ]),
    ['no objective', ({ learner }) => delete learner.objective, 'm: learner.objective: expected an object, found none'],
  ])('with %s is refused', (_, change, message) => {
    expect(refusal(change)).toBe(message);
  });

  it('of more categories than there may be is refused', () => {
    const message = refusal((model) => {
      const tree = treesOf(model).find(({ categories_nodes }: Broken) => categories_nodes.length > 0);
      tree.categories[0] = 255;
    }, categories);
    expect(message).toMatch(/^m: feature [13] has 256 categories: at most 255 are taken$/);
  });

  it('in a format before JSON is refused, with what to do', () => {
    expect(refusalOf(Buffer.from('binf\0\0\0\0'))).toMatch(/^m: the binary format of XGBoost before 2\.1 is not read/);
  });

  it.each(['xgboost-3.2.0-binary.json', 'xgboost-3.2.0-categories-ubj.ubj', 'xgboost-2.1.4-vector.json'])(
    'that was damaged is refused, or whole: %s',
    (name) => expectRefusedOrWhole(readFileSync(join(FIXTURES, name)), 'xgboost', 80),
  );

  it.each([
    [
      'a length beyond the file',
      '{L\0\0\0\0\0\0\0\x07learner[$L#L\x7f\xff\xff\xff\xff\xff\xff\xff',
      'a count of at most',
    ],
    ['a length below 0', '{L\0\0\0\0\0\0\0\x07learner[$d#l\xff\xff\xff\xff', 'a count of at most'],
    ['elements that take no bytes', '{L\0\0\0\0\0\0\0\x07learner[$Z#L\0\0\0\0\x7f\xff\xff\xff', 'an array of numbers'],
    ['too many levels', `{L\0\0\0\0\0\0\0\x07learner${'['.repeat(100)}`, 'at most 32 levels'],
  ])('in UBJSON with %s is refused before anything is made', (_, text, expected) => {
    expect(refusalOf(Buffer.from(text, 'latin1'))).toContain(expected);
  });
});

describe('a file that is imported', () => {
  it.each([
    ['a pickle', Buffer.from([0x80, 0x04, 0x95])],
    ['a compressed pickle', Buffer.from([0x78, 0x9c, 0x01])],
  ])('is refused where it is %s, with the lines that write another', (_, bytes) => {
    expect(refusalOf(bytes, { format: 'xgboost' })).toContain(
      '`import skops.io` and `skops.io.dump(model, "model.skops")`',
    );
  });

  it('is refused where it is one of ours, or none', () => {
    expect(refusalOf(readFileSync(join(FIXTURES, '../../../artifacts/iris.json')))).toBe(
      'm: expected a model of another library, found one of iris: use it as it is',
    );
    expect(refusalOf(Buffer.from('hello'))).toMatch(/^m: expected XGBoost JSON or UBJSON.*, found another file$/);
    expect(refusalOf(Buffer.from('{}'), { format: 'catboost' })).toMatch(
      /^format: expected xgboost.*, found "catboost"$/,
    );
  });
});
