import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutsOfRanges, quantileCuts, rangeNames, rangeOf } from '../../src/data/ranges.js';

describe('ranges as classes', () => {
  it('are named by their ends', () => {
    expect(rangeNames([950, 2401, 5324.5])).toEqual([
      'below 950',
      '950 to below 2401',
      '2401 to below 5324.5',
      '5324.5 or more',
    ]);
    expect(rangeNames([0])).toEqual(['below 0', '0 or more']);
  });

  it('are known again by their names, and by no others', () => {
    const cut = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    fc.assert(
      fc.property(fc.uniqueArray(cut, { minLength: 1, maxLength: 9 }), (values) => {
        const cuts = values.sort((a, b) => a - b);
        expect(cutsOfRanges(rangeNames(cuts))).toEqual(cuts);
      }),
    );
    for (const other of [
      ['a', 'b'],
      ['1', '2'],
      ['below 5', '5 or less'],
      ['5 or more', 'below 5'],
      ['below 5', '6 or more'],
    ]) {
      expect(cutsOfRanges(other)).toBeUndefined();
    }
  });

  it('each hold the numbers from their lower end to below their upper one', () => {
    const cuts = [1, 2, 4];
    expect([-5, 0.9, 1, 1.5, 2, 3.9, 4, 1e9].map((value) => rangeOf(value, cuts))).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });
});

describe('quantiles of a table', () => {
  it('come as near to equal classes as equal numbers allow', () => {
    expect(quantileCuts([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1, 1, 1], 4)).toEqual([3, 5, 7]);
    expect(quantileCuts([0, 1], [5, 95], 4)).toEqual([1]);
    expect(quantileCuts([0, 1, 2], [90, 5, 5], 2)).toEqual([1]);
    expect(quantileCuts([0, 1, 2, 3], [1, 97, 1, 1], 3)).toEqual([1, 2]);
  });

  it('are cut at a short number between two', () => {
    expect(quantileCuts([1.23456, 1.98765], [1, 1], 2)).toEqual([1.6]);
    expect(quantileCuts([0.1, 0.30000000000000004], [1, 1], 2)).toEqual([0.3]);
    expect(quantileCuts([-12.7, -3.2], [1, 1], 2)).toEqual([-8]);
    expect(quantileCuts([1, 1 + Number.EPSILON], [1, 1], 2)).toEqual([1 + Number.EPSILON]);
  });

  it('part every two classes, each of which has a row', () => {
    const rows = fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 2, max: 12 }), (some, classCount) => {
        const values = [...new Set(some.map((value) => value + 0))].sort((a, b) => a - b);
        fc.pre(values.length > 1);
        const cuts = quantileCuts(
          values,
          values.map(() => 1),
          classCount,
        );
        const classes = new Set(values.map((value) => rangeOf(value, cuts)));
        expect(cuts.length).toBeLessThan(classCount);
        expect([...classes]).toEqual([...Array(cuts.length + 1).keys()]);
      }),
    );
  });
});
