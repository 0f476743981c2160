import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { categoryFinder } from '../../src/data/category-index.js';

describe('finding a category by its text', () => {
  it('finds the very text first, then a number of the same value', () => {
    const find = categoryFinder(['10', '2', '3', '3.5', 'b', '-0']);
    for (const [text, index] of [
      ['3', 2],
      ['3.0', 2],
      [' 3 ', 2],
      ['+3', 2],
      ['30e-1', 2],
      ['3.50', 3],
      ['0', 5],
      ['1e1', 0],
      ['b', 4],
      ['B', undefined],
      ['4', undefined],
      ['', undefined],
    ] as const) {
      expect([text, find(text)]).toEqual([text, index]);
    }
  });

  it('does not choose between categories of one value', () => {
    const find = categoryFinder(['3', '3.0', '4']);
    expect(['3', '3.0', '3.00', '4.0'].map(find)).toEqual([0, 1, undefined, 2]);
  });

  it('takes no two whole numbers beyond the doubles for one', () => {
    const find = categoryFinder(['9007199254740992', 'x']);
    expect(find('9007199254740992')).toBe(0);
    expect(find('9007199254740993')).toBeUndefined();
  });

  it('gives each category its own index, whatever they are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String))), (names) => {
        const find = categoryFinder(names);
        expect(names.map(find)).toEqual([...names.keys()]);
      }),
    );
  });
});
