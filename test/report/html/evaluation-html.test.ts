import { describe, expect, it } from 'vitest';
import { measure } from '../../../src/evaluation/measurement.js';
import { tallyOf } from '../../../src/evaluation/tally.js';
import { runSteps } from '../../../src/model/steps.js';
import { toyParts } from '../../model/toy-model.js';
import { byClass, byName, descendants, type Element, textOf } from '../elements.js';
import { makeEvaluation } from '../evaluations.js';
import { report, section, source, table } from './pages.js';

describe('the report page', () => {
  it('has landmarks, one heading for each section, and links to them', () => {
    const page = report();
    for (const name of ['header', 'nav', 'main', 'footer', 'h1']) {
      expect(byName(page, name)).toHaveLength(1);
    }
    const headings = byName(page, 'h2').map(textOf);
    expect(headings).toEqual([
      'Summary',
      'Metrics',
      'Classes',
      'Ranking',
      'Calibration',
      'Importances',
      'The tree',
      'Training data',
      'Training record',
    ]);
    const links = byName(byName(page, 'nav')[0], 'a');
    expect(links.map(textOf)).toEqual(headings);
    expect(links.map(({ attributes }) => attributes.get('href'))).toEqual(
      byName(page, 'section').map(({ attributes }) => `#${attributes.get('id')}`),
    );
  });

  it('gives every picture a name and words, under ids of their own', () => {
    const page = report();
    const ids = descendants(page).flatMap(({ attributes }) => attributes.get('id') ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const pictures = byName(page, 'svg').filter(({ attributes }) => attributes.get('aria-hidden') !== 'true');
    expect(pictures.length).toBeGreaterThan(9);
    for (const { attributes, children } of pictures) {
      expect(attributes.get('role')).toBe('img');
      expect(children[0]).toMatchObject({ name: 'title', text: expect.stringMatching(/./) });
      expect(children[1]).toMatchObject({ name: 'desc', text: expect.stringMatching(/./) });
      expect(attributes.get('aria-labelledby')).toBe(children[0].attributes.get('id'));
      expect(attributes.get('aria-describedby')).toBe(children[1].attributes.get('id'));
    }
  });

  it('runs nothing and fetches nothing, and forbids both', () => {
    const text = source();
    expect(text).not.toMatch(/<script|<iframe|<object|@import|url\(|https?:|\son\w+=|javascript:/i);
    expect(text).toContain(`http-equiv="Content-Security-Policy" content="default-src 'none';`);
  });

  it('keeps hostile names as text', () => {
    const hostile = '</style></title><script>alert(1)</script>" onload="x';
    const parts = toyParts();
    const features = parts.features.map((feature, index) => ({ ...feature, name: `${index}${hostile}` }));
    const page = report(
      {
        source: hostile,
        notes: [hostile],
        gates: [{ gate: hostile, value: 1, bound: 1, passed: true, explanation: hostile }],
      },
      { features, classes: [`a${hostile}`, `b${hostile}`], training: { ...parts.training, target: hostile } },
    );
    expect(byName(page, 'script')).toEqual([]);
    expect(descendants(page).some(({ attributes }) => attributes.has('onload'))).toBe(false);
    expect(textOf(byName(page, 'h1')[0])).toBe(`How well the model predicts ${hostile}`);
    expect(byClass(page, 'notes').map(textOf).join()).toContain(hostile);
  });

  it('begins each note as a sentence', () => {
    const [notes] = byClass(report({ notes: ['out of bag it is 0.9', '3 rows are few'] }), 'notes');
    expect(notes.children.map(textOf)).toEqual(['Out of bag it is 0.9', '3 rows are few']);
  });

  it('names the model by its file, without the folder that it lay in', () => {
    expect(textOf(byName(report(), 'header')[0])).toContain('(toy.json), measured on 4 held-out rows of rows.csv.');
    expect(source()).not.toContain('somewhere');
  });

  it('counts the gates that failed, and says why', () => {
    const gates = [
      {
        gate: 'accuracy>=0.5',
        value: 0.75,
        bound: 0.5,
        passed: true,
        explanation: 'accuracy is 0.75, expected at least 0.5',
      },
      { gate: 'mcc>0.9', value: 0.5, bound: 0.9, passed: false, explanation: 'mcc is 0.5, expected above 0.9' },
    ];
    const summary = section(report({ gates }), 'summary');
    expect(textOf(byClass(summary, 'verdict')[0])).toBe('1 of 2 gates failed.');
    const [list] = byClass(summary, 'gates');
    expect(byName(list, 'li').map((entry) => entry.children.map(textOf))).toEqual([
      ['✓ passed', 'accuracy>=0.5', 'accuracy is 0.75, expected at least 0.5'],
      ['✗ failed', 'mcc>0.9', 'mcc is 0.5, expected above 0.9'],
    ]);
    const passed = section(report({ gates: gates.slice(0, 1) }), 'summary');
    expect(textOf(byClass(passed, 'verdict')[0])).toBe('Every gate passed: 1 of 1.');
  });

  it('shows each metric with its interval, or why it is undefined', () => {
    const rows = table(section(report(), 'metrics'));
    expect(rows[1]).toEqual(['accuracy', '0.750', expect.stringMatching(/^0\.\d{3} to 0\.\d{3}$/)]);
    expect(rows.find(([name]) => name === 'top-2 accuracy')).toEqual([
      'top-2 accuracy',
      expect.stringMatching(/^undefined +\(there are only 2 classes\)$/),
    ]);
    expect(rows).toHaveLength(18);
  });

  it('gives the reason why a metric is undefined the room of its interval', () => {
    const rows = byName(byName(section(report(), 'metrics'), 'tbody')[0], 'tr');
    const widths = rows.map(({ children }) =>
      children.reduce((sum, { attributes }) => sum + Number(attributes.get('colspan') ?? 1), 0),
    );
    expect(new Set(widths)).toEqual(new Set([3]));
  });

  it('shows the standard errors of a cross-validation', () => {
    const { measured } = makeEvaluation(['no', 'yes']);
    const folds = { ...measured, folds: 5, repeats: 1, standardErrors: new Map([['accuracy', 0.125]]) };
    const [head, accuracy] = table(section(report({ measured: folds, scored: 'folds' }), 'metrics'));
    expect(head).toEqual(['metric', 'value', 'standard error', '95 % interval']);
    expect(accuracy.slice(0, 3)).toEqual(['accuracy', '0.750', '0.125']);
  });

  it('speaks of intervals where there are some, and of the repeats of a cross-validation', () => {
    expect(textOf(section(report(), 'classes'))).toContain('Lines over the bars are 95 % intervals.');
    const { measured } = makeEvaluation(['no', 'yes']);
    const folds = { ...measured, intervals: new Map(), folds: 5, repeats: 3, standardErrors: new Map() };
    const words = textOf(section(report({ measured: folds, scored: 'folds' }), 'classes'));
    expect(words).toContain('Each row counts once for each of the 3 repeats.');
    expect(words).not.toContain('intervals');
  });

  it('shows the baseline beside each metric', () => {
    const { measured, model } = makeEvaluation(['no', 'yes']);
    const baseline = { sha256: model.sha256, version: '0123456789ab', measured };
    const page = report({ baseline });
    const [head, accuracy] = table(section(page, 'metrics'));
    expect([head[3], accuracy[3]]).toEqual(['baseline', '0.750']);
    expect(textOf(byName(page, 'header')[0])).toContain('0123456789ab');
  });

  it('has the confusion matrix as a table, with shares of the true class', () => {
    const [matrix] = byClass(report(), 'confusion');
    const rows = byName(matrix, 'tr').map(({ children }) => children.map((cell) => textOf(cell).trim()));
    expect(rows).toEqual([
      ['', 'no', 'yes'],
      ['no', '2 100 %', '0'],
      ['yes', '1 50 %', '1 50 %'],
    ]);
  });

  it('lists the errors where the classes are too many for a matrix', () => {
    const classes = Array.from({ length: 17 }, (_, index) => `class ${String(index).padStart(2, '0')}`);
    const labels = [3, 3, 3, 5, 0];
    const predicted = [4, 4, 6, 5, 1];
    const shares = new Float64Array(5 * 17);
    for (const [row, index] of predicted.entries()) shares[row * 17 + index] = 1;
    const measured = runSteps(measure(tallyOf({ labels, predicted, shares }, classes), 0));
    const page = report({ measured });
    expect(byClass(page, 'confusion')).toEqual([]);
    expect(table(section(page, 'classes')).slice(1)).toEqual([
      ['class 03', 'class 04', '2'],
      ['class 00', 'class 01', '1'],
      ['class 03', 'class 06', '1'],
    ]);
  });

  it('says in each class picture what it shows, an undefined figure with its reason', () => {
    const tally = tallyOf({ labels: [0, 0], predicted: [0, 0], shares: Float64Array.of(1, 0, 1, 0) }, ['no', 'yes']);
    const page = report({ measured: runSteps(measure(tally, 0)) });
    const words = byName(section(page, 'classes'), 'desc').map(textOf);
    expect(words).toEqual([
      'precision 1.000, recall 1.000, F1 1.000',
      'precision undefined: no row is predicted as yes, recall undefined: no row is of class yes, F1 undefined: no row is of class yes or predicted as it',
    ]);
    const areas = table(section(page, 'curves'));
    expect(areas[1][1]).toMatch(/^undefined +\(every row is of class no\)$/);
    expect(areas[2][2]).toMatch(/^undefined +\(no row is of class yes\)$/);
  });

  it('leaves the classes with the highest F1 out where there are many', () => {
    const classes = Array.from({ length: 30 }, (_, index) => `class ${index}`);
    const labels = [...classes.keys()];
    // The last ten classes are never predicted; the first ten are right.
    const predicted = labels.map((label) => (label < 10 ? label : 10 + (label % 10)));
    const shares = new Float64Array(30 * 30);
    for (const [row, index] of predicted.entries()) shares[row * 30 + index] = 1;
    const page = report({ measured: runSteps(measure(tallyOf({ labels, predicted, shares }, classes), 0)) });
    const titles = byName(section(page, 'classes'), 'title')
      .map(textOf)
      .filter((title) => title.startsWith('Class '));
    expect(titles).toHaveLength(24);
    const left = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29].map(
      (index) => `Class class ${index}`,
    );
    expect(titles).toEqual(expect.arrayContaining(left));
    expect(textOf(section(page, 'classes'))).toContain('The 24 of 30 classes with the lowest F1.');
  });

  it('puts every share of the calibration into a picture and a table', () => {
    const calibration = section(report(), 'calibration');
    expect(table(calibration)).toEqual([
      ['share', 'mean share', 'right', 'rows'],
      ['0.7 to 0.8', '0.750', '0.750', '4'],
    ]);
    const [dot] = byName(calibration, 'circle');
    expect(['cx', 'cy'].map((name) => Number(dot.attributes.get(name)))).toEqual([54 + 294 * 0.75, 292 - 282 * 0.75]);
  });

  it('shows both importances, by falling gain, with the spread of the shuffles', () => {
    const importances = section(report(), 'importances');
    const [impurity, permutation] = byName(importances, 'desc').map(textOf);
    expect(impurity).toMatch(/size 0\.\d{3}, weight 0\.\d{3}, color 0\.\d{3}\.$|(\w+ 0\.\d{3}, ?){2}\w+ 0\.\d{3}\.$/);
    for (const words of ['size 0.250', 'weight -0.125', 'color 0.000']) expect(permutation).toContain(words);
    expect(textOf(importances)).toContain('loses on 5 held-out rows');
    // Two features vary between the shuffles. The plot, 116 to 306, is for -0.1875 to 0.3: size is 0.25 ± 0.05.
    const ranges = byClass(importances, 'mark').map(({ attributes }) => attributes.get('d') ?? '');
    expect(ranges).toHaveLength(2);
    const ends = ranges.map((path) => [/^M([\d.]+)/, /H([\d.]+)/].map((end) => Number(end.exec(path)?.[1])));
    const at = (value: number) => expect.closeTo(116 + (190 * (value + 0.1875)) / 0.4875, 1);
    expect(ends).toContainEqual([at(0.2), at(0.3)]);
    expect(ends).toContainEqual([at(-0.1875), at(-0.0625)]);
  });

  it('has the tree in words too', () => {
    const entries = byName(byClass(report(), 'outline')[0], 'li');
    const answerOf = (entry: Element) => entry.children.filter(({ name }) => name === 'b').map(textOf);
    expect(entries.map((entry) => [entry.text, ...answerOf(entry)].join('|'))).toEqual([
      '20 rows',
      'size ≤ 1.5: 11 rows',
      'color is blue, red or missing: , 6 rows|no',
      'color is green: , 5 rows|yes',
      'size > 1.5: 9 rows',
      'weight ≤ 10 or missing: , 2 rows|no',
      'weight > 10: , 7 rows|yes',
    ]);
  });

  it('describes the training rows of each feature by class', () => {
    const words = byName(section(report(), 'profile'), 'desc').map(textOf);
    expect(words).toEqual([
      '0.5 to 3, interquartile range 1.25. Fullest bar by class: no: 4 of 9 in 1 to 2; yes: 7 of 11 in 2 to 3.5.',
      '-2 to 30, interquartile range 8. 2 rows without a value. Fullest bar by class: no: 8 of 8 in -2 to 30; yes: 10 of 10 in -2 to 30.',
      '3 categories. 1 row without a value. Fullest bar by class: no: 4 of 9 in blue; yes: 6 of 10 in green.',
    ]);
  });

  it('records how the model was trained', () => {
    const record = section(report(), 'record');
    const entries = byName(record, 'div').map(({ children }) => children.map(textOf));
    expect(entries).toContainEqual(['engine', 'cart/1']);
    expect(entries).toContainEqual(['deepest level', 'none']);
    expect(entries).toContainEqual(['class weights', 'every class weighs 1']);
    expect(entries).toContainEqual(['SHA-256 of the training table', '0123456789abcdef'.repeat(4)]);
  });

  it('says that nothing was held out', () => {
    const parts = toyParts();
    const training = { ...parts.training, holdout: 0, rows: { train: 20, holdout: 0 } };
    const page = report({}, { training, metrics: { ...parts.metrics, holdout: null } });
    expect(textOf(section(page, 'record'))).toContain('nothing was held out');
  });
});
