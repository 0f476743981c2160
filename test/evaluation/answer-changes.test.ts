import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerChanges } from '../../src/evaluation/answer-changes.js';

const answer = (label: string, shares?: Record<string, number>) => ({
  label,
  shares: shares && new Map(Object.entries(shares)),
});

describe('changes of answers', () => {
  it('are counted by pair of labels, the most frequent first', () => {
    const changes = new AnswerChanges<number>(2);
    for (const [row, pair] of ['ab', 'bc', 'aa', 'ab', 'ba', 'bc', 'ab'].entries())
      changes.add(row, answer(pair[0]), answer(pair[1]));
    changes.refuse(7, answer('a'), 'too large');
    expect(changes.pairs).toEqual([
      { from: 'a', to: 'b', rows: 3 },
      { from: 'b', to: 'c', rows: 2 },
      { from: 'b', to: 'a', rows: 1 },
    ]);
    expect([changes.rowCount, changes.changed, changes.refused, changes.compared]).toEqual([8, 6, 1, 0]);
    expect(changes.kept).toEqual([
      { row: 0, from: 'a', to: 'b' },
      { row: 1, from: 'b', to: 'c' },
    ]);
    expect(changes.largest).toBeUndefined();
  });

  it('have the share that differs most, of classes that one model alone knows too', () => {
    const anyShares = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(fc.tuple(anyShares, anyShares), { minLength: 1, maxLength: 5 }), (pairs) => {
        const changes = new AnswerChanges<number>(0);
        for (const [row, [before, after]] of pairs.entries()) changes.add(row, answer('a', before), answer('a', after));
        const differences = pairs.flatMap(([before, after]) =>
          ['a', 'b', 'c'].map((name) => Math.abs((before[name] ?? 0) - (after[name] ?? 0))),
        );
        expect(changes.largest?.difference ?? 0).toBe(Math.max(...differences));
        if (!changes.largest) return;
        const [before, after] = pairs[changes.largest.row];
        const name = changes.largest.class;
        expect(Math.abs((before[name] ?? 0) - (after[name] ?? 0))).toBe(changes.largest.difference);
      }),
    );
  });
});
