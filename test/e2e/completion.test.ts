import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iris } from './cli.js';

let cwd: string;
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'iris-completion-'));
  for (const shell of ['bash', 'fish', 'zsh']) {
    const { code, stdout, stderr } = await iris(['completion', shell]);
    expect([code, stderr]).toEqual([0, '']);
    writeFileSync(join(cwd, `iris.${shell}`), stdout);
  }
});
afterAll(() => rmSync(cwd, { recursive: true }));

const has = (shell: string) => spawnSync(shell, ['-c', ':']).status === 0;

const LINES: [string, string[]][] = [
  ['iris tr', ['train']],
  ['iris help ver', ['verify', 'version']],
  ['iris train --targ', ['--target']],
  ['iris train --criterion ', ['entropy', 'gini']],
  ['iris serve --log-level d', ['debug']],
  ['iris serve --no', ['--no-reflection']],
  ['iris completion ', ['bash', 'fish', 'zsh']],
  ['iris inspect --format m', ['mermaid']],
];

describe('the completion of a line', () => {
  /** What bash offers for the last of these words. */
  function offeredByBash(words: readonly string[]): string[] {
    const script = `source iris.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _iris; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return lines(execFileSync('bash', ['-c', script, 'bash', ...words], { cwd, encoding: 'utf8' }));
  }

  it.runIf(has('bash')).each(LINES)('in bash: %s', (line, offered) => {
    expect(offeredByBash(line.split(' '))).toEqual(offered);
  });

  it.runIf(has('bash'))('in bash takes --flag=value for the flag and its value', () => {
    expect(offeredByBash(['iris', 'train', '--criterion', '=', 'g'])).toEqual(['gini']);
    expect(offeredByBash(['iris', 'train', '--criterion', '='])).toEqual(['entropy', 'gini']);
  });

  it.runIf(has('bash'))('in bash leaves files to the shell', () => {
    expect(offeredByBash(['iris', 'train', '--data', ''])).toEqual([]);
    expect(execFileSync('bash', ['-c', 'source iris.bash; complete -p iris'], { cwd, encoding: 'utf8' })).toBe(
      'complete -o default -F _iris iris\n',
    );
  });

  it.runIf(has('fish')).each(LINES)('in fish: %s', (line, offered) => {
    const out = execFileSync('fish', ['-c', 'source iris.fish; complete -C $argv[1]', line], { cwd, encoding: 'utf8' });
    expect(lines(out).map((text) => text.split('\t')[0])).toEqual(offered);
  });

  it.runIf(has('zsh'))('has a form that zsh reads', () => {
    expect(execFileSync('zsh', ['-n', 'iris.zsh'], { cwd, encoding: 'utf8' })).toBe('');
  });
});

describe('iris completion', () => {
  it('refuses another shell', async () => {
    expect(await iris(['completion', 'tcsh'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: expected bash, fish or zsh, found "tcsh" (see iris completion --help)\n',
    });
  });
});

function lines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}
