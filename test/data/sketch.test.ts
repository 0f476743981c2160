import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashRows } from '../../src/data/row-hash.js';
import { estimateOverlap, sketchOf } from '../../src/data/sketch.js';
import { numberTable } from './fixture.js';

const tableOf = (values: readonly number[]) =>
  numberTable(
    [values],
    values.map((value) => value & 1),
  );
const hashesOf = (values: readonly number[]) => hashRows(tableOf(values));
const range = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);
const all = (values: readonly number[]) => Uint32Array.from(values.keys());

describe('a sketch', () => {
  it('is the 64 smallest different hashes of the training rows', () => {
    const some = fc.array(fc.nat(300), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(some, fc.nat(), (values, seed) => {
        const hashes = hashesOf(values);
        const rows = all(values).filter((row) => (row * 7 + seed) % 3 > 0);
        const expected = [...new Set(Array.from(rows, (row) => hashes.hex(row)))].sort().slice(0, 64);
        expect(sketchOf(hashes, rows)).toEqual(expected);
      }),
    );
  });

  it('tells a small training table exactly', () => {
    const sketch = sketchOf(hashesOf(range(0, 50)), all(range(0, 50)));
    const overlap = estimateOverlap(sketch, hashesOf([...range(40, 80), 45]));
    expect(overlap).toEqual({ judged: 41, trained: 11, share: 11 / 41, exact: true });
    expect(estimateOverlap([], hashesOf([1, 2]))).toEqual({ judged: 2, trained: 0, share: 0, exact: true });
  });

  it.each([
    ['all', range(0, 20_000), 1],
    ['half', range(10_000, 30_000), 0.5],
    ['a tenth', range(18_000, 38_000), 0.1],
    ['none', range(20_000, 40_000), 0],
  ])('estimates that %s of a table was trained on', (_, values, share) => {
    const sketch = sketchOf(hashesOf(range(0, 20_000)), all(range(0, 20_000)));
    const overlap = estimateOverlap(sketch, hashesOf(values));
    expect(overlap.exact).toBe(false);
    expect(overlap.judged).toBeGreaterThan(40);
    expect(Math.abs(overlap.share! - share)).toBeLessThanOrEqual(2.5 * Math.sqrt((share * (1 - share)) / 64));
  });

  it('is right on average, for any model', () => {
    const shares = range(0, 200).map((table) => {
      const start = table * 10_000;
      const sketch = sketchOf(hashesOf(range(start, start + 600)), all(range(0, 600)));
      return estimateOverlap(sketch, hashesOf(range(start + 300, start + 900))).share!;
    });
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    // The standard error is about 0.06 / sqrt(200).
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.013);
  });

  it('judges only the rows that are asked about', () => {
    const sketch = sketchOf(hashesOf(range(0, 50)), all(range(0, 50)));
    const hashes = hashesOf(range(40, 80));
    expect(estimateOverlap(sketch, hashes, Uint32Array.of(0, 9, 10, 39))).toMatchObject({ judged: 4, trained: 2 });
    expect(estimateOverlap(sketch, hashes, new Uint32Array(0))).toMatchObject({ judged: 0, share: null });
  });

  it('says nothing of a table that has no row to judge', () => {
    const sketch = sketchOf(hashesOf(range(0, 20_000)), all(range(0, 20_000)));
    expect(estimateOverlap(sketch, hashesOf([30_000]))).toEqual({ judged: 0, trained: 0, share: null, exact: false });
  });
});
