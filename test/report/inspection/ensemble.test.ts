import { describe, expect, it } from 'vitest';
import { explainByFeatures } from '../../../src/cli/explained-row.js';
import { importBytes } from '../../../src/formats/import-model.js';
import type { Feature, Model } from '../../../src/model/model.js';
import { requireEnsemble, requireTree } from '../../../src/model/single-tree.js';
import { changesJson, changesText } from '../../../src/report/inspection/changes.js';
import { ensembleJson, ensembleText, splitInWords } from '../../../src/report/inspection/ensemble.js';
import { ensembleDrawing } from '../../../src/report/inspection/ensemble-drawing.js';
import { type EnsembleNode, ensembleParts } from '../../arbitraries/ensembles.js';
import { trainOn } from '../../evaluation/subjects.js';
import { fixturesOf, readFixture } from '../../formats/fixtures.js';

const { model } = await trainOn({ engine: 'forest', trees: 12, maxFeatures: null });
const inspection = { path: 'forest.json', model, scorer: requireEnsemble(model) };

describe('a forest that is inspected', () => {
  it('has sizes of its trees, importances over them, and the accuracy out of bag of fewer trees', () => {
    const text = ensembleText(inspection);
    expect(text).toMatch(/\nsizes of the trees\n +least +median +most\n {2}nodes( +\d+){3}\n {2}leaves( +\d+){3}\n/);
    expect(text).toMatch(
      /\nimportances, with their standard deviation over the trees\n {2}petal_\w+ +0\.\d{4} ± 0\.\d{4} +\d+ splits\n/,
    );
    expect(text).toMatch(/\n {2}out of bag {2}0\.\d{4} of \d+ rows; with fewer trees, 1: 0\.\d+, 2: .*, 5: .*, 10: /);
  });

  it('has importances that sum to 1 in its JSON, in falling order', () => {
    const importances = ensembleJson(inspection).importances!;
    expect(importances.reduce((sum, { importance }) => sum + importance, 0)).toBeCloseTo(1, 12);
    expect(importances.map(({ importance }) => importance)).toEqual(
      importances.map(({ importance }) => importance).sort((a, b) => b - a),
    );
  });

  it('shows one tree with as few digits as separate the training values, and names the classes of its leaves', () => {
    const text = ensembleText({ ...inspection, tree: 0 });
    expect(text).toMatch(/\ntree 0\nshares of the classes\n/);
    expect(text).toMatch(/ {2}setosa 1\n/);
    expect(text).not.toMatch(/\d\.\d{5}/);
  });

  it.each(['dot', 'mermaid', 'svg'] as const)('draws one tree as %s, with the values of its leaves', (format) => {
    const drawn = ensembleDrawing({ ...inspection, tree: 3 }, format);
    expect(drawn).toContain('setosa 1');
    const { feature, roots } = inspection.scorer.ensemble.trees;
    const count = roots[4] - roots[3];
    const splits = [...feature.subarray(roots[3], roots[4])].filter((asked) => asked >= 0).length;
    const [nodes, edges] = {
      dot: [/\d \[label/g, / -> /g],
      mermaid: [/n\d+[[(]/g, /-->/g],
      svg: [/data-node/g, /<path/g],
    }[format];
    expect(drawn.match(edges)).toHaveLength(2 * splits);
    expect(drawn.match(nodes)!.length).toBe(format === 'dot' ? count + 2 * splits : count);
    expect(() => ensembleDrawing({ ...inspection, tree: undefined }, format)).toThrow(
      'tree: expected a tree from 0 to 11, found none to draw',
    );
  });

  it.each(['dot', 'mermaid', 'svg'] as const)('of one tree is drawn as %s without its number', async (format) => {
    const { model } = await trainOn({ engine: 'forest', trees: 1 });
    const one = { path: 'one.json', model, scorer: requireEnsemble(model) };
    expect(ensembleDrawing({ ...one, tree: undefined }, format)).toBe(ensembleDrawing({ ...one, tree: 0 }, format));
  });

  it('is named where one tree is needed', () => {
    expect(() => requireTree(model, 'a test')).toThrow(
      'a test needs a model of one tree, and this one is a forest of 12 trees',
    );
  });

  it('says what the features of one row bring', async () => {
    const explained = await explainByFeatures(model, '5,3.6,1.3,0.25');
    expect(ensembleText({ ...inspection, explained })).toMatch(
      /\none row\n {2}setosa\n {2}share of setosa \d\.\d{4}, on average 0\.\d{4}\n {2}\+0\.\d{4} {2}petal_\w+ /,
    );
    expect(ensembleJson({ ...inspection, explained })).toMatchObject({ explained: { label: 'setosa' } });
  });
});

describe('splits that ask whether there is a value', () => {
  const [left, right] = [
    [1, 0],
    [0, 1],
  ].map((values): EnsembleNode => ({ values, cover: 1 }));
  const sides = { zeroIsMissing: false, unknownLeft: false, left, right };
  const questionOf = (feature: Feature, root: EnsembleNode) => {
    const parts = ensembleParts({
      kind: 'forest',
      features: [feature],
      classes: ['a', 'b'],
      arithmetic: { input: 'float64', split: '<=', sum: 'float64', zero: 0 },
      combine: { by: 'mean', base: null, outputs: 2, link: 'none', scale: 1, function: 'float64/1' },
      trees: [{ output: null, weight: 1, root }],
    });
    return splitInWords({ ...parts, sha256: '', version: '', verification: [] }, requireEnsemble(parts), 0);
  };

  it('say so of numbers', () => {
    const split = { feature: 0, threshold: Number.POSITIVE_INFINITY, set: null, missingLeft: false, ...sides };
    expect(questionOf({ name: 'x', kind: 'number', missing: true }, split)).toEqual({
      left: 'x has a value',
      right: 'x is missing',
    });
  });

  it('say so of categories', () => {
    const feature: Feature = { name: 'c', kind: 'category', categories: ['red', 'blue'], missing: true };
    const split = { feature: 0, threshold: 0, set: [], missingLeft: true, ...sides };
    expect(questionOf(feature, split)).toEqual({ left: 'c is missing', right: 'c in {red, blue} or unknown' });
  });
});

describe('several trees that are compared', () => {
  const compared = (before: Model, after: Model) => ({
    before: { path: 'a.json', model: before },
    after: { path: 'b.json', model: after },
  });

  it('differ in the end of the curve out of bag, and in the first split of a tree that is another', async () => {
    const other = await trainOn({ engine: 'forest', trees: 13, maxFeatures: null, maxDepth: 1 });
    const { facts, splits } = changesJson(compared(model, other.model));
    const paths = facts.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['training.trees', 'trees.count', 'trees.depth']));
    expect(paths.filter((path) => path.includes('curve'))).toEqual([]);
    expect(splits.length).toBeGreaterThan(0);
    expect(splits.length).toBeLessThanOrEqual(12);
    expect(splits[0].way[0]).toMatch(/^tree \d+$/);
    expect(changesText(compared(model, other.model))).toMatch(/\n {2}tree \d+ \/ petal_\w+ .* → leaf? ?/);
  });

  it('are the same as themselves, and another kind of model than one tree', async () => {
    expect(changesText(compared(model, model))).toMatch(/\nnothing changed\n$/);
    const { facts, splits } = changesJson(compared(model, (await trainOn()).model));
    expect(facts).toContainEqual({ path: 'kind', before: 'forest', after: null });
    expect(splits).toEqual([]);
  });

  it('that differ in the value of one leaf alone are told apart', () => {
    const { bytes, imported } = readFixture(fixturesOf('lightgbm-4.7.0-binary')[0]);
    const changed = Buffer.from(bytes)
      .toString('utf8')
      .replace(/leaf_value=\S+/, 'leaf_value=0.125');
    const { model: after } = importBytes(Buffer.from(changed), 'm.txt');
    const { splits } = changesJson(compared(imported.model, after));
    expect(splits).toEqual([
      { way: expect.arrayContaining(['tree 0']), before: expect.stringMatching(/^leaf /), after: 'leaf 0.125' },
    ]);
  });
});

describe('trees that do not say how many training rows came to their nodes', () => {
  it('have splits per feature, and no importances', () => {
    const vector = readFixture(fixturesOf('xgboost-2.1.4-vector')[0]).imported.model;
    const inspected = { path: 'm.json', model: vector, scorer: requireEnsemble(vector) };
    expect(ensembleText(inspected)).toMatch(/\nsplits per feature\n {2}f\d +\d+\n/);
    expect(ensembleJson(inspected).importances).toBeNull();
  });
});
