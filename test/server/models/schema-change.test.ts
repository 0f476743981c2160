import { describe, expect, it } from 'vitest';
import type { Feature } from '../../../src/model/model.js';
import { schemaChange } from '../../../src/server/models/schema-change.js';
import { irisModel } from '../models.js';

const model = irisModel();
const number = (name: string, missing = false): Feature => ({ name, kind: 'number', missing });
const category = (name: string): Feature => ({ name, kind: 'category', missing: false, categories: ['a', 'b'] });
const withFeatures = (...features: Feature[]) => ({ ...model, features });

describe('what callers have to change for another model', () => {
  it('is nothing where features and classes are the same', () => {
    expect(schemaChange(model, irisModel({ threshold: 1 }))).toBeUndefined();
  });

  it.each<[string, Feature[], Feature[], string]>([
    ['one more', [number('a')], [number('a'), number('b')], 'added b'],
    ['one less', [number('a'), number('b')], [number('a')], 'removed b'],
    ['another kind', [number('a')], [category('a')], 'added a (category); removed a'],
    ['no missing values', [number('a', true)], [number('a')], 'added a; removed a (may be missing)'],
    ['the order', [number('a'), number('b')], [number('b'), number('a')], 'another order'],
  ])('is said of features: %s', (_, from, to, features) => {
    expect(schemaChange(withFeatures(...from), withFeatures(...to))).toEqual({ features });
  });

  it('is said of classes, with their order', () => {
    const [first, ...others] = model.classes;
    expect(schemaChange(model, { ...model, classes: [...others, first] })).toEqual({ classes: 'another order' });
    expect(schemaChange(model, { ...model, classes: others })).toEqual({ classes: 'removed setosa' });
  });

  it('stays a short line, however many names there are and whatever is in them', () => {
    const named = (count: number) => Array.from({ length: count }, (_, index) => number(`n${index}`));
    const many = schemaChange(withFeatures(number('a')), withFeatures(number('a'), ...named(900)));
    expect(many).toEqual({ features: 'added n0, n1, n2, n3, n4, … (900 in all)' });
    const more = schemaChange(withFeatures(number('a')), withFeatures(...named(100_000)));
    expect(more).toEqual({ features: 'others: 1 before, 100000 now' });
    const long = withFeatures(
      ...Array.from({ length: 9 }, (_, index) => number(`${index}\u001b${'x'.repeat(10_000)}`)),
    );
    expect(schemaChange(model, long)?.features).toMatch(/^added "0\\u001bx+…x+", .*; removed sepal_length, /);
    expect(schemaChange(model, long)?.features?.length).toBeLessThan(1000);
  });
});
