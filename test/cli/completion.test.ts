import { describe, expect, it } from 'vitest';
import { type CompletedCommand, completionScript } from '../../src/cli/completion.js';

const commands: CompletedCommand[] = [
  {
    id: 'grow',
    args: { how: { options: ['fast', 'slow'] } },
    flags: {
      data: { name: 'data', char: 'd', description: "The table's file: [a] \\ b.", helpValue: 'FILE', type: 'option' },
      gate: { name: 'gate', helpValue: 'GATE', multiple: true, type: 'option' },
      kind: { name: 'kind', description: 'Kind.', options: ['a', 'b'], type: 'option' },
      tell: { name: 'tell', allowNo: true, description: 'Tell.', type: 'boolean' },
    },
    summary: "Grow a 'tree'.",
  },
];

const linesWith = (text: string, part: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes(part));

describe('a completion script', () => {
  it('of bash has flags, their values and those of the first argument', () => {
    expect(linesWith(completionScript('bash', commands), "words='")).toEqual([
      "grow--kind) words='a b' ;;",
      "grow) words='--data -d --gate --kind --tell --no-tell --help -h' ;;",
      "grow) words='fast slow' ;;",
    ]);
  });

  it('of fish says which flags take a file, a value or none, and quotes', () => {
    const on = "complete -c iris -n '__fish_seen_subcommand_from grow'";
    expect(linesWith(completionScript('fish', commands), 'grow')).toEqual([
      "complete -c iris -f -n __fish_use_subcommand -a grow -d 'Grow a \\'tree\\'.'",
      "complete -c iris -f -n '__fish_seen_subcommand_from help' -a grow -d 'Grow a \\'tree\\'.'",
      "complete -c iris -f -n '__fish_seen_subcommand_from grow' -a 'fast slow'",
      `${on} -l data -s d -r -d 'The table\\'s file: [a] \\\\ b.'`,
      `${on} -l gate -x -d ''`,
      `${on} -l kind -x -a 'a b' -d 'Kind.'`,
      `${on} -l tell -d 'Tell.'`,
      `${on} -l no-tell -d 'Tell.'`,
      `${on} -l help -s h -d 'Show help.'`,
    ]);
  });

  it('of zsh escapes what its grammar reads, and excludes what was given', () => {
    const script = completionScript('zsh', commands);
    expect(linesWith(script, "'grow:")).toEqual(["'grow:Grow a '\\''tree'\\''.'"]);
    const file = "[The table'\\''s file\\: \\[a\\] \\\\ b.]:data:_files'";
    expect(linesWith(script, 'data')).toEqual([
      `grow) _arguments -s '(--data -d)--data=${file} \\`,
      `'(--data -d)-d+${file} \\`,
    ]);
    expect(linesWith(script, 'gate')).toEqual(["'*--gate=[]:gate: ' \\"]);
    expect(linesWith(script, 'kind')).toEqual(["'--kind=[Kind.]:kind:(a b)' \\"]);
    expect(linesWith(script, 'tell')).toEqual([
      "'(--tell --no-tell)--tell[Tell.]' \\",
      "'(--tell --no-tell)--no-tell[Tell.]' \\",
    ]);
    expect(linesWith(script, '1:value')).toEqual(["'1:value:(fast slow)' \\"]);
  });
});
