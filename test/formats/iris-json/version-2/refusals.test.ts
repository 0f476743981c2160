import { describe, expect, it } from 'vitest';
import { type Document, type Patch, patched, refusal, refusalAfter, sealed, toyDocument2 } from '../document.js';

const tree = 'model.trees[0]';
const refused = (patch: Patch) => patched(patch, toyDocument2);

describe('a version that nobody knows', () => {
  it.each<[unknown, string]>([
    [1, 'version: expected 2, found 1'],
    ['2', 'version: expected 2, found "2"'],
    [3, 'format version 3 is newer than this program, which reads up to 2'],
  ])('%j is refused', (version, message) => {
    expect(refused({ version })).toBe(`m.json: ${message}`);
  });
});

describe('a kind of model', () => {
  it.each([['linear'], [null]])('%j is none', (kind) => {
    expect(refused({ 'model.kind': kind })).toMatch(
      /^m\.json: model\.kind: expected "tree", "forest" or "boosted", found /,
    );
  });
});

describe('a model of one tree that is none', () => {
  it.each<[string, Patch, string]>([
    ['no object', { model: [] }, 'model: expected an object, found an array of 0'],
    ['without a tree', { 'model.trees': [] }, 'model.trees: expected an array of 1, found an array of 0'],
    [
      'of another arithmetic',
      { 'model.arithmetic.input': 'float32' },
      'model.arithmetic.input: expected "float64", as of a tree, found "float32"',
    ],
    [
      'that compares otherwise',
      { 'model.arithmetic.split': '<' },
      'model.arithmetic.split: expected "<=", as of a tree, found "<"',
    ],
    ['that sums', { 'model.combine.by': 'sum' }, 'model.combine.by: expected "mean", as of a tree, found "sum"'],
    ['of other outputs', { 'model.combine.outputs': 3 }, 'model.combine.outputs: expected 2, as of a tree, found 3'],
    [
      'with a base',
      { 'model.combine.base': [0, 0] },
      'model.combine.base: expected null, as of a tree, found an array of 2',
    ],
    [
      'with too many weights',
      { 'model.classWeight': [1] },
      'model.classWeight: expected an array of 2, found an array of 1',
    ],
    ['with a weight of 0', { 'model.classWeight': [1, 0] }, 'model.classWeight[1]: expected a weight above 0, found 0'],
    [
      'with weights that have no sum',
      { 'model.classWeight': [1, 1e308] },
      'model.classWeight: expected weights that give the training rows a finite sum, found others',
    ],
    [
      'with weights that training did not have',
      { 'model.classWeight': [1, 2] },
      'provenance.training.classWeight: expected the weights of model.classWeight, found others',
    ],
  ])('%s: refused', (_, patch, message) => {
    expect(refused(patch)).toBe(`m.json: ${message}`);
  });
});

describe('a tree in preorder that is none', () => {
  it.each<[string, Patch, string]>([
    [
      'without nodes',
      { [`${tree}.feature`]: [] },
      `${tree}.feature: expected an odd number of nodes, found an array of 0`,
    ],
    [
      'of an even number of nodes',
      { [`${tree}.feature`]: [0, 2, -1, -1, 1, -1] },
      `${tree}.feature: expected an odd number of nodes, found an array of 6`,
    ],
    [
      'that ends before its last node',
      { [`${tree}.feature`]: [0, -1, -1, 2, 1, -1, -1] },
      `${tree}.feature[3]: expected the end of the tree, found 2`,
    ],
    [
      'that ends early',
      { [`${tree}.feature`]: [0, 2, -1, 0, 1, 0, -1] },
      `${tree}.feature: expected two children for every split, found an array of 7`,
    ],
    [
      'with a feature too high',
      { [`${tree}.feature[0]`]: 3 },
      `${tree}.feature[0]: expected an integer from -1 to 2, found 3`,
    ],
    [
      'with a threshold too few',
      { [`${tree}.threshold`]: [1.5] },
      `${tree}.threshold: expected an array of 2, found an array of 1`,
    ],
    [
      'with a threshold in place of a set',
      { [`${tree}.feature[1]`]: 0 },
      `${tree}.threshold: expected an array of 3, found an array of 2`,
    ],
    [
      'with no threshold',
      { [`${tree}.threshold[0]`]: null },
      `${tree}.threshold[0]: expected a finite number, found null`,
    ],
    [
      'with a direction too few',
      { [`${tree}.missing`]: [0, 1] },
      `${tree}.missing: expected an array of 3, found an array of 2`,
    ],
    [
      'with no direction',
      { [`${tree}.missing[1]`]: 2 },
      `${tree}.missing[1]: expected an integer from 0 to 1, found 2`,
    ],
    [
      'with an empty set',
      { [`${tree}.sets[0]`]: [] },
      `${tree}.sets[0]: expected the categories that go left, found an array of 0`,
    ],
    ['with no set', { [`${tree}.sets[0]`]: null }, `${tree}.sets[0]: expected the categories that go left, found null`],
    ['with a category too high', { [`${tree}.sets[0]`]: [0, 3] }, `${tree}.sets[0]: expected indices below 3, found 3`],
    [
      'with a category twice',
      { [`${tree}.sets[0]`]: [2, 2] },
      `${tree}.sets[0][1]: expected an index above 2, found 2`,
    ],
    [
      'with the unknown on the side of fewer rows',
      { [`${tree}.unknown[0]`]: 0 },
      `${tree}.unknown[0]: expected 1, the side of more rows, found 0`,
    ],
    [
      'with an unknown too many',
      { [`${tree}.unknown`]: [1, 1] },
      `${tree}.unknown: expected an array of 1, found an array of 2`,
    ],
    [
      'with a class too high',
      { [`${tree}.value[0]`]: 2 },
      `${tree}.value[0]: expected an integer from 0 to 1, found 2`,
    ],
    [
      'with half a class',
      { [`${tree}.value[0]`]: 0.5 },
      `${tree}.value[0]: expected an integer from 0 to 1, found 0.5`,
    ],
    [
      'with ragged counts',
      { [`${tree}.value[1]`]: [1, 4, 0] },
      `${tree}.value[1]: expected an array of 2, found an array of 3`,
    ],
    [
      'with counts of other rows',
      { [`${tree}.value[1]`]: [1, 5] },
      `${tree}.value[1]: expected counts of 5 rows, as the leaf has, found 6`,
    ],
    [
      'with counts of one class',
      { [`${tree}.value[1]`]: [0, 5] },
      `${tree}.value[1]: expected the index of the class, as there is one only, found an array of 2`,
    ],
    [
      'with an empty leaf',
      { [`${tree}.rows[0]`]: 0 },
      `${tree}.rows[0]: expected an integer from 1 to 4294967295, found 0`,
    ],
    [
      'with more rows than can be counted',
      { [`${tree}.rows[0]`]: 2 ** 32 - 1 },
      `${tree}.rows: expected at most 4294967295 rows in all, found 4294967309`,
    ],
    ['with rows too few', { [`${tree}.rows`]: [6, 5, 2] }, `${tree}.rows: expected an array of 4, found an array of 3`],
    [
      'with other rows than training had',
      { [`${tree}.rows[0]`]: 7 },
      'provenance.training.rows.train: expected the 21 rows that the leaves have in all, found 20',
    ],
    [
      'with an impurity too few',
      { [`${tree}.impurity`]: [0] },
      `${tree}.impurity: expected an array of 7, found an array of 1`,
    ],
    [
      'with an impurity below 0',
      { [`${tree}.impurity[0]`]: -1 },
      `${tree}.impurity[0]: expected a number of at least 0, found -1`,
    ],
    [
      'with an impurity above any',
      { [`${tree}.impurity[0]`]: 1.5 },
      `${tree}.impurity[0]: expected an impurity of at most 1, found 1.5`,
    ],
    ['of an output', { [`${tree}.output`]: 0 }, `${tree}.output: expected null, found 0`],
    ['of a weight', { [`${tree}.weight`]: 0.5 }, `${tree}.weight: expected 1, found 0.5`],
  ])('%s: refused', (_, patch, message) => {
    expect(refused(patch)).toBe(`m.json: ${message}`);
  });

  it('with sets where no feature is a category: refused', () => {
    const message = refusalAfter((document) => {
      document.features[2] = { name: 'color', kind: 'number', missing: true };
    }, toyDocument2);
    expect(message).toBe(`m.json: ${tree}: the key "sets" is not part of the format`);
  });
});

describe('features that are none', () => {
  it.each<[string, Patch, string]>([
    ['no feature', { features: [] }, 'features: expected at least one feature, found an array of 0'],
    [
      'of another kind',
      { 'features[0].kind': 'date' },
      'features[0].kind: expected "number" or "category", found "date"',
    ],
    ['missing rows', { 'features[0].missing': 0 }, 'features[0].missing: expected true or false, found 0'],
    ['a name twice', { 'features[1].name': 'size' }, 'features[1]: expected every name once, found "size"'],
    [
      'no category',
      { 'features[2].categories': [] },
      'features[2].categories: expected 1 to 255 categories, found an array of 0',
    ],
    ['much more', { 'features[0]': Array(300).fill(0) }, 'features[0]: expected at most 271 values in all, found 300'],
  ])('%s: refused', (_, patch, message) => {
    expect(refused(patch)).toBe(`m.json: ${message}`);
  });
});

describe('a provenance that is none', () => {
  const cuts = 'provenance.partition.cuts';
  const sketch = 'provenance.sketch';
  const summaries = 'provenance.summaries';
  it.each<[string, Patch, string]>([
    ['empty', { provenance: {} }, 'provenance: expected at least one part, or nothing, found an object'],
    ['null', { provenance: null }, 'provenance: expected an object, found null'],
    [
      'with another hash',
      { 'provenance.data.hash': 'csv/1' },
      'provenance.data.hash: expected "rows/2" or "aggregates/1", found "csv/1"',
    ],
    [
      'with half a hash',
      { 'provenance.data.sha256': 'abc' },
      'provenance.data.sha256: expected 64 lower-case hex digits, found "abc"',
    ],
    [
      'with a rule of no version',
      { 'provenance.partition.rule': 'hash' },
      'provenance.partition.rule: expected a name and a version, as in "name/1", found "hash"',
    ],
    ['with a cut too few', { [cuts]: [null] }, `${cuts}: expected an array of 2, found an array of 1`],
    ['with half a cut', { [`${cuts}[0]`]: '33' }, `${cuts}[0]: expected 16 lower-case hex digits, or null, found "33"`],
    [
      'with decimals for fewer features',
      { 'provenance.decimals': [3] },
      'provenance.decimals: expected an array of 3, found an array of 1',
    ],
    [
      'with decimals of a category',
      { 'provenance.decimals': [3, 3, 3] },
      'provenance.decimals[2]: expected null, as the feature is a category, found 3',
    ],
    [
      'with more decimals than there are',
      { 'provenance.decimals': [101, 3, null] },
      'provenance.decimals[0]: expected an integer from 0 to 100, found 101',
    ],
    ['with an empty sketch', { [sketch]: [] }, `${sketch}: expected 1 to 64 hashes, found an array of 0`],
    [
      'with a long sketch',
      { [sketch]: Array.from({ length: 65 }, (_, index) => String(index).padStart(32, '0')) },
      `${sketch}: expected 1 to 64 hashes, found an array of 65`,
    ],
    [
      'with a hash twice in the sketch',
      { [`${sketch}[1]`]: '00000000000000010000000000000001' },
      `${sketch}[1]: expected a hash above 00000000000000010000000000000001, found "00000000000000010000000000000001"`,
    ],
    [
      'with half a hash in the sketch',
      { [`${sketch}[0]`]: '0' },
      `${sketch}[0]: expected 32 lower-case hex digits, found "0"`,
    ],
    ['with a summary too few', { [summaries]: [] }, `${summaries}: expected an array of 3, found an array of 0`],
    [
      'with missing values that the model refuses',
      { [`${summaries}[0].missing`]: 1 },
      `${summaries}[0].missing: expected 0, as the model takes no missing value, found 1`,
    ],
    [
      'with rows that do not add up',
      { [`${summaries}[1].missing`]: 3 },
      `${summaries}[1]: expected the histogram's counts and missing to add up to the 20 training rows, found 21`,
    ],
    [
      'with edges that do not ascend',
      { [`${summaries}[0].histogram.edges`]: [0, 2, 2, 3.5] },
      `${summaries}[0].histogram.edges[2]: expected an edge above 2, found 2`,
    ],
    [
      'with metrics of no held-out row',
      { 'provenance.training.rows.holdout': 0 },
      'provenance.metrics.holdout: expected null, as no row was held out, found an object',
    ],
    [
      'with a parameter out of range',
      { 'provenance.training.maxDepth': 0 },
      'provenance.training.maxDepth: expected an integer from 1 to 9007199254740991, found 0',
    ],
  ])('%s: refused', (_, patch, message) => {
    expect(refused(patch)).toBe(`m.json: ${message}`);
  });
});

describe('verification rows that are not those of the model', () => {
  it.each<[string, Patch, string]>([
    ['none', { verification: [] }, 'verification: expected the 6 rows that the tree implies, found an array of 0'],
    [
      'another label',
      { 'verification[0].label': 1 },
      'verification[0].label: expected 0, as this program predicts, found 1',
    ],
    [
      'a label that is none',
      { 'verification[0].label': 2 },
      'verification[0].label: expected an integer from 0 to 1, found 2',
    ],
    [
      'another leaf',
      { 'verification[3].leaves': [5] },
      'verification[3].leaves[0]: expected 3, as this program predicts, found 5',
    ],
    [
      'a leaf too many',
      { 'verification[3].leaves': [3, 3] },
      'verification[3].leaves: expected an array of 1, found an array of 2',
    ],
    [
      'other shares',
      { 'verification[3].shares[1]': '0.80' },
      'verification[3].shares[1]: expected "0.8", as this program predicts, found "0.80"',
    ],
    [
      'a share that is a number',
      { 'verification[3].shares[1]': 0.8 },
      'verification[3].shares[1]: expected "0.8", as this program predicts, found 0.8',
    ],
    [
      'a value that leads to the same leaf',
      { 'verification[4].input[0]': 1.75 },
      'verification[4].input[0]: expected 1.5000000000000002, which the tree implies, found 1.75',
    ],
  ])('%s: refused', (_, patch, message) => {
    expect(refused(patch)).toBe(`m.json: ${message}`);
  });
});

describe('a key too few or too many', () => {
  const objects: [string, (document: Document) => Document][] = [
    ['', (document) => document],
    ['features[0]: ', (document) => document.features[0]],
    ['features[2]: ', (document) => document.features[2]],
    ['model: ', (document) => document.model],
    ['model.arithmetic: ', (document) => document.model.arithmetic],
    ['model.combine: ', (document) => document.model.combine],
    [`${tree}: `, (document) => document.model.trees[0]],
    ['provenance.training: ', (document) => document.provenance.training],
    ['provenance.training.rows: ', (document) => document.provenance.training.rows],
    ['provenance.metrics: ', (document) => document.provenance.metrics],
    ['provenance.summaries[0]: ', (document) => document.provenance.summaries[0]],
    ['provenance.summaries[0].histogram: ', (document) => document.provenance.summaries[0].histogram],
    ['provenance.summaries[2]: ', (document) => document.provenance.summaries[2]],
    ['provenance.data: ', (document) => document.provenance.data],
    ['provenance.partition: ', (document) => document.provenance.partition],
    ['verification[3]: ', (document) => document.verification[3]],
  ];
  /** These may be left out, or say what they miss in words of their own. */
  const special = new Set(['format', 'version', 'sha256', 'provenance', 'histogram', 'kind', 'sets', 'unknown']);
  const keys = objects.flatMap(([path, at]) =>
    Object.keys(at(toyDocument2()))
      .filter((key) => !special.has(key))
      .map((key) => [path, key, at] as const),
  );

  it.each(keys)('misses %s%s', (path, key, at) => {
    const message = refusalAfter((document) => {
      delete at(document)[key];
    }, toyDocument2);
    expect(message).toBe(`m.json: ${path}the key "${key}" is missing`);
  });

  it.each([...objects, ['provenance: ', (document: Document) => document.provenance] as const])(
    'has one more in %s',
    (path, at) => {
      const message = refusalAfter((document) => {
        at(document).note = 1;
      }, toyDocument2);
      expect(message).toBe(`m.json: ${path}the key "note" is not part of the format`);
    },
  );

  it.each(['training', 'metrics', 'summaries', 'data', 'partition', 'sketch'])('may miss provenance.%s', (part) => {
    const document = toyDocument2();
    delete document.provenance[part];
    expect(refusal(sealed(document))).toBe('accepted');
  });

  it('misses the sets of a model with categories', () => {
    const message = refusalAfter((document) => {
      delete document.model.trees[0].sets;
      delete document.model.trees[0].unknown;
      document.model.trees[0].threshold.push(0);
    }, toyDocument2);
    expect(message).toBe(`m.json: ${tree}: the key "sets" is missing`);
  });
});
