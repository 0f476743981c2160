import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.js';
import { summarizeFeatures } from '../../src/model/feature-summary.js';
import { histogramEdges } from '../../src/model/histogram.js';
import { finish } from '../../src/tree/turns.js';

const { NaN: missing } = Number;

function dataset(values: number[], labels: number[], categories?: string[]): Dataset {
  const column = { name: 'x', values: Float64Array.from(values) };
  return {
    source: 'x.csv',
    target: 'y',
    features: [categories ? { ...column, kind: 'category', categories } : { ...column, kind: 'number' }],
    classes: ['a', 'b'],
    labels: Uint16Array.from(labels),
    rowCount: values.length,
    lines: Uint32Array.from(values, (_, row) => row + 2),
    warnings: [],
  };
}

const summarize = (of: Dataset, rows: Uint32Array) => finish(summarizeFeatures(of, rows));
const all = (values: number[]) => Uint32Array.from(values, (_, row) => row);

describe('the summary of a number', () => {
  it('is taken over the training rows alone', () => {
    const values = [1, 2, 3, 4, 100, missing, missing];
    const [feature] = summarize(dataset(values, [0, 0, 1, 1, 1, 0, 1]), Uint32Array.of(5, 0, 3, 2, 1));
    expect(feature).toEqual({
      kind: 'number',
      min: 1,
      max: 4,
      spread: 1.5,
      missing: 1,
      histogram: {
        edges: [1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.4, 2.6, 2.8, 3, 3.2, 3.4, 3.6, 3.8, 4, 4.2],
        counts: [
          [1, 0],
          [0, 0],
          [0, 0],
          [0, 0],
          [0, 0],
          [1, 0],
          [0, 0],
          [0, 0],
          [0, 0],
          [0, 0],
          [0, 1],
          [0, 0],
          [0, 0],
          [0, 0],
          [0, 0],
          [0, 1],
        ],
      },
    });
  });

  it('has one bin where all values are one', () => {
    const [feature] = summarize(dataset([7, 7, missing], [0, 1, 1]), Uint32Array.of(0, 1, 2));
    expect(feature).toMatchObject({
      min: 7,
      max: 7,
      spread: 0,
      missing: 1,
      histogram: { edges: [7, 7], counts: [[1, 1]] },
    });
  });

  it('stays finite over the whole range of doubles', () => {
    const extremes = [-Number.MAX_VALUE, -Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE];
    const [feature] = summarize(dataset(extremes, [0, 0, 1, 1]), all(extremes));
    expect(feature).toMatchObject({
      spread: Number.MAX_VALUE,
      histogram: { edges: [-Number.MAX_VALUE, Number.MAX_VALUE], counts: [[2, 2]] },
    });
  });

  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  const huge = fc.constantFrom(-Number.MAX_VALUE, -1e308, 1e308, Number.MAX_VALUE);
  const rows = fc.array(fc.tuple(fc.oneof(finite, huge, fc.integer({ min: -20, max: 20 })), fc.nat(1)), {
    minLength: 1,
    maxLength: 40,
  });

  it('agrees with a sort and a scan of the bins', () => {
    fc.assert(
      fc.property(rows, (table) => {
        const values = table.map(([value]) => value + 0);
        const labels = table.map(([, label]) => label);
        const [feature] = summarize(dataset(values, labels), all(values));
        if (feature.kind !== 'number') throw new Error('expected a number');
        const sorted = [...values].sort((a, b) => a - b);
        expect([feature.min, feature.max]).toEqual([sorted[0], sorted[sorted.length - 1]]);
        const quartile = (share: number) => {
          const place = share * (sorted.length - 1);
          const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
          return low === high ? low : low * (1 - (place % 1)) + high * (place % 1);
        };
        expect(feature.spread).toBe(Math.min(quartile(0.75) - quartile(0.25), Number.MAX_VALUE));
        const { counts, edges } = feature.histogram!;
        counts.forEach((found, bin) => {
          const isLast = bin === counts.length - 1;
          const holds = (value: number) =>
            value >= edges[bin] && (value < edges[bin + 1] || (isLast && value === edges[bin + 1]));
          expect(found).toEqual(
            [0, 1].map((label) => table.filter(([value], row) => holds(value) && labels[row] === label).length),
          );
        });
      }),
    );
  });

  it('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(
        rows.chain((table) => fc.tuple(fc.constant(table), fc.shuffledSubarray(table, { minLength: table.length }))),
        ([table, shuffled]) => {
          const summaries = [table, shuffled].map((some) => {
            const values = some.map(([value]) => value);
            return JSON.stringify(
              summarize(
                dataset(
                  values,
                  some.map(([, label]) => label),
                ),
                all(values),
              ),
            );
          });
          expect(summaries[0]).toBe(summaries[1]);
        },
      ),
    );
  });
});

describe('the summary of a category', () => {
  it('counts training rows per category and class', () => {
    const [feature] = summarize(
      dataset([0, 2, 2, missing, 1], [0, 1, 0, 1, 1], ['blue', 'green', 'red']),
      Uint32Array.of(0, 1, 2, 3),
    );
    expect(feature).toEqual({
      kind: 'category',
      missing: 1,
      histogram: {
        counts: [
          [1, 0],
          [0, 0],
          [1, 1],
        ],
      },
    });
  });
});

describe('edges of a histogram', () => {
  it.each<[number, number, number[]]>([
    [2, 4.4, [2, 2.2, 2.4, 2.6, 2.8, 3, 3.2, 3.4, 3.6, 3.8, 4, 4.2, 4.4, 4.6]],
    [-3, 7, [-3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5]],
    [1e15, 1e15 + 1, [1e15, 1e15 + 1]],
    [0, 5e-324, [0, 5e-324]],
    [0, Number.MAX_VALUE, [0, Number.MAX_VALUE]],
  ])('from %d to %d are round', (min, max, edges) => {
    expect(histogramEdges(min, max)).toEqual(edges);
  });

  it('ascend, hold the whole range, and are not many', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        fc.pre(a !== b);
        const edges = histogramEdges(Math.min(a, b), Math.max(a, b));
        expect(edges.length).toBeLessThanOrEqual(23);
        expect(edges[0]).toBeLessThanOrEqual(Math.min(a, b));
        expect(edges[edges.length - 1]).toBeGreaterThanOrEqual(Math.max(a, b));
        for (let index = 1; index < edges.length; index++) expect(edges[index]).toBeGreaterThan(edges[index - 1]);
      }),
      { numRuns: 1000 },
    );
  });
});
