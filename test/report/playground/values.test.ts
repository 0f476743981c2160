import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../../src/model/classifier.js';
import type { Model } from '../../../src/model/model.js';
import type { NumberSummary } from '../../../src/model/provenance.js';
import { exampleRows, sliderRange, typicalValue, type Value } from '../../../src/report/playground/values.js';
import { UNKNOWN_CATEGORY } from '../../../src/tree/tree.js';
import { modelParts } from '../../arbitraries/model.js';
import { answerOf } from '../../model/one-row.js';
import { assembleTrained } from '../../model/trained-parts.js';
import { irisModel, mixedModel } from '../../server/models.js';

const feature = (min: number, max: number, edges: number[], counts: number[][]): NumberSummary => ({
  kind: 'number',
  min,
  max,
  spread: 1,
  missing: 0,
  histogram: { edges, counts },
});

/** A model whose first feature has this summary; its tree asks for the third and the fourth, at 2.5 and 1.7. */
function withSummary(summary: NumberSummary | null, index = 0): Model {
  const model = irisModel();
  const summaries = summary && model.provenance.summaries!.with(index, summary);
  return { ...model, provenance: { ...model.provenance, summaries } };
}

const typicalOf = (summary: NumberSummary | null) => typicalValue(withSummary(summary), 0);
const rangeOf = (summary: NumberSummary, index = 0) => sliderRange(withSummary(summary, index), index);

function encode({ features }: Model, values: readonly Value[]): Float64Array {
  return Float64Array.from(values, (value, index) => {
    const { kind } = features[index];
    if (value === null) return Number.NaN;
    if (kind === 'number') return Number(value);
    const found = (features[index] as { categories: readonly string[] }).categories.indexOf(String(value));
    return found < 0 ? UNKNOWN_CATEGORY : found;
  });
}

describe('a slider', () => {
  it('goes from edge to edge in about 200 steps of a round size', () => {
    const range = rangeOf(feature(4.3, 7.9, [4.2, 6, 8], [[3], [4]]));
    expect(range).toEqual({ from: 4.2, to: 8, step: 0.02 });
  });

  it('goes in whole steps where all that training knows is whole', () => {
    expect(rangeOf(feature(1, 30, [0, 20, 40], [[3], [4]]))).toEqual({ from: 0, to: 40, step: 1 });
    expect(rangeOf(feature(0, 5000, [0, 5000], [[3]]))).toEqual({ from: 0, to: 5000, step: 50 });
  });

  it('goes in whole steps over counts and years, whose bins have edges between integers', () => {
    const bins = Array.from({ length: 21 }, (_, bin) => [bin % 10 === 0 ? 5 : 0]);
    const edges = bins.map((_, bin) => bin * 0.3);
    const counts = feature(0, 6, [...edges, 6.3], bins);
    expect(rangeOf(counts)).toEqual({ from: 0, to: 6.3, step: 1 });
    expect(typicalOf(counts)).toBe(3);
    expect(rangeOf(feature(1950, 2024, [1950, 1987.5, 2025], [[3], [4]]))).toEqual({ from: 1950, to: 2025, step: 1 });
  });

  it('goes in fractions where a range ends at integers by chance', () => {
    const halves = Array.from({ length: 20 }, () => [1]);
    const edges = Array.from({ length: 21 }, (_, edge) => edge * 0.3);
    // A bin without an integer has rows; quartiles that integers do not have; a threshold that is no midpoint.
    expect(rangeOf(feature(0, 6, edges, halves))?.step).toBe(0.05);
    expect(rangeOf({ ...feature(0, 6, [0, 6], [[9]]), spread: 1.1 })?.step).toBe(0.05);
    expect(rangeOf(feature(0, 6, [0, 6], [[9]]), 3)?.step).toBe(0.05);
    expect(rangeOf(feature(0, 6, [0, 6], [[9]]), 2)?.step).toBe(1);
  });

  it('does not exist for one value, or where a browser could not count', () => {
    expect(rangeOf(feature(7, 7, [7, 7], [[3]]))).toBeUndefined();
    expect(rangeOf(feature(-1e308, 1e308, [-1e308, 1e308], [[3]]))).toBeUndefined();
    expect(rangeOf(feature(0, 5e-324, [0, 5e-324], [[3]]))).toBeUndefined();
  });
});

describe('a typical value', () => {
  it('is in the bin of the middle row, with few digits, within what training saw', () => {
    expect(typicalOf(feature(4.3, 7.9, [4.2, 6, 8], [[3], [40]]))).toBe(7);
    expect(typicalOf(feature(4.3, 4.4, [4.2, 5, 8], [[3], [0]]))).toBe(4.35);
  });

  it('is in the middle of the range without a histogram, and 0 without a range', () => {
    expect(typicalOf({ ...feature(4, 8, [4, 8], [[3]]), histogram: null })).toBe(6);
    expect(typicalOf(null)).toBe(0);
  });

  it('is the most frequent category', () => {
    expect(typicalValue(mixedModel(), 1)).toBe('blue');
  });
});

describe('example rows', () => {
  it('lead to their classes, whatever the model', () => {
    fc.assert(
      fc.property(modelParts, (parts) => {
        const model = assembleTrained(parts);
        const classifier = createClassifier(model);
        for (const { classIndex: expected, values } of exampleRows(model, 20)) {
          expect(answerOf(classifier, encode(model, values)).classIndex).toBe(expected);
        }
      }),
    );
  });

  it('are one for each class that the tree predicts, up to a number', () => {
    const model = mixedModel();
    expect(exampleRows(model, 9)).toEqual([
      { classIndex: 0, values: [2, 'green'] },
      { classIndex: 1, values: [6, 'blue'] },
    ]);
    expect(exampleRows(model, 1)).toHaveLength(1);
    expect(exampleRows(irisModel(), 9).map(({ classIndex }) => classIndex)).toEqual([0, 1, 2]);
  });
});
