import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/ground/suggestion.js';

const columns = ['PassengerId', 'Survived', 'Sex', 'Age', 'Cabin'];

describe('the name that may be meant', () => {
  it.each([
    ['Survivd', 'Survived'],
    ['survived', 'Survived'],
    ['SURVIVED', 'Survived'],
    ['Passenger', 'PassengerId'],
    ['Sxe', 'Sex'],
    ['sx', 'Sex'],
    ['age', 'Age'],
    ['Cabins', 'Cabin'],
  ])('of %s is %s', (typed, meant) => {
    expect(nearest(typed, columns)).toBe(meant);
  });

  it.each(['fare', 'x', 'id', ''])('is nothing where %j has too little of any', (typed) => {
    expect(nearest(typed, columns)).toBeUndefined();
  });

  it('is another than one that differs in case alone, only where there is none', () => {
    expect(nearest('agE', ['Agee', 'Age'])).toBe('Age');
    expect(nearest('age', ['ager', 'AGE'])).toBe('AGE');
  });
});
