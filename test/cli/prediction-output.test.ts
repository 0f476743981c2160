import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/cli/predict-batches.js';
import type { InputBatch } from '../../src/cli/prediction-input.js';
import { createPredictionWriter } from '../../src/cli/prediction-output.js';
import type { PathStep, Prediction } from '../../src/client/prediction.js';

const path: PathStep[] = [
  { feature: 'petal_length', value: 1.3, threshold: 2.45, wentLeft: true, samples: 120 },
  { feature: 'colour', value: 'green', categories: ['blue', 'red'], wentLeft: false, samples: 40 },
];
const setosa: Prediction = {
  label: 'setosa',
  classIndex: 0,
  probabilities: [
    { class: 'setosa', share: 2 / 3 },
    { class: 'other', share: 1 / 3 },
  ],
  path,
  modelVersion: 'abc',
};
const nothing = { probabilities: false, path: false };
const everything = { probabilities: true, path: true };
const one = { rows: { rowCount: 1, values: Float64Array.of(1) } };

function fromTable(columns: string[], cells: string[][]) {
  const origin = { name: 't.csv', unit: 'line' as const };
  const written = cells.map((row) => ({ cells: row }));
  const table = { columns, written, places: new Uint32Array(cells.length), origin };
  return { rows: { rowCount: cells.length, values: new Float64Array(cells.length) }, table };
}

function write(
  format: Parameters<typeof createPredictionWriter>[0],
  wanted = nothing,
  batch: InputBatch = one,
  rows: readonly Outcome[] = [setosa],
) {
  const writer = createPredictionWriter(format, wanted);
  return writer.batch({ batch, outcomes: rows }) + writer.end();
}

describe('a table', () => {
  it('has a row per prediction, and the path below it', () => {
    expect(write('table', everything)).toBe(
      'label   probability_setosa  probability_other\n' +
        'setosa  0.6667              0.3333\n' +
        '  petal_length 1.3 <= 2.45\n' +
        '  colour not in {blue, red}: green\n',
    );
  });

  it('keeps the columns of the input, and spells out what would act on a terminal', () => {
    const batch = fromTable(
      ['id', 'note'],
      [
        ['1', 'a\u001b[31m\nb'],
        ['20', ''],
      ],
    );
    expect(write('table', nothing, batch, [setosa, setosa])).toBe(
      'id  note                label\n1   a\\u001b[31m\\u000ab  setosa\n20                      setosa\n',
    );
  });
});

describe('long names that begin alike', () => {
  const long = (end: string) => `measurement_of_the_${'x'.repeat(90)}${end}`;
  const probabilities = ['_k0', '_k1', `_${'y'.repeat(40)}`, `z${'y'.repeat(40)}`].map((end) => {
    return { class: long(end), share: 0.25 };
  });
  const batch = fromTable(
    [long('_one'), long('_two')],
    probabilities.map(() => ['1', '2']),
  );
  const rows = probabilities.map((found, classIndex) => ({ ...setosa, label: found.class, classIndex, probabilities }));
  const columnsOf = (text: string) => text.split('\n').map((line) => line.split(/ {2,}/));

  it('differ in a table, whether they are labels or columns', () => {
    const [header, ...lines] = columnsOf(write('table', { probabilities: true, path: false }, batch, rows));
    expect(new Set(header).size).toBe(7);
    const labels = lines.slice(0, -1).map((cells) => cells[2]);
    expect(labels[1]).toBe(`measurement_of_the_${'x'.repeat(31)}…${'x'.repeat(27)}_k1`);
    expect(labels[3]).toContain(' (4)');
    expect(new Set(labels).size).toBe(4);
    for (const cell of header!) expect(cell.length).toBeLessThan(90);
  });

  it('differ in an explanation', () => {
    const step = (name: string): PathStep => {
      return { feature: long(name), value: long('_c1'), categories: [long('_c0')], wentLeft: false, samples: 1 };
    };
    const explained = { ...rows[0]!, path: [step('_one'), step('_two')] };
    const words = write('table', { probabilities: false, path: true }, batch, [explained]).split('\n').slice(2, 4);
    expect(words.map((line) => line.match(/_(one|two|c\d)\b/g))).toEqual([
      ['_one', '_c0', '_c1'],
      ['_two', '_c0', '_c1'],
    ]);
  });

  it('are whole in CSV', () => {
    const [header, first] = write('csv', { probabilities: true, path: false }, batch, rows).split('\n');
    const columns = ['label', ...probabilities.map((found) => `probability_${found.class}`)];
    expect(header).toBe([long('_one'), long('_two'), ...columns].join(','));
    expect(first).toContain(`1,2,${long('_k0')},`);
  });
});

describe('CSV', () => {
  it('has the input columns, the label, the shares in full and the path in one cell', () => {
    expect(write('csv', everything, fromTable(['id'], [['7']]))).toBe(
      'id,label,probability_setosa,probability_other,path\n' +
        '7,setosa,0.6666666666666666,0.3333333333333333,"petal_length 1.3 <= 2.45; colour not in {blue, red}: green"\n',
    );
  });

  it('sets its own columns apart from an input that has them already', () => {
    expect(write('csv', nothing, fromTable(['label'], [['x']]))).toBe('label,predicted_label\nx,setosa\n');
  });

  it('has its header once, before the first batch', () => {
    const writer = createPredictionWriter('csv', nothing);
    expect([
      writer.batch({ batch: one, outcomes: [setosa] }),
      writer.batch({ batch: one, outcomes: [setosa] }),
      writer.end(),
    ]).toEqual(['label\nsetosa\n', 'setosa\n', '']);
  });

  it('is read back as the same cells, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string(), fc.string({ unit: fc.constantFrom(',', '"', '\n', '\r', ' ', 'a') }))),
        (cells) => {
          fc.pre(cells.length > 0);
          const text = write(
            'csv',
            nothing,
            fromTable(['a', 'b'], cells),
            cells.map(() => setosa),
          );
          const rows = cells.map((row) => [...row, 'setosa']);
          expect(parse(text, { record_delimiter: '\n' })).toEqual([['a', 'b', 'label'], ...rows]);
        },
      ),
    );
  });
});

describe('JSON', () => {
  it('is one array over all batches, with the keys in their documented order', () => {
    const writer = createPredictionWriter('json', nothing);
    const text =
      writer.batch({ batch: one, outcomes: [setosa] }) +
      writer.batch({ batch: one, outcomes: [setosa] }) +
      writer.end();
    expect(JSON.parse(text)).toEqual([setosa, setosa]);
    expect(Object.keys(JSON.parse(text)[0])).toEqual(['label', 'classIndex', 'probabilities', 'path', 'modelVersion']);
  });

  it('is an empty array when nothing came', () => {
    expect(createPredictionWriter('json', nothing).end()).toBe('[]\n');
  });

  it('lines hold the input beside the prediction', () => {
    const lines = write('jsonl', nothing, fromTable(['id'], [['7'], ['8']]), [setosa, setosa]).split('\n');
    expect(lines.slice(0, 2).map((line) => JSON.parse(line))).toEqual([
      { input: { id: '7' }, ...setosa },
      { input: { id: '8' }, ...setosa },
    ]);
    expect(lines.slice(2)).toEqual(['']);
  });
});

describe('a row that was refused', () => {
  const refused = { refusal: new Error('t.csv:3: a: expected a number, found "x"') };
  const batch = fromTable(['a'], [['1'], ['x'], ['3']]);
  const plain = { ...setosa, path: [] };

  it('has no label, and in JSON its error', () => {
    const outcomes = [plain, refused, plain];
    const shares = { probabilities: true, path: false };
    expect(write('csv', shares, batch, outcomes)).toBe(
      `a,label,probability_setosa,probability_other\n1,setosa,${2 / 3},${1 / 3}\nx,,,\n3,setosa,${2 / 3},${1 / 3}\n`,
    );
    expect(write('table', nothing, batch, outcomes)).toBe('a  label\n1  setosa\nx\n3  setosa\n');
    const error = {
      label: null,
      classIndex: null,
      probabilities: [],
      error: 't.csv:3: a: expected a number, found "x"',
    };
    expect(JSON.parse(write('json', nothing, batch, outcomes))[1]).toEqual(error);
    const lines = write('jsonl', nothing, batch, outcomes).split('\n');
    expect(JSON.parse(lines[1]!)).toEqual({ input: { a: 'x' }, ...error });
  });

  it('waits for the first prediction, which names the columns', () => {
    const writer = createPredictionWriter('csv', { probabilities: true, path: false });
    const first = fromTable(['a'], [['x'], ['y']]);
    expect(writer.batch({ batch: first, outcomes: [refused, refused] })).toBe('');
    expect(writer.batch({ batch: fromTable(['a'], [['1']]), outcomes: [plain] })).toBe(
      `a,label,probability_setosa,probability_other\nx,,,\ny,,,\n1,setosa,${2 / 3},${1 / 3}\n`,
    );
    expect(writer.end()).toBe('');
    expect(write('csv', { probabilities: true, path: false }, first, [refused, refused])).toBe('a,label\nx,\ny,\n');
  });
});

describe('contributions', () => {
  const prediction: Prediction = {
    label: 'yes',
    classIndex: 1,
    probabilities: [],
    contributions: {
      of: 'share',
      outputs: [
        { class: 'no', value: 0.25, expected: 0.5, rounding: 0 },
        { class: 'yes', value: 0.75, expected: 0.5, rounding: 1e-17 },
      ],
      features: [
        { feature: 'size', value: 1.5, contributions: [0.05, -0.05] },
        { feature: 'a colour', value: 'sky, blue', contributions: [-0.3, 0.3] },
        { feature: 'age', value: null, contributions: [0, 0] },
      ],
    },
    modelVersion: 'abc',
  };
  const wanted = { probabilities: false, path: false, contributions: true };

  it('stand below the row of a table, the largest first, without those that are 0', () => {
    expect(write('table', wanted, one, [prediction])).toBe(
      'label\nyes\n  share of yes 0.7500, on average 0.5000\n  +0.3000  a colour sky, blue\n  -0.0500  size 1.5\n',
    );
  });

  it('of very many features are cut, and what is left is added up', () => {
    const features = Array.from({ length: 14 }, (_, i) => ({ feature: `f${i}`, value: i, contributions: [0, 1 / 64] }));
    const many = { ...prediction, contributions: { ...prediction.contributions!, features } };
    const lines = write('table', wanted, one, [many]).split('\n');
    expect(lines.slice(-3)).toEqual(['  +0.0156  f9 9', '  +0.0625  4 more features', '']);
  });

  it('have all of their digits where they are wanted', () => {
    expect(write('table', { ...wanted, precise: true } as typeof wanted, one, [prediction])).toContain(
      '  +0.3  a colour',
    );
  });

  it('are columns of a CSV: those of the predicted class, in the order in which they add up', () => {
    expect(write('csv', wanted, one, [prediction])).toBe(
      'label,explained,contribution_size,contribution_a colour,contribution_age,expected,rounding\n' +
        'yes,yes,-0.05,0.3,0,0.5,1e-17\n',
    );
  });

  it('of the only output are those of any label', () => {
    const only = prediction.contributions!.outputs.slice(1);
    const features = [{ feature: 'size', value: 1.5, contributions: [-2] }];
    const margin = { ...prediction, label: 'no', contributions: { of: 'margin' as const, outputs: only, features } };
    expect(write('csv', wanted, one, [margin])).toContain('no,yes,-2,0.5,1e-17\n');
    expect(write('table', wanted, one, [margin])).toContain(
      '  margin of yes 0.7500, on average 0.5000\n  -2.0000  size',
    );
  });

  it('stand in JSON as they are', () => {
    expect(JSON.parse(write('json', wanted, one, [prediction]))).toEqual([prediction]);
  });
});
