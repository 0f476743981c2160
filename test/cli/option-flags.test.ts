import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flagOf, messageForFlags, optionsAsFlags, shellWords, warningForFlags } from '../../src/cli/option-flags.js';
import { adviceInWords, badOption, DataError, UsageError } from '../../src/ground/errors.js';

const flags = ['dates', 'max-depth', 'drain-delay', 'tls-ciphers', 'cross-validate', 'data', 'ignore', 'no-header'];

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
    [
      new DataError('cell', 't.csv: x', {
        advice: { option: 'ignore', value: ["it's a, b"], effect: 'leaves it out' },
      }),
      `t.csv: x; --ignore 'it'\\''s a\\, b' leaves it out`,
    ],
    [
      new DataError('cell', 't.csv: x', { advice: { option: 'dates', value: { 'a b': 'dmy' }, effect: 'reads it' } }),
      `t.csv: x; --dates 'a b=dmy' reads it`,
    ],
    [
      badOption('header', 'none of a typed table', false),
      '--no-header: expected none of a typed table, found --no-header',
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

describe('options as flags', () => {
  it.each([
    [{ ignore: ['id', 'a,b'] }, ['--ignore', 'id,a\\,b']],
    [{ decimal: ',', maxCategories: 255 }, ['--decimal', ',', '--max-categories', '255']],
    [{ dates: { sold: 'ymd', 'a,b': 'dmy' } }, ['--dates', 'sold,a\\,b=dmy']],
    [{ units: true, decimal: undefined }, ['--units']],
    [{ stdin: 'x' }, []],
  ])('%j', (options, words) => {
    expect(optionsAsFlags(options, ['ignore', 'decimal', 'dates', 'units', 'max-categories'])).toEqual(words);
  });
});

describe('words for a shell', () => {
  it('are quoted only where they have to be', () => {
    expect(shellWords(['--data', 'a b.csv', "it's", '', 'x=y,z', '$HOME'])).toBe(
      `--data 'a b.csv' 'it'\\''s' '' x=y,z '$HOME'`,
    );
  });

  it('hold no character that a terminal acts on', () => {
    expect(shellWords(["a\u001b[2J 'b\\"])).toBe(String.raw`$'a\u001b[2J \'b\\'`);
  });

  it.skipIf(process.platform === 'win32')('come through one as they were', () => {
    const word = fc.string({ unit: fc.constantFrom(...'ab \'"\\$`!*?~#&;|<>(){}[]\n=,é'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
        const out = execFileSync('bash', ['-c', `printf '%s\\0' ${shellWords(words)}`], { encoding: 'utf8' });
        expect(out.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 25 },
    );
  });
});
