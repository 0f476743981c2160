import { describe, expect, it } from 'vitest';
import { UnseenTally, unseenInWords } from '../../src/data/unseen.js';

const tallied = (categories: readonly string[], texts: readonly string[]) => {
  const tally = new UnseenTally([{ name: 'sex', categories }]);
  for (const text of texts) tally.add(0, -1, text);
  return tally.columns;
};

describe('categories that a model never saw', () => {
  it('are counted, the first of them named, each with the nearest known one', () => {
    const columns = tallied(['female', 'male'], ['Male', 'MALE', 'Male', 'femal', 'unsure', 'other']);
    expect(unseenInWords(columns, 9)).toEqual([
      'sex: 6 of 9 rows have a category that the model never saw: "Male" (nearest known: male), "MALE" (nearest known: male), "femal" (nearest known: female) and others',
    ]);
    expect(unseenInWords(tallied(['S', 'C'], ['Q', 's']), 2)).toEqual([
      'sex: 2 of 2 rows have a category that the model never saw: "Q", "s" (nearest known: S)',
    ]);
    expect(unseenInWords(tallied(['red'], ['rad']), 7)).toEqual([
      'sex: 1 of 7 rows has a category that the model never saw: "rad" (nearest known: red)',
    ]);
    expect(unseenInWords(tallied(['red'], ['rad']), 1)).toEqual([
      'sex: a category that the model never saw: "rad" (nearest known: red)',
    ]);
  });

  it('do not count where they are known, or where nobody knows which are', () => {
    const tally = new UnseenTally([{ name: 'a' }, { name: 'b', categories: ['x'] }]);
    tally.add(0, -1, 'x');
    tally.add(1, 0, 'x');
    expect(tally.columns).toEqual([]);
  });

  it('take a bounded number of lines, of bounded length', () => {
    const long = 'x'.repeat(5000);
    const names = Array.from({ length: 20 }, (_, i) => `f${i}`);
    const tally = new UnseenTally(names.map((name) => ({ name, categories: [long] })));
    for (const [feature] of names.entries()) {
      for (let i = 0; i < 300; i++) tally.add(feature, -1, `${long}${i}`);
    }
    const lines = unseenInWords(tally.columns, 300);
    expect(lines).toHaveLength(9);
    expect(lines.at(-1)).toBe('12 more columns have categories that the model never saw');
    expect(unseenInWords(tally.columns.slice(0, 9), 300).at(-1)).toBe(
      '1 more column has categories that the model never saw',
    );
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(500);
    expect(tally.columns[0]!.categories).toHaveLength(8);
  });
});
