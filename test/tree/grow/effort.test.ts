import { describe, expect, it } from 'vitest';
import { searchSteps } from '../../../src/tree/grow/effort.js';

const gini = { criterion: 'gini', weights: null } as const;
const weighted = (classCount: number) =>
  ({ criterion: 'gini', weights: new Float64Array(classCount).fill(2) }) as const;

describe('the steps of a search', () => {
  it('are the entries of numbers, times the classes that a node may have where these have weights', () => {
    const numbers = { categoryCounts: [0, 0, 0], classCount: 50 };
    expect(searchSteps(numbers, gini, 1000)).toBe(3000);
    expect(searchSteps(numbers, weighted(50), 1000)).toBe(150_000);
    expect(searchSteps(numbers, weighted(50), 10)).toBe(300);
  });

  it('are little more than the entries of categories where two classes have one order', () => {
    const steps = searchSteps({ categoryCounts: [8, 8], classCount: 2 }, gini, 10_000);
    expect(steps).toBeGreaterThan(20_000);
    expect(steps).toBeLessThan(20_200);
  });

  it('grow with the square of the classes where categories are many, and not where their sets are few', () => {
    const steps = (categories: number, classCount: number) =>
      searchSteps({ categoryCounts: [categories], classCount }, gini, 1_000_000) - 1_000_000;
    expect(steps(100, 2000) / steps(100, 1000)).toBeCloseTo(4, 1);
    expect(steps(5, 2000) / steps(5, 1000)).toBeCloseTo(2, 1);
  });

  it('are those of the classes that so few rows can have', () => {
    const columns = { categoryCounts: [100], classCount: 60_000 };
    expect(searchSteps(columns, gini, 20)).toBeLessThan(2000);
  });
});
