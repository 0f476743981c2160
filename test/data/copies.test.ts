import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copiesInWords, countCopies } from '../../src/data/copies.js';
import { hashRows } from '../../src/data/row-hash.js';
import { numberTable } from './fixture.js';

describe('copies of rows', () => {
  it('are other rows with the same values and class among others, which may be the same rows', () => {
    const row = fc.record({
      x: fc.integer({ max: 2, min: 0 }),
      y: fc.integer({ max: 1, min: 0 }),
      side: fc.constantFrom('asked', 'other', 'both', 'none'),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
        const hashes = hashRows(
          numberTable(
            [rows.map(({ x }) => x)],
            rows.map(({ y }) => y),
          ),
        );
        const on = (side: string) =>
          Uint32Array.from(rows.keys()).filter((i) => rows[i]!.side === side || rows[i]!.side === 'both');
        const [asked, others] = [on('asked'), on('other')];
        const expected = asked.filter((i) =>
          others.some((j) => i !== j && rows[i]!.x === rows[j]!.x && rows[i]!.y === rows[j]!.y),
        );
        expect(countCopies(hashes, asked, others)).toBe(expected.length);
      }),
    );
  });

  it.each([
    [0, 0, undefined],
    [1, 100, undefined],
    [
      1,
      99,
      '1 of 99 held-out rows has a copy among the training rows: the figures flatter the model, unless new rows are such copies too',
    ],
    [
      7,
      20,
      '7 of 20 held-out rows have a copy among the training rows: the figures flatter the model, unless new rows are such copies too',
    ],
  ])('are told from more than a hundredth on: %d of %d', (copies, rows, words) => {
    expect(copiesInWords(copies, rows, 'held-out row', 'among the training rows')).toBe(words);
  });
});
