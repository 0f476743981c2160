import { fileURLToPath } from 'node:url';
import { UsageError } from '../ground/errors.js';
import { nameInWords, printableLines } from '../ground/quote.js';
import { nearest } from '../ground/suggestion.js';
import { debugStack, describeFailure, failureLine } from './failure.js';
import { Config, run, settings } from './oclif.js';
import { guardStreams, writeStdout } from './output.js';
import { plainCommand } from './plain-command.js';
import { dropServiceLinks } from './variables.js';

/**
 * Runs one command line.
 * Why: docs/decisions/bundled-command-line.md
 *
 * @param argv what the user typed after `iris`
 * @param root URL of the package's script, in a folder beside `dist`; oclif is configured by the package.json above it
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
    const plain = plainCommand(argv, root);
    if (plain) await plain();
    else {
      const config = await Config.load({ root: fileURLToPath(root), devPlugins: false, userPlugins: false });
      await run(knownCommand(argv, config), config);
    }
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
function knownCommand(argv: readonly string[], config: InstanceType<typeof Config>): string[] {
  const [name, ...rest] = argv;
  if (name === 'help') return [...knownCommand(rest, config), '--help'];
  if (name === 'version') return ['--version'];
  if (name === undefined || FLAGS.includes(name) || config.findCommand(name)) return [...argv];
  if (name.startsWith('-')) throw unknown('flag', name, FLAGS);
  throw unknown('command', name, [...config.commandIDs, ...WORDS]);
}

function unknown(what: string, typed: string, known: readonly string[]): UsageError {
  const meant = nearest(typed, known);
  return new UsageError(`unknown ${what} ${nameInWords(typed)}${meant ? `, did you mean ${meant}?` : ''}`);
}
