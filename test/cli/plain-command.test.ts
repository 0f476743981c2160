import { describe, expect, it } from 'vitest';
import { plainCommand } from '../../src/cli/plain-command.js';

const root = new URL('../../bin/run.js', import.meta.url).href;

describe('a command line', () => {
  it.each([[['train']], [['train', '--json']], [['predict', '--', '-h', '--help']], [['inspect', '--helper']]])(
    '%j only runs a command',
    (argv) => {
      expect(plainCommand(argv, root)).toBeTypeOf('function');
    },
  );

  it.each([
    [[]],
    [['--version']],
    [['help', 'train']],
    [['train', '--help']],
    [['predict', '1', '-h']],
    [['trian']],
    [['Train']],
    [['../cli/main']],
  ])('%j is left to oclif', (argv) => {
    expect(plainCommand(argv, root)).toBeUndefined();
  });
});
