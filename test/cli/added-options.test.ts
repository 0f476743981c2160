import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { optionsAsFlags, shellWords } from '../../src/cli/added-options.js';

const flags = ['ignore', 'decimal', 'dates', 'units', 'max-categories'];

describe('options as flags', () => {
  it.each([
    [{ ignore: ['id', 'a,b'] }, ['--ignore', 'id,a\\,b']],
    [{ decimal: ',', maxCategories: 255 }, ['--decimal', ',', '--max-categories', '255']],
    [{ dates: { sold: 'ymd', 'a,b': 'dmy' } }, ['--dates', 'sold,a\\,b=dmy']],
    [{ units: true, decimal: undefined }, ['--units']],
    [{ stdin: 'x' }, []],
  ])('%j', (options, words) => {
    expect(optionsAsFlags(options, flags)).toEqual(words);
  });
});

describe('words for a shell', () => {
  it('are quoted only where they have to be', () => {
    expect(shellWords(['--data', 'a b.csv', "it's", '', 'x=y,z', '$HOME'])).toBe(
      `--data 'a b.csv' 'it'\\''s' '' x=y,z '$HOME'`,
    );
  });

  it.skipIf(process.platform === 'win32')('come through one as they were', () => {
    const word = fc.string({ unit: fc.constantFrom(...'ab \'"\\$`!*?~#&;|<>(){}[]\n=,é'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
        const out = execFileSync('sh', ['-c', `printf '%s\\0' ${shellWords(words)}`], { encoding: 'utf8' });
        expect(out.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 25 },
    );
  });
});
