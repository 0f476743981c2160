import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../../src/model/classifier.js';
import { requireEnsemble } from '../../../src/model/single-tree.js';
import { firstTrees } from '../../../src/report/playground/first-trees.js';
import { playgroundPage } from '../../../src/report/playground/page.js';
import { playgroundStyle } from '../../../src/report/playground/style.js';
import { modelParts } from '../../arbitraries/model.js';
import { trainOn } from '../../evaluation/subjects.js';
import { fixturesOf, readFixture } from '../../formats/fixtures.js';
import { assembleTrained } from '../../model/trained-parts.js';
import { deepModel, irisModel, mixedModel } from '../../server/models.js';

const HOSTILE = '"><script>alert(1)</script><i title="';

describe('the page of the playground', () => {
  it('has a control for each feature of any model, and no number that is none', () => {
    fc.assert(
      fc.property(modelParts, fc.string(), (parts, name) => {
        const model = assembleTrained(parts);
        const page = playgroundPage(model, name);
        expect(page.match(/ data-kind="/g)).toHaveLength(model.features.length);
        expect(page.match(/<script/g)).toHaveLength(1);
        expect(page).not.toMatch(/ (min|max|step|value|d|x|y|width|height)="[^"]*(NaN|Infinity|undefined)/);
      }),
      { numRuns: 50 },
    );
  });

  it('shows names from outside as text', () => {
    const model = irisModel({
      classes: [HOSTILE, 'b', 'c'],
      features: [
        [HOSTILE, 1],
        ['b', 1],
        ['c', 1],
        ['d', 1],
      ],
    });
    const page = playgroundPage(model, HOSTILE);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain('<i title=');
  });

  it('offers a missing value only where training had some', () => {
    const page = playgroundPage(mixedModel(), 'iris');
    expect(page.match(/data-part="missing"/g)).toHaveLength(1);
    expect(page.indexOf('data-part="missing"')).toBeLessThan(page.indexOf('data-name="colour"'));
  });

  it('folds features that the tree does not use', () => {
    const page = playgroundPage(irisModel(), 'iris');
    const [shown, folded] = page.split('<summary>2 features that the tree does not use</summary>');
    expect([...shown.matchAll(/ data-name="([^"]*)"/g)].map(([, name]) => name)).toEqual([
      'petal_length',
      'petal_width',
    ]);
    expect([...folded.matchAll(/ data-name="([^"]*)"/g)].map(([, name]) => name)).toEqual([
      'sepal_length',
      'sepal_width',
    ]);
  });

  it('marks every node of the drawing, with the parents that a path needs', () => {
    const page = playgroundPage(irisModel(), 'iris');
    const nodes = [...page.matchAll(/ data-node="(\d+)"/g)].map(([, node]) => Number(node));
    expect([...new Set(nodes)].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(page).toContain('data-parents="[[1,0],[2,0],[3,2],[4,2]]"');
  });

  it.each([
    [
      'features',
      deepModel(
        3,
        Array.from({ length: 1000 }, (_, index) => [`feature ${index}`, 1] as const),
      ),
      '1000 features, 2 classes and 7 nodes',
    ],
    ['nodes', deepModel(40_000), '4 features, 2 classes and 80001 nodes'],
  ])('says that a model has too many %s for it, and what to use instead', (_, model, sizes) => {
    const page = playgroundPage(model, 'iris');
    expect(page).toContain(`<p>This model has ${sizes}.`);
    expect(page).toContain('<code>iris predict</code>');
    expect(page).toContain(model.sha256);
    expect(page).not.toMatch(/<script|<form|<svg|id="curl"/);
    expect(page.length).toBeLessThan(5000);
  });

  it('of several trees has their features and sizes, and what features bring in place of a path', () => {
    for (const name of ['sklearn-1.9.1-hist-categories', 'sklearn-1.9.1-forest']) {
      const { model } = readFixture(fixturesOf(name)[0]).imported;
      const page = playgroundPage(model, 'm');
      expect(page).toContain('data-explains="contributions"');
      expect(page.match(/ data-kind="/g)).toHaveLength(model.features.length);
      expect(page).toMatch(/<h2 id="contributions-heading">What the features bring<\/h2>.*id="terms"/s);
      expect(page).toContain('<h2 id="trees-heading">The trees</h2>');
      expect(page).not.toMatch(/id="(steps|drawing)"|data-node|NaN|undefined|Infinity/);
      expect(page).not.toContain('Typical of');
    }
  });

  it('explains nothing where it is not known how many training rows came to each node', () => {
    const page = playgroundPage(readFixture(fixturesOf('xgboost-2.1.4-vector')[0]).imported.model, 'm');
    expect(page).toContain('data-explains="nothing"');
    expect(page).not.toMatch(/id="(steps|terms)"/);
  });

  it('of a forest of ours has rows that are typical of its classes, and marks where many trees ask', async () => {
    const { model } = await trainOn({ engine: 'forest', trees: 20, maxFeatures: null });
    const page = playgroundPage(model, 'm');
    expect(page.match(/class="mark threshold" d="M/g)).toHaveLength(4);
    const rows = [...page.matchAll(/data-row="(\[[^"]*\])"/g)].map(([, row]) => JSON.parse(row!) as number[]);
    expect(rows).toHaveLength(3);
    const labels = new Int32Array(3);
    createClassifier(model).labelsInto(Float64Array.from(rows.flat()), 3, labels);
    expect([...labels]).toEqual([0, 1, 2]);
  });

  it('of very many trees looks at the first of them', () => {
    const { model } = readFixture(fixturesOf('sklearn-1.9.1-forest')[0]).imported;
    const scorer = requireEnsemble(model);
    const { trees } = scorer.ensemble;
    const times = Math.ceil(70_000 / trees.feature.length);
    const repeated = <List extends Int32Array | Float64Array | Uint8Array>(list: List): List => {
      const copies = list.slice(0, 0).constructor as new (length: number) => List;
      const all = new copies(list.length * times);
      for (let copy = 0; copy < times; copy++) all.set(list, copy * list.length);
      return all;
    };
    const count = trees.feature.length;
    const many = {
      ...trees,
      treeCount: trees.treeCount * times,
      roots: Int32Array.from(
        { length: trees.treeCount * times + 1 },
        (_, tree) => trees.roots[tree % trees.treeCount] + Math.floor(tree / trees.treeCount) * count,
      ),
      output: repeated(trees.output),
      weight: repeated(trees.weight),
      feature: repeated(trees.feature),
      threshold: repeated(trees.threshold),
      right: repeated(trees.right).map((right, node) => (right < 0 ? -1 : right + Math.floor(node / count) * count)),
      directions: repeated(trees.directions),
      value: repeated(trees.value),
      cover: repeated(trees.cover!),
    };
    const large = { ...model, scorer: { ...scorer, ensemble: { ...scorer.ensemble, trees: many } } };
    const looked = requireEnsemble(firstTrees(large)).ensemble.trees;
    expect(looked.feature.length).toBeLessThanOrEqual(65_536);
    expect(looked.feature.length).toBe(looked.roots[looked.treeCount]);
    expect(looked.treeCount).toBeGreaterThan(trees.treeCount);
    const controls = (page: string) => page.slice(page.indexOf('<form'), page.indexOf('</form>'));
    expect(controls(playgroundPage(large, 'm'))).toBe(controls(playgroundPage(model, 'm')));
    expect(playgroundPage(large, 'm')).toContain(`${many.treeCount} trees`);
  });

  it('fetches nothing from elsewhere', () => {
    const everything = playgroundPage(irisModel(), 'iris') + playgroundStyle();
    expect(everything).not.toMatch(/https?:|url\(|@import|\/\//);
  });
});
