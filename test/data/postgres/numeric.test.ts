import { describe, expect, it } from 'vitest';
import { numericText } from '../../../src/data/postgres/numeric.js';

/** As PostgreSQL sends it: counts and signs, then digits of base 10000. */
const words = (...numbers: readonly number[]) =>
  Buffer.from(numbers.flatMap((word) => [(word >> 8) & 255, word & 255]));

describe('a numeric', () => {
  // SELECT encode(numeric_send('…'), 'hex')
  it.each<[string, readonly number[], string | null]>([
    ['zero', [0, 0, 0, 0], '0'],
    ['zero with decimals', [0, 0, 0, 2], '0.00'],
    ['1.50', [2, 0, 0, 2, 1, 5000], '1.50'],
    ['-12345.678', [3, 1, 0x4000, 3, 1, 2345, 6780], '-12345.678'],
    ['1e20', [1, 5, 0, 0, 1], '100000000000000000000'],
    ['0.000012', [1, -2, 0, 6, 1200], '0.000012'],
    ['9007199254740993', [4, 3, 0, 0, 9007, 1992, 5474, 993], '9007199254740993'],
    ['NaN', [0, 0, 0xc000, 0], null],
    ['infinity', [0, 0, 0xd000, 0], 'Infinity'],
    ['-infinity', [0, 0, 0xf000, 0], '-Infinity'],
  ])('%s', (_, sent, text) => {
    expect(numericText(Buffer.concat([words(7), words(...sent)]), 2)).toBe(text);
  });
});
