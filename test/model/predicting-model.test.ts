import { describe, expect, it } from 'vitest';
import { rowFromArguments } from '../../src/cli/row-arguments.js';
import { assembleModel, readModelBytes, serializeModel } from '../../src/formats/registry.js';
import { RequestError, UsageError } from '../../src/ground/errors.js';
import { createClassifier } from '../../src/model/classifier.js';
import type { Feature } from '../../src/model/model.js';
import type { PredictingModel } from '../../src/model/predicting-model.js';
import { toyParts } from './toy-model.js';
import { assembleTrained, modelPartsOf, SECOND_ORIGIN } from './trained-parts.js';

/** Numbers size and weight, category color; weight and color may be missing. */
function toyModel(categories: readonly string[] = ['blue', 'green', 'red']): PredictingModel {
  const parts = toyParts();
  const [size, weight, color] = parts.features;
  const features = [size!, weight!, { ...color!, categories } as typeof color & object];
  return readModelBytes(Buffer.from(serializeModel(assembleTrained({ ...parts, features }))), 'toy.json');
}

const model = toyModel();

/** What is thrown, with its class. */
function failureOf(ask: () => unknown): string {
  try {
    ask();
  } catch (error) {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  throw new Error('nothing was thrown');
}

describe('a row by name', () => {
  it('is answered with label, shares, version and what is unknown', () => {
    expect(model.predict({ color: 'green', weight: 3, size: 1 })).toEqual({
      label: 'yes',
      classIndex: 1,
      probabilities: [
        { class: 'no', share: 0.2 },
        { class: 'yes', share: 0.8 },
      ],
      modelVersion: model.version,
      unknown: [],
    });
  });

  it('is answered with the path where it is asked for, and without shares where they are not', () => {
    const { path, probabilities } = model.predict(
      { size: 1, weight: null, color: 'red' },
      { path: true, probabilities: false },
    );
    expect(probabilities).toEqual([]);
    expect(path?.map(({ feature, value, wentLeft }) => [feature, value, wentLeft])).toEqual([
      ['size', 1, true],
      ['color', 'red', true],
    ]);
  });

  it('is answered as its values by position are', () => {
    const classifier = createClassifier(model);
    const label = new Int32Array(1);
    for (const size of [0.5, 1.5, 1.6])
      for (const weight of [10, 11, Number.NaN])
        for (const [index, color] of ['blue', 'green', 'red'].entries()) {
          classifier.labelsInto(Float64Array.of(size, weight, index), 1, label);
          expect(model.predict({ size, weight, color }).classIndex).toBe(label[0]);
        }
  });

  it.each([null, undefined, Number.NaN, '', ' '])('takes %j for a missing value', (missing) => {
    const [left, right] = model.predictMany(
      [
        { size: 1, weight: 0, color: missing },
        { size: 2, weight: missing, color: 'red' },
      ],
      { path: true },
    );
    expect(left?.path?.[1]).toMatchObject({ feature: 'color', value: null, wentLeft: true });
    expect(right?.path?.[1]).toMatchObject({ feature: 'weight', value: null, wentLeft: true });
    expect([left?.unknown, right?.unknown]).toEqual([[], []]);
  });

  it('takes numbers as text, as a table has them', () => {
    const [text, number] = model.predictMany<{ size: string | number; weight: string | number; color: string }>([
      { size: ' 2 ', weight: '1.1e1', color: 'red' },
      { size: 2, weight: 11, color: 'red' },
    ]);
    expect(text).toEqual(number);
  });

  it.each([
    ['3', 1, []],
    [3, 1, []],
    [' 3.00 ', 1, []],
    ['1e0', 0, []],
    [4, 2, ['color']],
    ['three', 2, ['color']],
    ['NA', 2, ['color']],
  ] as const)('takes the category %j by its value', (color, leaf, unknown) => {
    const codes = toyModel(['1', '3.0', '7']);
    const answer = codes.predict({ size: 1, weight: 0, color }, { path: true });
    // Left of the question on color are the first and the last category.
    expect(answer.path?.[1]?.value).toBe(['1', '3.0', '(unknown)'][leaf]);
    expect(answer.unknown).toEqual(unknown);
  });

  it('takes the very text of a category before the value of another', () => {
    const codes = toyModel(['3', '3.0', 'x']);
    const answered = (color: string) => codes.predict({ size: 1, weight: 0, color }, { path: true }).path?.[1]?.value;
    expect(['3', '3.0', '3.00'].map(answered)).toEqual(['3', '3.0', '(unknown)']);
  });

  it('takes any other text for the category that stands for all others', () => {
    const { features, ...parts } = modelPartsOf({ ...toyParts(), origin: SECOND_ORIGIN });
    const [size, weight, color] = features;
    const pooled = assembleModel({ ...parts, features: [size!, weight!, { ...color!, other: 'green' } as Feature] });
    const answers = pooled.predictMany(
      ['pink', 'red', ''].map((text) => ({ size: 1, weight: 0, color: text })),
      { path: true },
    );
    expect(answers.map(({ path }) => path?.[1]?.value)).toEqual(['green', 'red', null]);
    expect(answers.map(({ unknown }) => unknown)).toEqual([[], [], []]);
  });

  it('may be of an interface, or without a prototype', () => {
    interface Thing {
      size: number;
      weight: number | null;
      color: string;
    }
    const thing: Thing = { size: 2, weight: null, color: 'red' };
    const bare: Thing = Object.assign(Object.create(null), thing);
    expect(model.predict(bare)).toEqual(model.predict(thing));
  });

  // @ts-expect-error
  const typed = () => model.predict({ size: true });

  it.each([
    [typed, 'UsageError: size: expected a number, found true'],
    [() => model.predict({ size: 1, colour: 'red' }), 'UsageError: unknown feature colour, did you mean color?'],
    [
      () => model.predict({ size: 1, horsepower: 1 }),
      'UsageError: unknown feature horsepower: expected size, weight, color',
    ],
    [
      () => model.predict({ size: 1, color: 'red' }),
      'UsageError: weight: expected a value (null where it is missing), found none',
    ],
    [
      () => model.predict({ size: 'wide', weight: 1, color: 'red' }),
      'UsageError: size: expected a number, found "wide"',
    ],
    [() => model.predict({ size: 'NA', weight: 1, color: 'red' }), 'UsageError: size: expected a number, found "NA"'],
    [
      () => model.predict({ size: 1, weight: 1, color: ['red'] as never }),
      'UsageError: color: expected the text of a category, found an array of 1',
    ],
    [
      () => model.predict({ size: null, weight: 1, color: 'red' }),
      'RequestError: size: expected a value, as none was missing in training, found a missing one',
    ],
    [
      () => model.predict({ size: 1, weight: -Infinity, color: 'red' }),
      'RequestError: weight: expected a finite number, found -Infinity',
    ],
    [
      () => model.predict([1, 2, 'red'] as never),
      'UsageError: expected a row as an object, one value per name of a feature, found an array of 3',
    ],
    [
      () => model.predict(null as never),
      'UsageError: expected a row as an object, one value per name of a feature, found null',
    ],
    [
      () => model.predict({ size: 1, weight: 1, color: 'red' }, { probabilites: true } as never),
      'UsageError: unknown option probabilites; did you mean probabilities?',
    ],
  ])('is refused: %#', (ask, message) => {
    expect(failureOf(ask)).toBe(message);
  });

  it('is refused with the words of the command line', () => {
    const source = {
      features: model.features,
      named: true,
      explains: 'path' as const,
      predict: async () => [],
      close() {},
    };
    const ask = (row: Record<string, string>) =>
      failureOf(() =>
        rowFromArguments(
          Object.entries(row).map(([name, value]) => `${name}=${value}`),
          source,
        ),
      );
    const rows: Record<string, string>[] = [
      { size: '1', wieght: '2' },
      { size: '1', weight: 'two', color: 'red' },
    ];
    for (const row of rows) {
      expect(failureOf(() => model.predict(row as never))).toBe(ask(row));
    }
    expect(failureOf(() => model.predict({ size: 1, color: 'red' }))).toBe(
      ask({ size: '1', color: 'red' }).replace('weight=?', 'null'),
    );
  });
});

describe('many rows by name', () => {
  const good = { size: 1, weight: 1, color: 'red' };

  it('are answered in their order, each as it is alone', () => {
    const rows = [good, { ...good, color: 'pink' }, { ...good, size: 2, weight: 11 }];
    const answers = model.predictMany(rows);
    expect(answers).toEqual(rows.map((row) => model.predict(row)));
    expect(answers.map(({ unknown }) => unknown)).toEqual([[], ['color'], []]);
    expect(model.predictMany([])).toEqual([]);
  });

  it.each([
    [[good, { ...good, size: '?' }], 'UsageError: rows[1]: size: expected a number, found "?"'],
    [[good, good, { ...good, sizes: 1 }], 'UsageError: rows[2]: unknown feature sizes, did you mean size?'],
    [
      [good, { ...good, size: null }],
      'RequestError: rows[1]: size: expected a value, as none was missing in training, found a missing one',
    ],
    [{ rows: [good] }, 'UsageError: rows: expected an array of rows, found an object'],
  ])('are refused with the place of the bad one: %#', (rows, message) => {
    expect(failureOf(() => model.predictMany(rows as never))).toBe(message);
  });

  it('are refused with the classes of errors that the library exports', () => {
    expect(() => model.predict({ ...good, size: 'x' })).toThrow(UsageError);
    expect(() => model.predict({ ...good, size: null })).toThrow(RequestError);
  });
});

describe('a model that predicts', () => {
  it('copies and compares as its data', () => {
    expect(Object.keys(model)).not.toContain('predict');
    expect(structuredClone(model)).toEqual({ ...model });
  });
});
