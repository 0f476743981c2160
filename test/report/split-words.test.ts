import { describe, expect, it } from 'vitest';
import { splitWords } from '../../src/report/split-words.js';
import { toyParts } from '../model/toy-model.js';
import { modelPartsOf, type TrainedParts } from '../model/trained-parts.js';

function wordsOf(parts: TrainedParts, node: number) {
  return splitWords(parts.tree, modelPartsOf(parts).features, node);
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

  it('keep six digits of a threshold', () => {
    const parts = toyParts();
    parts.tree.threshold[0] = 2.4500000000000002;
    expect(wordsOf(parts, 0).left).toBe('≤ 2.45');
    parts.tree.threshold[0] = 123456.789;
    expect(wordsOf(parts, 0).left).toBe('≤ 123457');
  });

  it('name the side of no category', () => {
    const parts = toyParts();
    const all = { ...parts.tree, categories: [null, [0, 1, 2], null, null, null, null, null] };
    expect(wordsOf({ ...parts, tree: all }, 1).right).toBe('no category');
  });
});
