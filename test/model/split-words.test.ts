import { describe, expect, it } from 'vitest';
import { stepWords } from '../../src/model/path-step.js';
import { branchWords, splitWords } from '../../src/model/split-words.js';
import { toyParts } from './toy-model.js';
import { modelPartsOf, type TrainedParts } from './trained-parts.js';

function wordsOf(parts: TrainedParts, node: number) {
  return splitWords(parts.tree, modelPartsOf(parts), node);
}

describe('the words of a split', () => {
  it('are a threshold', () => {
    expect(wordsOf(toyParts(), 0)).toEqual({ question: 'size ≤ 1.5', left: '≤ 1.5', right: '> 1.5' });
  });

  it('are two sets of categories, and say where a missing value goes', () => {
    expect(wordsOf(toyParts(), 1)).toEqual({
      question: 'color in {blue, red}',
      left: 'blue, red or missing',
      right: 'green',
    });
  });

  it('say that a missing value goes right', () => {
    const parts = toyParts();
    parts.tree.missingLeft[4] = 0;
    expect(wordsOf(parts, 4)).toEqual({ question: 'weight ≤ 10', left: '≤ 10', right: '> 10 or missing' });
  });

  it('ask for a value where only missing ones go right', () => {
    const parts = toyParts();
    parts.tree.missingLeft[4] = 0;
    parts.tree.threshold[4] = Number.MAX_VALUE;
    expect(wordsOf(parts, 4)).toEqual({ question: 'weight has a value', left: 'has a value', right: 'missing' });
  });

  it('show a threshold with as many decimals as the model records, in pictures and in texts', () => {
    const parts = toyParts();
    parts.tree.threshold[0] = 123456.78901234;
    const known = { ...parts, origin: { ...parts.origin, decimals: [3, null, 3] } };
    expect(wordsOf(parts, 0).left).toBe('≤ 123456.78901234');
    expect(wordsOf(known, 0)).toEqual({ question: 'size ≤ 123456.789', left: '≤ 123456.789', right: '> 123456.789' });
    expect(branchWords(known.tree, modelPartsOf(known), 0).right).toBe('size > 123456.789');
  });

  it('ask whether it is missing where a side takes nothing else', () => {
    const parts = toyParts();
    const none = { ...parts.tree, categories: [null, [], null, null, null, null, null] };
    const left = { ...parts, tree: none };
    expect(wordsOf(left, 1)).toEqual({ question: 'color is missing', left: 'missing', right: 'blue, green, red' });
    expect(branchWords(none, modelPartsOf(left), 1)).toEqual({
      left: 'color is missing',
      right: 'color in {blue, green, red}',
    });
    const all = {
      ...parts.tree,
      categories: [null, [0, 1, 2], null, null, null, null, null],
      missingLeft: new Uint8Array(7),
    };
    const right = { ...parts, tree: all };
    expect(wordsOf(right, 1)).toMatchObject({ left: 'blue, green, red', right: 'missing' });
    expect(branchWords(all, modelPartsOf(right), 1).right).toBe('color is missing');
  });

  it('name the side of no category', () => {
    const parts = toyParts();
    const all = { ...parts.tree, categories: [null, [0, 1, 2], null, null, null, null, null] };
    expect(wordsOf({ ...parts, tree: all }, 1).right).toBe('no category');
  });
});

describe('the words of a step', () => {
  const length = { feature: 'petal_length', value: 1.3, threshold: 17.450000000000003, wentLeft: true, samples: 120 };
  const colour = { feature: 'colour', value: 'green', categories: ['blue', 'red'], wentLeft: false, samples: 40 };
  const some = { ...length, threshold: Number.MAX_VALUE };

  it.each([
    [length, 'petal_length 1.3 <= 17.45'],
    [{ ...length, value: 47, wentLeft: false }, 'petal_length 47 > 17.45'],
    [{ ...length, value: null, wentLeft: false }, 'petal_length missing: goes right'],
    [some, 'petal_length has a value: 1.3'],
    [{ ...some, value: null, wentLeft: false }, 'petal_length is missing'],
    [{ ...colour, value: 'blue', wentLeft: true }, 'colour in {blue, red}: blue'],
    [colour, 'colour not in {blue, red}: green'],
    [{ ...colour, value: null, wentLeft: true }, 'colour missing: goes left'],
  ])('%j', (step, words) => {
    expect(stepWords(step)).toBe(words);
  });

  it('list twelve categories and count the others', () => {
    const categories = Array.from({ length: 40 }, (_, index) => `c${index}`);
    expect(stepWords({ ...colour, categories })).toBe(
      'colour not in {c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, … 28 more}: green',
    );
  });

  it('show names as everywhere', () => {
    expect(stepWords({ ...colour, feature: 'a\u001b', value: 'x\u202e'.repeat(60) })).toMatch(/^a\\u001b .*….{1,200}$/);
  });
});
