// Commands that go wrong in every way that the base class maps to an exit code.
import { createServer } from 'node:net';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../../src/cli/base-command.js';
import { durationFlag, portFlag, tableFlags, tableOptions } from '../../../src/cli/flags.js';
import Health from '../../../src/commands/health.js';
import Predict from '../../../src/commands/predict.js';
import * as errors from '../../../src/ground/errors.js';

const violations = [{ field: 'inputs[0].shape[1]', description: 'expected 4, found 3' }];
const thrown = {
  DataError: () => new errors.DataError('cell', 'iris.csv:7: petal_width: expected a number, found "x"'),
  ArtifactError: () => new errors.ArtifactError('not-json', 'm.json: not JSON'),
  InputError: () => new errors.InputError('gone.csv: no such file'),
  OutputError: () => new errors.OutputError('out.json: cannot be written'),
  UsageError: () => new errors.UsageError('--a and --b exclude each other'),
  RequestError: () => new errors.RequestError(violations),
  UnavailableError: () => new errors.UnavailableError('localhost:1: no server answers'),
  CheckFailedError: () => new errors.CheckFailedError('gate accuracy>=1.01: 0.9'),
  TypeError: () => new TypeError('undefined is not\na function'),
  text: () => 'a thrown string',
};

class Throw extends BaseCommand {
  static args = { name: Args.string({ required: true }) };
  static flags = { after: Flags.boolean() };
  async run() {
    const { args, flags } = await this.parse(Throw);
    if (flags.after) await this.show({ passed: false }, () => 'passed: no\n');
    throw thrown[args.name]();
  }
}

class Echo extends BaseCommand {
  static flags = {
    port: portFlag({ default: 50_052, description: 'Port.' }),
    timeout: durationFlag({ defaultMs: 5000, description: 'Time.' }),
    ...tableFlags,
  };
  async run() {
    const { flags } = await this.parse(Echo);
    this.note('a note');
    await this.show({ ...flags, ...tableOptions(flags) }, () => 'done\n');
  }
}

class Flood extends BaseCommand {
  async run() {
    let written = 0;
    while (written < 1000 && (await this.print(`${'x'.repeat(65_536)}\n`))) written++;
    this.note(written < 1000 ? 'stopped early' : 'wrote all');
  }
}

class Wait extends BaseCommand {
  static flags = { stubborn: Flags.boolean() };
  async run() {
    const { flags } = await this.parse(Wait);
    const server = createServer().listen(0, '127.0.0.1'); // keeps the process alive, like an open channel
    server.on('listening', () => this.note('waiting'));
    await new Promise((_, reject) => {
      if (!flags.stubborn) this.signal.addEventListener('abort', () => reject(this.signal.reason));
    });
  }
}

class Later extends BaseCommand {
  async run() {
    setImmediate(() => {
      throw new Error('too late');
    });
    await new Promise(() => {});
  }
}

export const commands = {
  throw: Throw,
  echo: Echo,
  flood: Flood,
  wait: Wait,
  later: Later,
  health: Health,
  predict: Predict,
};
