import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../../src/evaluation/evaluate.js';
import type { Model } from '../../../src/model/model.js';
import { evaluationHtml } from '../../../src/report/html/evaluation-html.js';
import { trainOn } from '../../evaluation/subjects.js';
import { fixturesOf, readFixture } from '../../formats/fixtures.js';
import { byName, parseElements, textOf } from '../elements.js';
import { makeEvaluation } from '../evaluations.js';
import { section } from './pages.js';

const { model: forest } = await trainOn({ engine: 'forest', trees: 30, maxFeatures: null });
const boosted = readFixture(fixturesOf('xgboost-3.2.0-softmax')[0]).imported.model;

function pageOf(model: Model, changes: Partial<Evaluation> = {}) {
  const evaluation = makeEvaluation(['no', 'yes'], changes);
  return parseElements(evaluationHtml(evaluation, { model, path: 'm.json', featureLosses: null }));
}

const agreement = {
  trees: 30,
  mean: 0.9,
  bins: [
    { lower: 0, upper: 0.5, rows: 1, right: 0 },
    { lower: 0.9, upper: 1, rows: 2, right: 1 },
    { lower: 1, upper: 1, rows: 1, right: 1 },
  ],
};

describe('the report page of a forest', () => {
  const { measured } = makeEvaluation(['no', 'yes']);
  const page = pageOf(forest, { measured: { ...measured, agreement } });

  it('has what is about many trees in place of a drawing', () => {
    expect(byName(page, 'h2').map(textOf)).toEqual([
      'Summary',
      'Metrics',
      'Classes',
      'Ranking',
      'Calibration',
      'Agreement of the trees',
      'Out of bag',
      'Importances',
      'The trees',
      'Training data',
      'Training record',
    ]);
    expect(textOf(section(page, 'trees'))).toMatch(
      /A forest: the mean of the trees\. 30 trees, \d+ nodes, \d+ leaves, depth \d+\..*nodes.*leaves.*depth.*iris inspect MODEL --tree 0/s,
    );
  });

  it('shows importances with their deviation over the trees', () => {
    const impurity = section(page, 'importances');
    expect(textOf(impurity)).toContain('lines are one standard deviation over the trees');
    expect(byName(impurity, 'path').length).toBeGreaterThan(1);
  });

  it('shows how often the forest is right where its trees agree', () => {
    expect(textOf(section(page, 'agreement'))).toMatch(
      /On average 90 % of the 30 trees answer as the forest does.*below 50 %.*0 of 1.*90 % to 100 %.*1 of 2.*all trees.*1 of 1/s,
    );
  });

  it('draws the accuracy out of bag over the number of trees', () => {
    const curve = forest.provenance.metrics!.outOfBag!.curve;
    expect(textOf(section(page, 'out-of-bag'))).toContain(`30: ${curve[29]!.toFixed(3)}`);
    expect(textOf(section(page, 'out-of-bag'))).toContain('training rows is predicted by the trees that did not learn');
  });

  it('gives every picture an id of its own', () => {
    const ids = byName(page, 'svg').flatMap(({ children }) => children[0].attributes.get('id') ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the report page of imported trees', () => {
  it('says where they come from, and leaves out what is not known', () => {
    const page = pageOf(boosted);
    const headings = byName(page, 'h2').map(textOf);
    expect(headings).not.toContain('Out of bag');
    expect(headings).not.toContain('Agreement of the trees');
    expect(headings).not.toContain('Training data');
    expect(textOf(section(page, 'trees'))).toContain('Imported from xgboost 3.2.0');
  });

  it('counts splits where it is not known how many training rows came to them', () => {
    const vector = readFixture(fixturesOf('xgboost-2.1.4-vector')[0]).imported.model;
    const text = textOf(section(pageOf(vector), 'importances'));
    expect(text).toContain('How often a feature is asked for, as shares of 1.');
  });
});
