import { describe, expect, it } from 'vitest';
import { flagOf, messageForFlags, warningForFlags } from '../../src/cli/option-flags.js';
import { adviceInWords, badOption, DataError, UsageError } from '../../src/ground/errors.js';

const flags = ['max-depth', 'drain-delay', 'tls-ciphers', 'cross-validate', 'data', 'ignore', 'no-header'];

describe('the flag of an option', () => {
  it.each([
    ['maxDepth', 'max-depth'],
    ['drainDelayMs', 'drain-delay'],
    ['tls.ciphers', 'tls-ciphers'],
    ['folds', 'cross-validate'],
    ['input', 'data'],
    ['classCount', undefined],
  ])('%s', (option, flag) => {
    expect(flagOf(option, flags)).toBe(flag);
  });
});

describe('a message for someone who knows flags', () => {
  it.each([
    [badOption('maxDepth', 'a number', 'x'), '--max-depth: expected a number, found x'],
    [badOption('classCount', 'a number', 'x'), 'classCount: expected a number, found x'],
    [new UsageError('unknown option data', { option: 'data' }), 'unknown option data'],
    [
      new DataError('constant', 't.csv: x', { advice: { option: 'ignore', value: 'id', effect: 'leaves it out' } }),
      't.csv: x; --ignore id leaves it out',
    ],
    [
      new DataError('header', 't.csv: x', { advice: { option: 'header', value: false, effect: 'reads a row' } }),
      't.csv: x; --no-header reads a row',
    ],
    [
      new DataError('columns', 't.csv: x', { advice: { option: 'delimiter', value: ';', effect: 'splits it' } }),
      't.csv: x',
    ],
    [new TypeError('maxDepth: x'), 'maxDepth: x'],
  ])('%s', (error, message) => {
    expect(messageForFlags(error, flags)).toBe(message);
  });
});

describe('a warning for someone who knows flags', () => {
  const advice = { option: 'ignore', value: 'id', effect: 'leaves it out' };

  it('names the flag of the advice that it ends with, and is the same without one', () => {
    const warning = `t.csv: id${adviceInWords(advice)}`;
    expect(warning).toBe('t.csv: id; option ignore=id leaves it out');
    expect(warningForFlags(warning, [advice], flags)).toBe('t.csv: id; --ignore id leaves it out');
    expect(warningForFlags(warning, [], flags)).toBe(warning);
    expect(warningForFlags(`${warning}, perhaps`, [advice], flags)).toBe(`${warning}, perhaps`);
  });
});
