import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../../src/evaluation/evaluate.js';
import { evaluate } from '../../../src/evaluation/evaluate.js';
import { evaluationJunit } from '../../../src/report/evaluation/junit.js';
import { evaluationMarkdown } from '../../../src/report/evaluation/markdown.js';
import { evaluationText } from '../../../src/report/evaluation/text.js';
import { trainOn } from '../../evaluation/subjects.js';
import { makeEvaluation } from '../evaluations.js';

const GATES: Evaluation['gates'] = [
  {
    gate: 'accuracy>=0.7',
    value: 0.75,
    bound: 0.7,
    passed: true,
    explanation: 'accuracy is 0.75, expected at least 0.7',
  },
  {
    gate: 'accuracy>=0.9',
    value: 0.75,
    bound: 0.9,
    passed: false,
    explanation: 'accuracy is 0.75, expected at least 0.9',
  },
];

describe('the text report', () => {
  it('shows the figures with their intervals, the classes, the confusion matrix, the gates and the notes', () => {
    const text = evaluationText(makeEvaluation(['ash', 'beech'], { gates: GATES, notes: ['few rows'] }));
    expect(text.replaceAll(/\d\.\d{4} to \d\.\d{4}/g, (range) => range.replaceAll(/\d/g, '#'))).toMatchInlineSnapshot(`
      "model abababababab: 4 held-out rows of rows.csv

      metric                        value     95 % interval
      accuracy                     0.7500  #.#### to #.####
      balanced accuracy            0.7500  #.#### to #.####
      precision, macro mean        0.8333
      recall, macro mean           0.7500  #.#### to #.####
      F1, macro mean               0.7333  #.#### to #.####
      precision, weighted          0.8333
      recall, weighted             0.7500  #.#### to #.####
      F1, weighted                 0.7333  #.#### to #.####
      Matthews' correlation        0.5774
      Cohen's kappa                0.5000  #.#### to #.####
      log loss                     0.5623  #.#### to #.####
      Brier score                  0.3750  #.#### to #.####
      ROC AUC, one vs rest         0.7500  #.#### to #.####
      average precision, macro     0.7083  #.#### to #.####
      calibration error            0.0000  #.#### to #.####
      top-2 accuracy            undefined
      top-3 accuracy            undefined

      class  precision  recall      F1  support
      ash       0.6667  1.0000  0.8000        2
      beech     1.0000  0.5000  0.6667        2

      confusion matrix: rows are true classes, columns predicted ones
      true class  ash  beech
      ash           2      0
      beech         1      1

      passed  accuracy>=0.7  accuracy is 0.75, expected at least 0.7
      FAILED  accuracy>=0.9  accuracy is 0.75, expected at least 0.9

      undefined, as there are only 2 classes: top2Accuracy, top3Accuracy
      note: few rows
      "
    `);
  });

  it('says which rows were scored', () => {
    const first = (changes: Partial<Evaluation>) => evaluationText(makeEvaluation(['a', 'b'], changes)).split('\n')[0];
    expect(first({})).toBe('model abababababab: 4 held-out rows of rows.csv');
    expect(first({ scored: 'training rows' })).toBe('model abababababab: 4 training rows of rows.csv');
    expect(first({ scored: 'all rows' })).toBe('model abababababab: all 4 rows of rows.csv');
  });

  it('shows standard errors, repeats and a baseline where there are any', async () => {
    const subject = await trainOn();
    const crossValidation = { folds: 3, repeats: 2 };
    const evaluation = await evaluate(subject, { baseline: subject, crossValidation });
    const lines = evaluationText(evaluation).split('\n');
    const { version } = subject.model;
    expect(lines[0]).toBe(
      `model ${version}, baseline ${version}: all 150 rows of iris.csv, 3-fold cross-validation, 2 repeats`,
    );
    expect(lines[2]).toMatch(/^metric +value +standard error +95 % interval +baseline$/);
    expect(lines).toContain('confusion matrix of all 2 repeats: rows are true classes, columns predicted ones');
    expect(lines[3].split(/ {2,}/)).toHaveLength(5);
  });
});

describe('the Markdown report', () => {
  it('begins with the verdict and lists the gates', () => {
    const markdown = evaluationMarkdown(makeEvaluation(['ash', 'beech'], { gates: GATES, notes: ['few rows'] }));
    expect(markdown.split('\n').slice(0, 7)).toEqual([
      '## Evaluation: 1 of 2 gates failed',
      '',
      'Model `abababababab`, 4 held-out rows of rows.csv.',
      '',
      '| gate | result | why |',
      '| --- | --- | --- |',
      '| accuracy&gt;=0.7 | passed | accuracy is 0.75, expected at least 0.7 |',
    ]);
    expect(markdown).toContain(
      '\n| true class | ash | beech |\n| --- | ---: | ---: |\n| ash | 2 | 0 |\n| beech | 1 | 1 |\n',
    );
    expect(markdown).toContain('\n- few rows\n');
    expect(evaluationMarkdown(makeEvaluation(['ash', 'beech'], { gates: GATES.slice(0, 1) }))).toMatch(
      /^## Evaluation: 1 of 1 gate passed\n/,
    );
    expect(evaluationMarkdown(makeEvaluation(['ash', 'beech']))).toMatch(/^## Evaluation\n/);
  });

  it('keeps names of classes from becoming markup or the end of a cell', () => {
    const markdown = evaluationMarkdown(makeEvaluation(['a|b\n<b>', '*c* [x](y) `d`']));
    expect(markdown).toContain('\n| a\\|b\\\\u000a&lt;b&gt; | 0.6667 ');
    expect(markdown).toContain('\n| \\*c\\* \\[x\\]\\(y\\) \\`d\\` | 1.0000 ');
  });
});

describe('the JUnit report', () => {
  it('has a test case per gate, and a failure for each that failed', () => {
    const xml = evaluationJunit(makeEvaluation(['ash', 'beech'], { gates: GATES }));
    expect(xml).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="iris evaluate" tests="2" failures="1" errors="0">\n/,
    );
    expect(xml).toContain('    <testcase classname="iris.gate" name="accuracy&gt;=0.7"/>\n');
    expect(xml).toContain(
      [
        '    <testcase classname="iris.gate" name="accuracy&gt;=0.9">',
        '      <failure type="gate" message="accuracy is 0.75, expected at least 0.9"/>',
        '    </testcase>',
      ].join('\n'),
    );
    expect(xml).toContain('      <property name="recall[beech]" value="0.5"/>\n');
    expect(xml).toContain('      <property name="top2Accuracy" value="undefined"/>\n');
  });

  it('is well-formed XML that gives every name back, whatever the names are', () => {
    fc.assert(
      fc.property(anyText, anyText, (label, gate) => {
        const xml = evaluationJunit(makeEvaluation([label, 'other'], { gates: [{ ...GATES[1], gate }] }));
        const names = attributesOf(xml, 'name').map(readSpelledOut);
        expect(names).toContain(`recall[${asXmlText(label)}]`);
        expect(names).toContain(asXmlText(gate));
      }),
    );
  });
});

/** Without what would read as spelled out already. */
const anyText = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('\\'));

function readSpelledOut(text: string): string {
  return text.replaceAll(/\\u([\da-f]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** Reads a document of start, end and empty tags; anything that XML forbids between or inside them is an error. */
function attributesOf(xml: string, name: string): string[] {
  const values: string[] = [];
  const open: string[] = [];
  const body = xml.replace(/^<\?xml [^?]*\?>/, '');
  const tag = /<(\/?)([a-z]+)((?: [a-z0-9]+="[^"<]*")*)(\/?)>|\s+/y;
  while (tag.lastIndex < body.length) {
    const at = tag.lastIndex;
    const found = tag.exec(body);
    if (found === null) throw new Error(`not XML: ${JSON.stringify(body.slice(at, at + 60))}`);
    const [, end, element, attributes, empty] = found;
    if (element === undefined) continue;
    if (end) expect(open.pop()).toBe(element);
    else if (!empty) open.push(element);
    for (const [, key, value] of attributes.matchAll(/ ([a-z0-9]+)="([^"]*)"/g))
      if (key === name) values.push(decode(value));
  }
  expect(open).toEqual([]);
  return values;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' };

/** An attribute's value: references are resolved, other white space would be normalised away. */
function decode(value: string): string {
  expect(value).not.toMatch(/[\t\n\r]|&(?!(?:amp|lt|gt|quot|#\d+);)/);
  return value.replaceAll(/&(#(\d+)|\w+);/g, (_, name, code) =>
    code === undefined ? ENTITIES[name] : String.fromCodePoint(Number(code)),
  );
}

/** The text with the characters that XML 1.0 cannot hold, and that are not spelled out, replaced. */
function asXmlText(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0)!;
      return code === 0xfffe || code === 0xffff ? '\ufffd' : character;
    })
    .join('');
}
