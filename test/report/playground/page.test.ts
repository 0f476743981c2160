import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { playgroundPage } from '../../../src/report/playground/page.js';
import { playgroundStyle } from '../../../src/report/playground/style.js';
import { modelParts } from '../../arbitraries/model.js';
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

  it('fetches nothing from elsewhere', () => {
    const everything = playgroundPage(irisModel(), 'iris') + playgroundStyle();
    expect(everything).not.toMatch(/https?:|url\(|@import|\/\//);
  });
});
