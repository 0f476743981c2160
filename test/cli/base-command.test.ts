import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { BaseCommand } from '../../src/cli/base-command.js';
import { PROGRAM, runProgram, startProgram, textOf } from './run-program.js';

const bug = 'a bug of iris, please report it: undefined is not; a function';

describe('a command that throws', () => {
  it.each([
    ['DataError', 65, 'iris.csv:7: petal_width: expected a number, found "x"'],
    ['TypeError', 70, `error: ${bug}`],
  ])('%s: ends with exit code %i and one line', async (name, code, line) => {
    expect(await runProgram(['throw', name])).toEqual({ code, stdout: '', stderr: `${line}\n` });
  });

  it('says the same as JSON on stdout, with the same exit code', async () => {
    const { code, stdout, stderr } = await runProgram(['throw', 'RequestError', '--json']);
    expect([code, stderr]).toEqual([65, '']);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        exit: 65,
        message: 'inputs[0].shape[1]: expected 4, found 3',
        details: [{ field: 'inputs[0].shape[1]', description: 'expected 4, found 3' }],
      },
    });
  });

  it('keeps stdout one JSON document when a printed result says no', async () => {
    const { code, stdout, stderr } = await runProgram(['throw', 'CheckFailedError', '--after', '--json']);
    expect([code, stderr]).toEqual([1, 'gate accuracy>=1.01: 0.9\n']);
    expect(JSON.parse(stdout)).toEqual({ passed: false });
  });

  it('shows the stack of a bug only when asked', async () => {
    const { code, stderr } = await runProgram(['throw', 'TypeError'], { env: { IRIS_DEBUG: '1' } });
    expect(code).toBe(70);
    expect(stderr.split('\n')[0]).toBe(`error: ${bug}`);
    expect(stderr).toMatch(/commands\.js:\d+/);
  });

  it('ends with 70 also when nobody waits for what throws', async () => {
    const result = await runProgram(['later']);
    expect(result).toEqual({ code: 70, stdout: '', stderr: 'error: a bug of iris, please report it: too late\n' });
  });
});

describe('wrong usage is exit code 2 and one line that hints at --help', () => {
  it.each([
    [['echo', '--prot', '1'], 'unknown flag --prot, did you mean --port? (see iris echo --help)'],
    [['echo', '--zzzzzzz'], 'unknown flag --zzzzzzz (see iris echo --help)'],
    [['ehco'], 'unknown command ehco, did you mean echo? (see iris --help)'],
    [['xyzzyxyzzy'], 'unknown command xyzzyxyzzy (see iris --help)'],
    [['echo', '--port', '99999'], '--port: expected an integer from 0 to 65535, found "99999" (see iris echo --help)'],
    [['echo', '--port'], '--port: expected a value, found none (see iris echo --help)'],
    [['throw', 'DataError', '--', '--json'], 'Unexpected argument: --json (see iris throw --help)'],
    [['echo', 'extra'], 'Unexpected argument: extra (see iris echo --help)'],
    [
      ['echo', '--timeout', '5'],
      '--timeout: expected a duration such as 500ms, 5s or 2m, found "5" (see iris echo --help)',
    ],
    [['throw'], 'Missing 1 required arg: name (see iris throw --help)'],
  ])('%j', async (args, message) => {
    expect(await runProgram(args)).toEqual({ code: 2, stdout: '', stderr: `error: ${message}\n` });
  });

  it('has the JSON form too, for an unknown command as well', async () => {
    for (const args of [
      ['echo', '--port', 'x', '--json'],
      ['ehco', '--json'],
    ]) {
      const { code, stdout, stderr } = await runProgram(args);
      expect([code, stderr]).toEqual([2, '']);
      expect(JSON.parse(stdout)).toMatchObject({ error: { exit: 2, message: expect.stringContaining('--help') } });
    }
  });
});

describe('a command that works', () => {
  it('prints results on stdout and everything else on stderr', async () => {
    expect(await runProgram(['echo'])).toEqual({ code: 0, stdout: 'done\n', stderr: 'a note\n' });
  });

  it('reads shared flags into the values that the library takes', async () => {
    const { stdout } = await runProgram(['echo', '--json', '--delimiter', '\\t', '--no-header', '--timeout', '1.5s']);
    expect(JSON.parse(stdout)).toMatchObject({ delimiter: '\\t', header: false, port: 50052, timeout: 1500 });
  });

  it('shows the default duration with its unit in the help, without colours', async () => {
    for (const args of [
      ['echo', '--help'],
      ['help', 'echo'],
    ]) {
      const { code, stdout } = await runProgram(args);
      expect(code).toBe(0);
      expect(stdout).toContain('--timeout=DURATION');
      expect(stdout).toContain('[default: 5s]');
      expect(stdout).not.toContain('\u001b');
    }
  });
});

describe('output that cannot be written', () => {
  it('is a quiet 0 when the reader of stdout goes away', async () => {
    const child = startProgram(['flood']);
    const closed = once(child, 'close');
    const stderr = textOf(child.stderr!);
    await once(child.stdout!, 'data');
    child.stdout!.destroy();
    expect([(await closed)[0], await stderr]).toEqual([0, 'stopped early\n']);
  });

  it.skipIf(!existsSync('/dev/full'))('is 73 when the disk behind stdout is full', async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [PROGRAM, 'echo'], { stdio: ['ignore', full, 'pipe'] });
    const closed = once(child, 'close');
    const stderr = await textOf(child.stderr!);
    expect((await closed)[0]).toBe(73);
    expect(stderr).toBe('a note\nstandard output: cannot be written: no space left on device\n');
  });
});

describe('which commands there are', () => {
  const run = vi.fn(async () => {});
  class Plain extends BaseCommand {
    override run = run;
  }
  const commands = vi.fn(() => []);
  const config = {
    bin: 'iris',
    get commands() {
      return commands();
    },
  };

  it.each([
    [undefined, 0],
    ['1', 1],
  ])('is read where a variable may be misspelt alone: IRIS_MODLE=%s', async (value, times) => {
    for (const name of Object.keys(process.env)) if (name.startsWith('IRIS_')) vi.stubEnv(name, undefined);
    vi.stubEnv('IRIS_MODLE', value);
    await Plain.run([], config);
    vi.unstubAllEnvs();
    expect([run, commands].map(({ mock }) => mock.calls.length)).toEqual([1, times]);
    vi.clearAllMocks();
  });
});

describe('a command that is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('ends with 130 on %s, though a socket is open', async (signal) => {
    expect(await interrupt(['wait'], signal)).toEqual([130, 'waiting\ninterrupted\n']);
  });

  it('ends with 130 even if it does not listen to its signal', async () => {
    expect(await interrupt(['wait', '--stubborn'], 'SIGINT')).toEqual([130, 'waiting\ninterrupted\n']);
  });

  async function interrupt(args: readonly string[], signal: NodeJS.Signals): Promise<[number, string]> {
    const child = startProgram(args);
    const closed = once(child, 'close');
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (text.includes('waiting')) child.kill(signal);
    });
    const [code] = (await closed) as [number];
    return [code, stderr];
  }
});
