import { array, assert, boolean, constantFrom, oneof, property, record, string, uniqueArray } from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import {
  type Contract,
  type ContractSubject,
  contractDifference,
  contractFor,
  serviceOf,
} from '../../src/contract/contract.js';
import { parseContract, writeContract } from '../../src/contract/proto-text.js';

const number = (name: string, missing = false) => ({ name, kind: 'number' as const, missing });
const category = (name: string, missing = false) => ({ name, kind: 'category' as const, missing });
const contract = (subject: Partial<ContractSubject>, earlier?: Contract) =>
  contractFor({ features: [number('x')], classes: ['a', 'b'], ...subject }, 'wine', earlier);
const identifiers = (names: readonly string[]) =>
  contract({ features: names.map((name) => number(name)) }).fields.map(({ identifier }) => identifier);
const values = (classes: readonly string[]) => contract({ classes }).classes.map(({ identifier }) => identifier);

/** Names that are hard to make different identifiers of, and any other text. */
const anyName = oneof(
  string({ unit: 'grapheme', maxLength: 12 }),
  string({ unit: 'binary', maxLength: 6 }),
  constantFrom('class', 'Class', 'explain', 'a b', 'a_b', 'aB', 'a 2', 'a2', 'toString', 'value of', 'constructor'),
  constantFrom(
    '__proto__',
    '',
    ' ',
    '1',
    '-1',
    '"',
    '\\',
    '// x',
    '*/',
    '\n',
    'feature_2',
    'unspecified',
    '🌼',
    'ä',
    'a',
  ),
);
const anySubject = record({
  features: uniqueArray(record({ name: anyName, kind: constantFrom('number', 'category'), missing: boolean() }), {
    minLength: 1,
    maxLength: 8,
    selector: ({ name }) => name,
  }),
  classes: uniqueArray(anyName, { minLength: 1, maxLength: 6 }),
});

describe('a contract', () => {
  it.each([
    ['wine', 'ml.wine.WinePredictor'],
    ['white-wine 2024', 'ml.white_wine_2024.WhiteWine2024Predictor'],
    ['IrisV2', 'ml.iris_v2.IrisV2Predictor'],
    ['class', 'ml.class_model.ClassModelPredictor'],
    ['2nd', 'ml.model_2nd.Model2ndPredictor'],
    ['花', 'ml.model.ModelPredictor'],
  ])('of the model %j has the service %s', (name, service) => {
    expect(serviceOf(contractFor({ features: [], classes: [] }, name))).toBe(service);
  });

  it('names fields in snake case, without keywords, each once in every language', () => {
    expect(
      identifiers([
        'petal length (cm)',
        'SepalLengthCm',
        'class',
        'Größe',
        '2nd',
        '长',
        'a b',
        'a_b',
        'aB',
        'explain',
        '-1',
      ]),
    ).toEqual([
      ...['petal_length_cm', 'sepal_length_cm', 'class_feature', 'gro_e', 'feature_2nd', 'feature_7', 'a_b', 'a_b_2'],
      ...['a_b_3', 'explain_2', 'minus_1'],
    ]);
  });

  it('names no field as protoc names what it makes of another one, or of every message', () => {
    expect(
      identifiers([
        'color',
        'color bytes',
        'bytes',
        'size_bytes',
        'size',
        'descriptor',
        'Default Instance',
        'proto reflect',
      ]),
    ).toEqual([
      ...['color', 'color_bytes_2', 'bytes', 'size_bytes', 'size_2', 'descriptor_feature', 'default_instance_feature'],
      'proto_reflect_feature',
    ]);
    const earlier = contract({ features: [number('color')] });
    const { fields } = contract({ features: [category('color'), number('color bytes')] }, earlier);
    expect(fields.filter(({ removed }) => !removed).map(({ identifier }) => identifier)).toEqual([
      'color',
      'color_bytes_2',
    ]);
  });

  it('names classes after their enum, none of them the unspecified one', () => {
    expect(values(['unspecified', '1', '-1', 'Iris-setosa', '>50K', '<=50K', '', '花'])).toEqual([
      ...['WINE_CLASS_UNSPECIFIED_2', 'WINE_CLASS_1', 'WINE_CLASS_MINUS_1', 'WINE_CLASS_IRIS_SETOSA'],
      ...['WINE_CLASS_50K', 'WINE_CLASS_50K_2', 'WINE_CLASS_VALUE_7', 'WINE_CLASS_VALUE_8'],
    ]);
  });

  it('leaves out the numbers that protobuf keeps', () => {
    const { fields } = contract({ features: Array.from({ length: 19_000 }, (_, index) => number(`x${index}`)) });
    expect(fields[18_997]?.number).toBe(18_999);
    expect(fields[18_998]?.number).toBe(20_000);
  });

  it('is read by protobufjs, whatever the names are, and by itself', () => {
    assert(
      property(anySubject, (subject) => {
        const made = contractFor(subject, 'wine');
        const text = writeContract(made);
        const { root } = protobuf.parse(text, { keepCase: false });
        root.resolveAll();
        expect(Object.keys(root.lookupEnum('ml.wine.WineClass').values)).toHaveLength(subject.classes.length + 1);
        expect(root.lookupType('ml.wine.WinePredictRequest').fieldsArray).toHaveLength(subject.features.length + 1);
        expect(parseContract(text, 'wine.proto')).toEqual(made);
      }),
    );
  });

  it('keeps the number, the name and the type of every field and value, however often a model is trained again', () => {
    assert(
      property(array(anySubject, { minLength: 2, maxLength: 6 }), (subjects) => {
        const fields = new Map<number, string>();
        const classes = new Map<number, string>();
        const numbers = new Map<string, number>();
        const keep = <Key>(map: Map<Key, unknown>, key: Key, fact: unknown) => {
          if (map.has(key)) expect(map.get(key)).toBe(fact);
          map.set(key, fact);
        };
        let text: string | undefined;
        for (const subject of subjects) {
          const made = contractFor(subject, 'wine', text === undefined ? undefined : parseContract(text, 'wine.proto'));
          text = writeContract(made);
          protobuf.parse(text).root.resolveAll();
          for (const { identifier, kind, name, number } of made.fields) {
            keep(fields, number, `${kind} ${identifier} ${name}`);
            keep(numbers, `${kind} ${name}`, number);
          }
          for (const { identifier, label, number } of made.classes) keep(classes, number, `${identifier} ${label}`);
          for (const number of fields.keys()) expect(made.fields.some((field) => field.number === number)).toBe(true);
          expect(contractDifference(made, subject)).toBeUndefined();
        }
      }),
    );
  });

  it('reserves what is gone, and gives it back its number when it returns', () => {
    const first = contract({ features: [number('a'), category('b'), number('c', true)], classes: ['x', 'y'] });
    const second = contract({ features: [number('c'), number('b'), number('d')], classes: ['z', 'y'] }, first);
    const lines = writeContract(second).split('\n');
    const from = lines.indexOf('  bool explain = 1;');
    expect(lines.slice(from + 2, lines.indexOf('}', from))).toEqual([
      ...['  // "a", removed: optional double a = 2;', '  reserved 2;', '  reserved "a";', ''],
      ...['  // "b", removed: optional string b = 3;', '  reserved 3;', ''],
      ...['  // "c", required', '  optional double c = 4;', ''],
      ...['  // "b", required', '  optional double b = 5;', ''],
      ...['  // "d", required', '  optional double d = 6;'],
    ]);
    const enumFrom = lines.indexOf('  WINE_CLASS_UNSPECIFIED = 0;');
    expect(lines.slice(enumFrom + 2, lines.indexOf('}', enumFrom))).toEqual([
      ...['  // "x", removed: WINE_CLASS_X = 1;', '  reserved 1;', '  reserved "WINE_CLASS_X";', ''],
      ...['  // "y"', '  WINE_CLASS_Y = 2;', '', '  // "z"', '  WINE_CLASS_Z = 3;'],
    ]);
    const third = contract(
      { features: [number('a'), category('b'), number('c', true)], classes: ['x', 'y'] },
      parseContract(writeContract(second), 'wine.proto'),
    );
    expect(third.fields.filter(({ removed }) => !removed)).toEqual(first.fields);
    expect(third.classes.filter(({ removed }) => !removed)).toEqual(first.classes);
  });

  it.each([
    [{ features: [number('x'), number('new')] }, 'features: only the model has new'],
    [{ features: [] }, 'features: only the contract has x'],
    [{ features: [category('x')] }, 'features: of x the contract has a number, the model a category'],
    [{ classes: ['a', 'c'] }, 'classes: only the contract has b, only the model has c'],
  ])('says how a model differs: %j', (subject, words) => {
    expect(contractDifference(contract({}), { features: [number('x')], classes: ['a', 'b'], ...subject })).toBe(words);
  });
});

describe('an earlier contract', () => {
  const text = writeContract(contract({}));

  it('may have other comments, blank lines, indentation and line ends, and other identifiers', () => {
    const edited = `/// ours\n${text}`
      .replaceAll('  ', '\t')
      .replaceAll('double x =', 'double width =')
      .replaceAll('\n', '\r\n\r\n');
    const read = parseContract(edited.replaceAll('required\r\n', 'required'), 'wine.proto');
    expect(read.fields[0]).toMatchObject({ name: 'x', identifier: 'width', number: 2 });
  });

  it.each([
    ['', 'wine.proto: expected a contract that iris proto wrote, found none'],
    ['syntax = "proto3";\npackage other;\n', 'wine.proto: expected a contract that iris proto wrote, found none'],
    [text.replace('  // "x", required\n', ''), 'wine.proto:23: expected "}", found "optional double x = 2;"'],
    [
      text.replace('double x = 2', 'float x = 2'),
      'wine.proto:24: expected the field or the value of this name, found "optional float x = 2;"',
    ],
    [
      text.replace('x = 2;', 'x = 1;'),
      'wine.proto:24: expected a number that a field may have, found "optional double x = 1;"',
    ],
    [
      text.replace('WINE_CLASS_B = 2', 'WINE_CLASS_B = 1'),
      'wine.proto:49: expected names and a number that are not used above, found "// \\"b\\""',
    ],
    [text.replace('WINE_CLASS_B = 2', 'WINE_CLASS_B = 3'), 'wine.proto:72: expected a class of number 2, found ""'],
    [
      text.replace('rpc Predict(', 'rpc Ask('),
      'wine.proto:11: expected "rpc Predict(WinePredictRequest) returns …", found "rpc Ask(WinePredictRequest) returns (Win…"',
    ],
    [`${text}message Mine {}\n`, 'wine.proto:72: expected the end of the contract, found "message Mine {}"'],
  ])('that is not ours is refused %#', (bad, message) => {
    expect(() => parseContract(bad, 'wine.proto')).toThrow(message);
  });
});
