import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Config } from '@oclif/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLE_ROWS, passengerTable } from './data/passengers.js';
import { iris, ROOT, type RunningServer, serve } from './e2e/cli.js';

let readme: string;
let folder: string;
let server: RunningServer | undefined;

beforeAll(async () => {
  readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  folder = await mkdtemp(join(tmpdir(), 'iris-readme-'));
  await cp(join(ROOT, 'docs/examples'), join(folder, 'docs/examples'), { recursive: true });
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Commands of the tour with the output that is printed below them; `…` stands for lines that were left out. */
function tour(): { args: string[]; output: string[] }[] {
  return [...readme.matchAll(/```console\n([\s\S]*?)```/g)]
    .flatMap(([, block]) => block!.split(/^\$ iris /m).slice(1))
    .map((entry) => {
      const [command, ...output] = entry.trim().split('\n');
      return { args: [...command!.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!), output };
    });
}

describe('the table of examples', () => {
  it('is made up, and small', async () => {
    const text = await readFile(join(ROOT, 'docs/examples/passengers.csv'), 'utf8');
    expect(text).toBe(passengerTable(EXAMPLE_ROWS, 'NA'));
    expect(text.length).toBeLessThan(60_000);
  });
});

describe('the README', () => {
  it('lists every command with the words that --help has for it', async () => {
    const config = await Config.load({ root: ROOT });
    const rows = config.commands
      .map(({ id, summary }) => `| \`iris ${id}\` | ${summary} |`)
      .sort()
      .join('\n');
    const table = /^<!-- commands: .*\n\| command .*\n\|---\|---\|\n([\s\S]*?)\n<!-- commands end -->$/m.exec(readme);
    expect(table?.[1]).toBe(rows);
  });

  it('shows in its tour what the commands print', async () => {
    const steps = tour();
    expect(steps.map(({ args }) => args[0])).toEqual([
      'train',
      'evaluate',
      'serve',
      'predict',
      'predict',
      'train',
      'predict',
    ]);
    for (const { args, output } of steps) {
      if (args[0] === 'serve') {
        server = await serve(args.slice(1), { cwd: folder });
        expectLines(server.log().trim().split('\n').map(asLogged), output.map(asLogged));
        continue;
      }
      const here = args.filter(
        (arg, index) => !['--port', '--host'].includes(arg) && !['--port', '--host'].includes(args[index - 1] ?? ''),
      );
      if (args[0] === 'predict' && !args.includes('--model')) here.push('--port', String(server?.port));
      const run = await iris(here, { cwd: folder });
      expect(run.code).toBe(0);
      // A terminal shows both.
      const shown = `${run.stderr}${run.stdout}`.replace(`:${server?.port}`, ':50052');
      expectLines(shown.trim().split('\n'), output);
    }
  });
});

/** @param wanted `…` stands for any lines */
function expectLines(shown: readonly string[], wanted: readonly string[]): void {
  for (const part of wanted.join('\n').split(/^…$/m)) expect(shown.join('\n')).toContain(part.trim());
  if (!wanted.includes('…')) expect(shown).toEqual(wanted);
  expect(shown[0]).toBe(wanted[0]);
  if (wanted.at(-1) !== '…') expect(shown.at(-1)).toBe(wanted.at(-1));
}

/** A line of the log without what differs from run to run. */
function asLogged(line: string): string {
  return line.replace(/"(time|port|readyMs)":\d+/g, '"$1":0').replace(/(127\.0\.0\.1):\d+/, '$1:0');
}
