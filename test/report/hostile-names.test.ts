import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPredictionWriter } from '../../src/cli/prediction-output.js';
import type { Evaluation } from '../../src/evaluation/evaluate.js';
import type { Model } from '../../src/model/model.js';
import { evaluationJunit } from '../../src/report/evaluation/junit.js';
import { evaluationMarkdown } from '../../src/report/evaluation/markdown.js';
import { evaluationText } from '../../src/report/evaluation/text.js';
import { evaluationHtml } from '../../src/report/html/evaluation-html.js';
import { changesText } from '../../src/report/inspection/changes.js';
import { renderInspection } from '../../src/report/inspection/formats.js';
import { playgroundPage } from '../../src/report/playground/page.js';
import { trainingText } from '../../src/report/training.js';
import { describeVerification } from '../../src/report/training-verification.js';
import { acts, hostileNames, longName } from '../arbitraries/hostile-text.js';
import { toyParts } from '../model/toy-model.js';
import { assembleTrained } from '../model/trained-parts.js';
import { byName, type Element, parseElements, textOf } from './elements.js';
import { makeEvaluation } from './evaluations.js';

function toyModel(name: string): Model {
  const model = toyParts();
  const [size, weight, color] = model.features;
  if (color.kind !== 'category') throw new Error('the toy model has another shape');
  return assembleTrained({
    ...model,
    classes: [`no${name}`, `yes${name}`],
    features: [
      { ...size, name: `size${name}` },
      { ...weight, name: `weight${name}` },
      { ...color, name: `color${name}`, categories: ['blue', 'green', 'red'].map((one) => one + name) },
    ],
    training: { ...model.training, target: `sold${name}` },
  });
}

function evaluationOf(name: string): Evaluation {
  const gate = { gate: `recall[${JSON.stringify(`no${name}`)}]>=0.9`, value: 0.5, bound: 0.9, passed: false };
  return makeEvaluation([`no${name}`, `yes${name}`], {
    source: `${name}.csv`,
    gates: [{ ...gate, explanation: `recall[no${name}] is 0.5, expected at least 0.9` }],
    notes: [`the class ${name} is rare`],
  });
}

const inspect = (name: string, format: 'text' | 'dot' | 'mermaid') =>
  renderInspection(
    { path: 'toy.json', model: toyModel(name), importances: [0.25, 0.65, 0.1], pathNodes: new Set() },
    format,
    'plain',
  );

/** Every form that is lines of text. */
const forms: Readonly<Record<string, (name: string) => string>> = {
  'an evaluation as text': (name) => evaluationText(evaluationOf(name)),
  'an evaluation as Markdown': (name) => evaluationMarkdown(evaluationOf(name)),
  'an evaluation as JUnit XML': (name) => evaluationJunit(evaluationOf(name)),
  'a model as text': (name) => inspect(name, 'text'),
  'a model in DOT': (name) => inspect(name, 'dot'),
  'a model in Mermaid': (name) => inspect(name, 'mermaid'),
  'a training': (name) =>
    trainingText({
      model: toyModel(name),
      path: `${name}.json`,
      source: `${name}.csv`,
      pruningPath: null,
      timing: { readMs: 1, fitMs: 1 },
      warnings: [],
    }),
  'what changed': (name) =>
    changesText({
      before: { path: 'a.json', model: toyModel(name) },
      after: { path: 'b.json', model: toyModel(`${name}!`) },
    }),
  'a verification': (name) =>
    describeVerification(toyModel(name), 'a.json', {
      verified: false,
      differences: [{ path: `features.${name}`, before: { [name]: name }, after: [name] }],
    }),
  'a table of predictions': (name) => predictions('table', name),
};

function predictions(format: 'table' | 'csv' | 'jsonl', name: string): string {
  const probabilities = [`no${name}`, `yes${name}`].map((label) => ({ class: label, share: 0.5 }));
  const steps = [
    { feature: `size${name}`, value: 1, wentLeft: true, samples: 20, threshold: 1.5 },
    { feature: `color${name}`, value: `red${name}`, wentLeft: true, samples: 11, categories: [`red${name}`] },
  ];
  const prediction = { label: `no${name}`, classIndex: 0, probabilities, path: steps, modelVersion: '0' };
  const table = {
    columns: ['id', `color${name}`],
    written: [{ cells: ['1', `red${name}`] }],
    places: Uint32Array.of(2),
    origin: { name: '-', unit: 'line' as const },
  };
  const writer = createPredictionWriter(format, { probabilities: true, path: true });
  return (
    writer.batch({ batch: { rows: { rowCount: 1, values: Float64Array.of(1) }, table }, outcomes: [prediction] }) +
    writer.end()
  );
}

const lineCount = (text: string) => text.split('\n').length;

describe.each(Object.entries(forms))('%s', (_form, write) => {
  it('has the lines that it has with plain names, and none that acts', () => {
    const plain = write('');
    const verdicts = plain.match(/^passed/gm)?.length ?? 0;
    fc.assert(
      fc.property(hostileNames, (name) => {
        const text = write(name);
        expect(lineCount(text)).toBe(lineCount(plain));
        expect(text.split('\n').some(acts)).toBe(false);
        expect(text.match(/^passed/gm)?.length ?? 0).toBe(verdicts);
      }),
      { numRuns: 25 },
    );
  });

  it('is short, however long a name is', () => {
    expect(write(longName).length).toBeLessThan(write('').length + 20_000);
  });
});

describe('Markdown', () => {
  it('has the cells that it has with plain names, and no markup of theirs', () => {
    const cellsOf = (text: string) => text.split('\n').map((line) => line.replaceAll(/\\./gs, '').split('|').length);
    fc.assert(
      fc.property(hostileNames, (name) => {
        const text = evaluationMarkdown(evaluationOf(name));
        expect(cellsOf(text)).toEqual(cellsOf(evaluationMarkdown(evaluationOf(''))));
        expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
        const plainly = text.replaceAll(/\\./gs, '').replace(/^Model `\w+`/m, '');
        expect(plainly).not.toMatch(/[`*_~]/);
      }),
      { numRuns: 25 },
    );
  });
});

describe('XML and HTML', () => {
  const report = (name: string) =>
    evaluationHtml(evaluationOf(name), { model: toyModel(name), path: `${name}.json`, featureLosses: null });
  const svg = (name: string) =>
    renderInspection(
      { path: 'toy.json', model: toyModel(name), importances: [0.25, 0.65, 0.1], pathNodes: new Set() },
      'svg',
      'plain',
    );
  const junit = (name: string) => evaluationJunit(evaluationOf(name)).replace(/^<\?.*\?>/, '');

  const shapeOf = ({ children, name }: Element): unknown => [name, children.map(shapeOf)];

  const playground = (name: string) =>
    playgroundPage(toyModel(name), `iris${name}`).replaceAll(
      / (?:hidden|required|selected)(?=[ >])|<input [^>]*>/g,
      '',
    );

  it.each([
    ['the JUnit report', junit],
    ['the page of a report', report],
    ['the picture of a tree', svg],
    ['the playground', playground],
  ])('%s has the elements that it has with plain names, and none that acts', (_what, write) => {
    // A long name takes another place in a legend, and no other element.
    const plain = shapeOf(parseElements(write('')));
    fc.assert(
      fc.property(hostileNames, (name) => {
        const text = write(name);
        expect(shapeOf(parseElements(text))).toEqual(plain);
        expect(text.split('\n').some(acts)).toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  it('are short, however long a name is', () => {
    for (const write of [junit, report, svg]) {
      expect(write(longName).length).toBeLessThan(write('').length + 60_000);
    }
  });

  it('keep each name on the playground once, as it is sent', () => {
    const page = playgroundPage(toyModel(longName), longName);
    const sent = longName.repeat(6);
    expect(page.length).toBeLessThan(playgroundPage(toyModel(''), '').length + sent.length + longName.length + 60_000);
    const fields = byName(parseElements(playground('\n"<')), 'div');
    const wires = fields.flatMap(({ attributes }) => attributes.get('data-wire') ?? []);
    expect(wires.map((wire) => JSON.parse(wire))).toEqual(['size\n"<', 'color\n"<', 'weight\n"<'].sort(bySize));
  });

  it('name classes apart that begin alike', () => {
    const page = parseElements(report(longName));
    const heads = byName(byName(page, 'thead').find((head) => textOf(head).includes('no'))!, 'th').map(textOf);
    expect(new Set(heads).size).toBe(heads.length);
  });
});

function bySize(a: string, b: string): number {
  const order = ['size', 'weight', 'color'];
  return order.findIndex((one) => a.startsWith(one)) - order.findIndex((one) => b.startsWith(one));
}

describe('the languages of graphs', () => {
  it('read a name as text: DOT', () => {
    const string = String.raw`"(?:[^"\\\n]|\\[\\"n])*"`;
    const line = new RegExp(
      String.raw`^(?:digraph tree \{|  (?:node|edge) \[.*\];|  \d+ \[label=${string}(?:, fillcolor="#[\da-f]{6}")?\];|  \d+ -> \d+ \[label="(?:yes|no)"\];|\}|)$`,
    );
    fc.assert(
      fc.property(hostileNames, (name) => {
        for (const found of inspect(name, 'dot').split('\n')) expect(found).toMatch(line);
      }),
      { numRuns: 25 },
    );
  });

  it('read a name as text: Mermaid', () => {
    const text = String.raw`"(?:[\p{L}\p{N} ._,()-]|#\d+;)*<br>\[[\d, ]*\]"`;
    const line = new RegExp(
      String.raw`^(?:flowchart TD|  n\d+(?:\(${text}\)|\[${text}\])|  n\d+ -->\|(?:yes|no)\| n\d+|)$`,
      'u',
    );
    fc.assert(
      fc.property(hostileNames, (name) => {
        for (const found of inspect(name, 'mermaid').split('\n')) expect(found).toMatch(line);
      }),
      { numRuns: 25 },
    );
  });
});

describe('predictions for programs', () => {
  it('are exact: CSV', () => {
    fc.assert(
      fc.property(hostileNames, (name) => {
        const [head, row, ...rest] = readCsv(predictions('csv', name));
        expect(rest).toEqual([]);
        expect(head.slice(0, 3)).toEqual(['id', `color${name}`, 'label']);
        expect(head).toContain(`probability_yes${name}`);
        expect(row.slice(0, 3)).toEqual(['1', `red${name}`, `no${name}`]);
      }),
    );
  });

  it('are exact: JSON', () => {
    fc.assert(
      fc.property(hostileNames, (name) => {
        const text = predictions('jsonl', name);
        expect(lineCount(text)).toBe(2);
        expect(JSON.parse(text)).toMatchObject({ input: { [`color${name}`]: `red${name}` }, label: `no${name}` });
      }),
    );
  });
});

/** RFC 4180, with LF. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  const row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/y;
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const found = cell.exec(text);
    if (found === null) throw new Error(`not CSV at ${at}`);
    row.push(found[1]?.replaceAll('""', '"') ?? found[2]);
    if (found[3] === '\n') rows.push(row.splice(0));
  }
  expect(row).toEqual([]);
  return rows;
}
