import { describe, expect, it } from 'vitest';
import { flagOf } from '../../src/cli/option-flags.js';
import { parseShare } from '../../src/cli/version-share.js';

describe('a share of a version', () => {
  it.each([
    ['canary=0.1', { model: undefined, alias: 'canary', share: 0.1 }],
    ['canary=.5', { model: undefined, alias: 'canary', share: 0.5 }],
    ['wine/canary=10%', { model: 'wine', alias: 'canary', share: 0.1 }],
    ['a.b-c_d/next=1', { model: 'a.b-c_d', alias: 'next', share: 1 }],
  ])('is %s', (text, share) => {
    expect(parseShare('split', text)).toEqual(share);
  });

  it.each([
    '',
    'canary',
    '=0.1',
    'canary=',
    'canary=0',
    'canary=1.1',
    'canary=101%',
    'canary=-1',
    'a/b/c=1',
    'a=b',
    'a=1e3',
  ])('is not %j', (text) => {
    expect(() => parseShare('split', text)).toThrow(
      /^--split: expected the name of versions and a share, as canary=0.1, wine\/canary=0.1 or canary=10%, found "/,
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
