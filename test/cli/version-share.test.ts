import { describe, expect, it } from 'vitest';
import { flagOf } from '../../src/cli/option-flags.js';
import { parseShares } from '../../src/cli/version-share.js';

describe('a share of a version', () => {
  it.each([
    ['canary=0.1', { model: undefined, alias: 'canary', share: 0.1 }],
    ['canary=.5', { model: undefined, alias: 'canary', share: 0.5 }],
    ['wine/canary=10%', { model: 'wine', alias: 'canary', share: 0.1 }],
    ['canary=1e-9', { model: undefined, alias: 'canary', share: 1e-9 }],
    ['a.b-c_d/next=1', { model: 'a.b-c_d', alias: 'next', share: 1 }],
  ])('is %s', (text, share) => {
    expect(parseShares('split', [text])).toEqual([share]);
  });

  it.each(['', 'canary', '=0.1', 'canary=', 'a/b/c=1', 'a=b', 'a=NaN', 'a=0x1', 'a= 0.5', 'a=.'])(
    'is not %j',
    (text) => {
      const form = 'the name of versions and a share, as canary=0.1, wine/canary=0.1 or canary=10%';
      expect(() => parseShares('split', [text])).toThrow(`--split: expected ${form}, found "${text}"`);
    },
  );

  it.each(['canary=0', 'canary=1.1', 'canary=101%', 'canary=-1', 'canary=1e400', 'a=0%'])('is in %j none', (text) => {
    const message = `--split: expected a share above 0, at most 1 or 100%, found "${text}"`;
    expect(() => parseShares('split', [text])).toThrow(message);
  });

  it.each(['CANARY', '2026', 'b3afdd2a2a82'])('is not one of %j, which no version can be called', (alias) => {
    const rule = 'up to 32 characters of a-z, 0-9, _ and -, a letter first';
    expect(() => parseShares('shadow', [`wine/${alias}=0.1`])).toThrow(
      `--shadow: expected a name of versions, ${rule}, found "${alias}"`,
    );
  });

  it('is given once for each name of a model and for each name of all', () => {
    expect(parseShares('split', ['canary=0.1', 'wine/canary=0.2', 'wine/next=0.3'])).toHaveLength(3);
    expect(() => parseShares('split', ['wine/canary=0.1', 'wine/canary=10%'])).toThrow(
      '--split: expected each name once, found "wine/canary" again',
    );
  });
});

describe('options of several models', () => {
  it.each([
    ['models.folder', 'models'],
    ['models.control', 'model-control'],
    ['models.load', 'load-model'],
    ['models.shadow', 'shadow'],
    ['models.split', 'split'],
    ['models.splitHeader', 'split-header'],
  ])('%s is a flag of its own name', (option, flag) => {
    expect(flagOf(option, [flag])).toBe(flag);
  });
});
