import { describe, expect, it } from 'vitest';
import { readPredictions } from '../../src/client/infer-response.js';
import { modelInterface } from '../../src/client/model-interface.js';
import { UnavailableError } from '../../src/ground/errors.js';
import { quote } from '../../src/ground/quote.js';
import type { InferTensor } from '../../src/protocol/messages.js';

const label = (text: string, name = 'label'): InferTensor => ({
  name,
  datatype: 'BYTES',
  shape: [1],
  contents: { bytes_contents: [Buffer.from(text)] },
});

function read(outputs: readonly InferTensor[]) {
  const response = { model_name: 'iris', model_version: '1', id: '', outputs, raw_output_contents: [] };
  return readPredictions(response, 1, 'localhost:1');
}

describe('an answer', () => {
  it.each([
    ['no JSON', '{{'],
    ['no list', '{}'],
    ['a list of something else', '[null, 3, {}]'],
    ['a decision without a threshold', '[{"feature":"x","value":1,"wentLeft":true,"samples":2}]'],
    ['a decision of fewer rows than none', '[{"feature":"x","value":1,"wentLeft":true,"samples":-1,"threshold":2}]'],
    ['a decision of infinitely many rows', '[{"feature":"x","value":1,"wentLeft":true,"samples":1e999,"threshold":2}]'],
    ['a decision on an infinite value', '[{"feature":"x","value":1e999,"wentLeft":true,"samples":1,"threshold":2}]'],
    [
      'a decision by an infinite threshold',
      '[{"feature":"x","value":1,"wentLeft":true,"samples":1,"threshold":1e999}]',
    ],
    ['nested without end', '['.repeat(100_000) + ']'.repeat(100_000)],
  ])('whose path is %s is refused', (_, path) => {
    expect(() => read([label('a'), label(path, 'decision_path')])).toThrow(
      `localhost:1: output decision_path: row 0: expected a JSON array of decisions, found ${quote(path)}`,
    );
  });

  it('whose output label is no text has no label', () => {
    const numbers = { name: 'label', datatype: 'FP64', shape: [1], contents: { fp64_contents: [1] } };
    expect(() => read([numbers])).toThrow(
      'localhost:1: expected a label, a class index or probabilities per row, found label FP64',
    );
    expect(read([numbers, label('b', 'species')])[0]!.label).toBe('b');
  });

  it('with the name of a property of objects as datatype is refused', () => {
    expect(() => read([{ name: 'label', datatype: '__proto__', shape: [1] }])).toThrow(
      'localhost:1: output label: expected __proto__ [1] for 1 rows, found other bytes',
    );
  });
});

const named = (names: unknown) => ({
  classes: { string_param: typeof names === 'string' ? names : JSON.stringify(names) },
});
const shares = (values: number[], names?: unknown, name = 'probabilities'): InferTensor => ({
  name,
  datatype: 'FP64',
  shape: [1, values.length],
  contents: { fp64_contents: values },
  ...(names !== undefined && { parameters: named(names) }),
});
const index = (value: number, name = 'class_index'): InferTensor => ({
  name,
  datatype: 'INT64',
  shape: [1],
  contents: { int64_contents: [value] },
});
const xyz = ['x', 'y', 'z'];

describe('an answer that makes no sense is refused:', () => {
  it.each<[string, InferTensor[], string]>([
    ['no share', [shares([])], 'probabilities: expected 1 to 65535 shares, for each row, found 0'],
    [
      'a label of no class',
      [label('evil'), shares([1, 0, 0], xyz)],
      'label: row 0: expected one of the classes that the server names, found "evil"',
    ],
    [
      'a label of another class',
      [label('x'), index(2), shares([1, 0, 0], xyz)],
      'label: row 0: expected "z", the class of index 2, found "x"',
    ],
    [
      'shares above 1 in all',
      [label('x'), shares([1, 1, 1], xyz)],
      'probabilities: row 0: expected shares that sum to 1, found 3',
    ],
    ['no class at all', [shares([0, 0, 0])], 'probabilities: row 0: expected shares that sum to 1, found 0'],
    [
      'names that are none',
      [shares([1, 0, 0], [null, {}, [1]])],
      'probabilities: expected class names, an array of different texts, found "[null,{},[1]]"',
    ],
    [
      'equal names',
      [shares([1, 0, 0], ['x', 'x', 'x'])],
      'probabilities: expected class names, an array of different texts, found "[\\"x\\",\\"x\\",\\"x\\"]"',
    ],
    [
      'no list of names',
      [shares([1, 0], { a: 1 })],
      'probabilities: expected class names, an array of different texts, found "{\\"a\\":1}"',
    ],
    [
      'a label that no number is',
      [index(2 ** 63, 'predict')],
      'predict: row 0: expected a whole number from -9007199254740991 to 9007199254740991, found 9223372036854776000',
    ],
  ])('%s', (_, outputs, message) => {
    expect(() => read(outputs)).toThrow(new UnavailableError(`localhost:1: output ${message}`));
  });

  it('a whole number of 64 bits in raw form', () => {
    const raw = Buffer.alloc(8);
    raw.writeBigInt64LE(2n ** 63n - 1n);
    const outputs = [{ name: 'predict', datatype: 'INT64', shape: [1] }];
    const response = { model_name: 'iris', model_version: '1', id: '', outputs, raw_output_contents: [raw] };
    expect(() => readPredictions(response, 1, 'localhost:1')).toThrow('found 9223372036854776000');
  });
});

describe('an answer that may make sense is taken:', () => {
  it.each<[string, InferTensor[], string, number | null]>([
    ['shares of two decimals', [shares([0.33, 0.33, 0.33], xyz)], 'x', 0],
    ['scores of another name', [shares([0.9, 0.8, 0.1], undefined, 'scores')], '0', 0],
    ['one share, of one class of two', [label('no'), shares([0.2])], 'no', null],
    ['names that are numbers', [shares([0, 1], [3, 5])], '5', 1],
    ['names in a grammar of its own', [shares([0, 1], 'a,b')], '1', 1],
    ['a text that is no label', [label('thanks', 'note'), shares([0, 1, 0], xyz)], 'thanks', null],
    ['a number that is no index', [label('x'), index(2, 'cluster'), shares([1, 0, 0], xyz)], 'x', 0],
  ])('%s', (_, outputs, expected, classIndex) => {
    expect(read(outputs)).toMatchObject([{ label: expected, classIndex }]);
  });
});

describe('inputs that no model has are refused:', () => {
  it.each<[string, InferTensor[], string]>([
    ['no column', [{ name: 'x', datatype: 'FP64', shape: [-1, 0] }], 'expected a shape without 0, found [-1, 0]'],
    ['no row', [{ name: 'x', datatype: 'FP64', shape: [0] }], 'expected a shape without 0, found [0]'],
    [
      'two of one name',
      Array.from({ length: 2 }, () => ({ name: 'x', datatype: 'FP64', shape: [-1] })),
      'expected inputs of different names, found two',
    ],
  ])('%s', (_, inputs, message) => {
    const metadata = { name: 'iris', versions: ['1'], platform: '', outputs: [], inputs };
    const refused = new UnavailableError(`localhost:1: model iris: x: ${message}`);
    expect(() => modelInterface(metadata, 'localhost:1')).toThrow(refused);
  });
});

describe('a model', () => {
  it.each([
    ['wider than any table', [{ name: 'x', datatype: 'FP64', shape: [-1, 2 ** 53] }], 2 ** 53],
    [
      'with more inputs than a table has columns',
      Array.from({ length: 100_001 }, () => ({ name: 'x', datatype: 'FP64', shape: [-1] })),
      100_001,
    ],
  ])('%s is refused', (_, inputs, width) => {
    const metadata = { name: 'iris', versions: ['1'], platform: '', outputs: [], inputs };
    expect(() => modelInterface(metadata, 'localhost:1')).toThrow(
      `model iris: x: expected at most 100000 features, found ${width}`,
    );
  });
});

describe('contributions', () => {
  const asked = {
    rows: { rowCount: 1, values: Float64Array.of(2, Number.NaN) },
    features: [
      { name: 'x', kind: 'number' as const },
      { name: 'y', kind: 'number' as const },
    ],
  };
  const output = (change: object = {}): InferTensor => ({
    name: 'contributions',
    datatype: 'FP64',
    shape: [1, 1, 4],
    parameters: { classes: { string_param: '["yes"]' }, of: { string_param: 'margin' } },
    contents: { fp64_contents: [1, -2, 0.5, 0.25] },
    ...change,
  });
  const readThem = (tensor: InferTensor) => {
    const outputs = [label('no'), tensor];
    const response = { model_name: 'iris', model_version: '1', id: '', outputs, raw_output_contents: [] };
    return readPredictions(response, 1, 'localhost:1', asked)[0]!.contributions;
  };

  it('are read with the names and values of the row', () => {
    expect(readThem(output())).toEqual({
      of: 'margin',
      outputs: [{ class: 'yes', value: -0.25, expected: 0.5, rounding: 0.25 }],
      features: [
        { feature: 'x', value: 2, contributions: [1] },
        { feature: 'y', value: null, contributions: [-2] },
      ],
    });
  });

  it.each([
    ['of another shape', { shape: [1, 4] }, 'expected shape [1, 1, 4], found [1, 4]'],
    [
      'of other features',
      { shape: [1, 1, 3], contents: { fp64_contents: [1, 2, 3] } },
      'expected shape [1, 1, 4], found [1, 1, 3]',
    ],
    ['without classes', { parameters: {} }, 'expected class names, an array of texts, found ""'],
    [
      'to something else',
      { parameters: { classes: { string_param: '["yes"]' }, of: { string_param: 'x' } } },
      'expected contributions to a share or a margin, found "x"',
    ],
    [
      'that are infinite',
      { contents: { fp64_contents: [1, Number.POSITIVE_INFINITY, 0, 0] } },
      'row 0: expected a finite number, found Infinity',
    ],
  ])('%s are refused', (_, change, message) => {
    expect(() => readThem(output(change))).toThrow(`localhost:1: output contributions: ${message}`);
  });

  it('that were not asked for are no probabilities', () => {
    expect(read([label('no'), output()])[0]!.probabilities).toEqual([]);
  });
});
