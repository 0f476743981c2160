import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/ground/errors.js';
import { resolveClassWeights } from '../../src/training/class-weights.js';
import { everyRow, makeDataset } from '../arbitraries/datasets.js';

const dataset = makeDataset([[1], [2], [3], [4], [5], [6]], [0, 0, 0, 1, 1, 2]);

describe('class weights', () => {
  it('are null where none are asked for', () => {
    expect(resolveClassWeights(dataset, everyRow(dataset), null)).toBeNull();
  });

  it('balanced, give every class the same total over the training rows', () => {
    expect(resolveClassWeights(dataset, everyRow(dataset), 'balanced')).toEqual(Float64Array.of(6 / 9, 1, 2));
    expect(resolveClassWeights(dataset, Uint32Array.of(0, 3, 4, 5), 'balanced')).toEqual(
      Float64Array.of(4 / 3, 4 / 6, 4 / 3),
    );
  });

  it('by name, are 1 for a class that is not named', () => {
    const weights = new Map([
      ['c2', 2.5],
      ['c0', 0.5],
    ]);
    expect(resolveClassWeights(dataset, everyRow(dataset), weights)).toEqual(Float64Array.of(0.5, 1, 2.5));
  });

  it('refuse a class that the data does not have, and list those it has', () => {
    expect(() => resolveClassWeights(dataset, everyRow(dataset), new Map([['C0', 2]]))).toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: 'classWeight: expected one of the classes c0, c1, c2, found "C0"',
      }),
    );
  });

  it('balanced, refuse a class without training rows', () => {
    expect(() => resolveClassWeights(dataset, Uint32Array.of(0, 3), 'balanced')).toThrow(
      new DataError('classes', 'table.csv: class "c2": expected a training row to balance its weight by, found none'),
    );
  });
});
