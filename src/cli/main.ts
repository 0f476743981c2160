import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../ground/errors.js';
import { packageFile } from '../ground/package-files.js';
import { nameInWords, printableLines } from '../ground/quote.js';
import { nearest } from '../ground/suggestion.js';
import { debugStack, describeFailure, failureLine } from './failure.js';
import { Config, run, settings } from './oclif.js';
import { guardStreams, writeStdout } from './output.js';
import { dropServiceLinks } from './variables.js';

/**
 * Runs one command line.
 * Why: docs/decisions/bundled-command-line.md
 *
 * @param argv what the user typed after `iris`
 * @param root a file or folder of the package whose package.json configures oclif
 * @returns the exit code, once all output is written
 */
export async function main(argv: readonly string[], root: string): Promise<number> {
  guardStreams();
  dropServiceLinks(process.env);
  // What packages tell programmers is nothing to whoever runs a command.
  process.noDeprecation = true;
  // With NODE_ENV=development or test oclif would look for TypeScript sources; only built commands are run.
  settings.enableAutoTranspile = false;
  // oclif asks the system for the user's shell, and a container's user may be unknown to it.
  if (process.platform !== 'win32') process.env['SHELL'] ??= '/bin/sh';
  try {
    // A file URL would be taken for a path, and the package looked for in the working directory.
    const path = root.startsWith('file:') ? fileURLToPath(root) : root;
    const config = await Config.load({ root: path, devPlugins: false, userPlugins: false });
    await run(await knownCommand(argv, config), config);
  } catch (error) {
    const failure = describeFailure(error, { command: 'iris', flags: ['help', 'version'], argv });
    process.exitCode = failure.exit;
    if (argv.includes('--json')) await writeStdout(`${printableLines(JSON.stringify({ error: failure }, null, 2))}\n`);
    else process.stderr.write(failureLine(failure));
    const stack = debugStack(error);
    if (stack) process.stderr.write(`${stack}\n`);
  }
  return Number(process.exitCode ?? 0);
}

/** Flags without a command, and words for two of them; package.json has those of one letter. */
const FLAGS = ['-h', '--help', '-v', '--version'];
const WORDS = ['help', 'version'];

/** Checks the command's name; `iris help train` is `iris train --help`. */
async function knownCommand(argv: readonly string[], config: InstanceType<typeof Config>): Promise<string[]> {
  const [name, ...rest] = argv;
  if (name === 'help') return [...(await knownCommand(rest, config)), '--help'];
  if (name === 'version') return ['--version'];
  if (name === undefined || FLAGS.includes(name) || config.findCommand(name)) return [...argv];
  if (name.startsWith('-')) throw unknown('flag', name, FLAGS);
  await importAgain(name);
  throw unknown('command', name, [...config.commandIDs, ...WORDS]);
}

function unknown(what: string, typed: string, known: readonly string[]): UsageError {
  const meant = nearest(typed, known);
  return new UsageError(`unknown ${what} ${nameInWords(typed)}${meant ? `, did you mean ${meant}?` : ''}`);
}

/** oclif leaves out a command that it cannot import; that is a bug of ours, not wrong usage. */
async function importAgain(name: string): Promise<void> {
  const file = packageFile(`commands/${encodeURIComponent(name)}.js`);
  if (existsSync(file)) await import(file.href);
}
