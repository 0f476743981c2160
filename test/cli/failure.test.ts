import { Errors } from '@oclif/core';
import { describe, expect, it, vi } from 'vitest';
import { parseDuration } from '../../src/cli/duration.js';
import { describeFailure, failureLine, InterruptedError } from '../../src/cli/failure.js';
import * as errors from '../../src/ground/errors.js';

const context = {
  command: 'iris train',
  flags: ['max-depth', 'data', 'json', 'ignore', 'decimal', 'dates', 'units'],
  argv: ['--data', "a b's.csv"],
};
const describe_ = (error: unknown) => describeFailure(error, context);

describe('what a failure tells the outside', () => {
  it('does nothing to a terminal, whoever wrote the message', () => {
    const message = 'x.csv: \u001b]0;owned\u0007\u009b31m\u202e';
    expect(failureLine({ exit: 65, message })).toBe('x.csv: \\u001b]0;owned\\u0007\\u009b31m\\u202e\n');
  });

  it.each([
    [new errors.CheckFailedError('accuracy>=1.01: 0.9'), 1, 'accuracy>=1.01: 0.9\n'],
    [new errors.UsageError('no such engine'), 2, 'error: no such engine (see iris train --help)\n'],
    [new errors.DataError('cell', 'a.csv:2: x'), 65, 'a.csv:2: x\n'],
    [new errors.ArtifactError('value', 'm.json: x'), 65, 'm.json: x\n'],
    [new errors.RequestError([{ field: 'a', description: 'b' }]), 65, 'a: b\n'],
    [new errors.InputError('a.csv: x'), 66, 'a.csv: x\n'],
    [new errors.UnavailableError('h:1: x'), 69, 'h:1: x\n'],
    [new errors.OutputError('m.json: x'), 73, 'm.json: x\n'],
    [new InterruptedError('interrupted'), 130, 'interrupted\n'],
    [new TypeError('x is\n not y'), 70, 'error: a bug of iris, please report it: x is; not y\n'],
    [null, 70, 'error: a bug of iris, please report it: null\n'],
    [
      new Errors.CLIError('Flag --x expects a value'),
      2,
      'error: --x: expected a value, found none (see iris train --help)\n',
    ],
  ])('%s', (error, exit, line) => {
    const failure = describe_(error);
    expect([failure.exit, failureLine(failure)]).toEqual([exit, line]);
  });

  it('is 73 for a write that the system refused', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
    expect(describe_(error).exit).toBe(73);
  });

  it('takes the layout and the colours of oclif out', () => {
    const error = new Errors.CLIError(
      'The following error occurred:\n  \u001b[2mMissing required flag data\u001b[22m\nSee more help with --help',
    );
    expect(describe_(error).message).toBe('Missing required flag data (see iris train --help)');
  });

  it.each([
    ['--max-dept', ', did you mean --max-depth?'],
    ['--dat=x.csv', ', did you mean --data?'],
    ['--dtaa', ', did you mean --data?'],
    ['--zzz', ''],
  ])('names the flag nearest to %s', (typed, suggestion) => {
    const error = Object.assign(new Errors.CLIError('x'), { parse: { output: { nonExistentFlags: [typed] } } });
    expect(describe_(error).message).toBe(`unknown flag ${typed.split('=')[0]}${suggestion} (see iris train --help)`);
  });
});

describe('several columns with which something is wrong', () => {
  const advice = { option: 'ignore', value: 'id', effect: 'leaves it out' };
  const troubles = [
    new errors.DataError('cell', 'a.csv:2: id: x', { advice }),
    new errors.DataError('cell', 'a.csv:9: y'),
  ];
  const told = (options?: object) =>
    describe_(
      new errors.DataError('several', 'a.csv: 2 columns\nand more', {
        troubles,
        ...(options && { options: { ...options } }),
      }),
    );

  it('are a line each, and a command to copy', () => {
    const failure = told({ ignore: ['id', 'z z'], units: true });
    expect([failure.exit, failure.message]).toEqual([
      65,
      'a.csv: 2 columns: a.csv:2: id: x; --ignore id leaves it out; a.csv:9: y',
    ]);
    expect(failureLine(failure).split('\n')).toEqual([
      'a.csv:2: id: x; --ignore id leaves it out',
      'a.csv:9: y',
      'a.csv: 2 columns; with these options it can:',
      `  iris train --data 'a b'\\''s.csv' --ignore 'id,z z' --units`,
      '',
    ]);
    expect(failure.details).toEqual({
      troubles: ['a.csv:2: id: x; --ignore id leaves it out', 'a.csv:9: y'],
      options: { ignore: ['id', 'z z'], units: true },
      command: `iris train --data 'a b'\\''s.csv' --ignore 'id,z z' --units`,
    });
  });

  it('come without a command where none would do', () => {
    expect(failureLine(told()).split('\n')).toEqual([
      'a.csv:2: id: x; --ignore id leaves it out',
      'a.csv:9: y',
      'a.csv: 2 columns',
      '',
    ]);
  });

  it('are counted where there are many', () => {
    const many = Array.from({ length: 23 }, (_, i) => new errors.DataError('cell', `a.csv:${i}: x`));
    const failure = describe_(new errors.DataError('several', 'a.csv: 23 columns', { troubles: many }));
    expect(failureLine(failure).split('\n').slice(19)).toEqual([
      'a.csv:19: x',
      'and 3 more columns',
      'a.csv: 23 columns',
      '',
    ]);
  });
});

describe('what someone typed, in a message', () => {
  const long = 'x'.repeat(3000);

  it('is cut, whoever repeats it', async () => {
    const unexpected = new Errors.CLIError(`Unexpected argument: ${long}`);
    expect(describe_(unexpected).message).toBe(
      `Unexpected argument: ${'x'.repeat(50)}…${'x'.repeat(30)} (see iris train --help)`,
    );
    const unknown = Object.assign(new Errors.CLIError('x'), { parse: { output: { nonExistentFlags: [`--${long}`] } } });
    expect(describe_(unknown).message).toBe(
      `unknown flag --${'x'.repeat(48)}…${'x'.repeat(30)} (see iris train --help)`,
    );
    await expect(Promise.resolve().then(() => parseDuration(long))).rejects.toThrow(
      `expected a duration such as 500ms, 5s or 2m, found "${'x'.repeat(40)}…"`,
    );
  });

  it('keeps what looks like colours, which only those of oclif lose', () => {
    const message = 'a.csv:2: \u001b[31mred';
    expect(failureLine(describe_(new errors.DataError('cell', message)))).toBe('a.csv:2: \\u001b[31mred\n');
  });

  const url = 'https://me:secret@h/m.json?key=$&secret';
  const shown = 'https://h/m.json?…';

  it.each([[[url]], [['--model', url]], [[`--model=${url}`]], [[`-m${url}`]], [[`-m=${url}`]]])(
    'has no secrets of a URL: %j',
    (argv) => {
      const unexpected = new Errors.CLIError(`Unexpected argument: ${url}`);
      const { message } = describeFailure(unexpected, { ...context, argv });
      expect(message).toBe(`Unexpected argument: ${shown} (see iris train --help)`);
      const options = { ignore: ['id'] };
      const troubles = [new errors.DataError('cell', 'a.csv:9: y')];
      const several = new errors.DataError('several', 'a.csv: 1 column', { troubles, options });
      expect(failureLine(describeFailure(several, { ...context, argv }))).not.toContain('secret');
    },
  );

  it('says in the command to copy where the user of an engine was', () => {
    const argv = ['--data', 'postgres://me:secret@h:5432/x?sslmode=disable', '--table', 't'];
    const error = new errors.DataError('columns', 't: id: x', { options: { ignore: ['id'] } });
    expect(failureLine(describeFailure(error, { ...context, argv }))).toContain(
      "  iris train --data 'postgres://…@h:5432/x?…' --table t --ignore id\n",
    );
  });

  it('keeps a scheme in its words where nothing but that was typed', () => {
    const message = 'otlpEndpoint: expected an http:// or https:// URL, found "http://"';
    const told = describeFailure(new errors.UsageError(message), { ...context, argv: ['--otlp-endpoint', 'http://'] });
    expect(told.message).toContain('expected an http:// or https:// URL, found "http://"');
  });

  it('has no secrets of a URL in a variable, which is named', () => {
    vi.stubEnv('IRIS_MODEL', url);
    try {
      const variables = new Map([['model', 'IRIS_MODEL']]);
      const tell = (error: Error) => describeFailure(error, { ...context, variables }).message;
      expect(tell(new errors.UnavailableError(`${shown}: x`))).toBe(`IRIS_MODEL: ${shown}: x`);
      expect(tell(new TypeError(`fetching ${url}`))).toBe(`a bug of iris, please report it: fetching ${shown}`);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
