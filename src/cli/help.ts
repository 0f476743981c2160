import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core/config';
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';
import { UsageError } from '../ground/errors.js';
import { nameInWords } from '../ground/quote.js';
import { nearest } from '../ground/suggestion.js';

/**
 * Answers a command line that runs no command: it asks for help or for the version, or no command has its name.
 *
 * @param argv what the user typed after `iris`
 * @param root URL of the package's script; oclif is configured by the package.json above it
 * @throws UsageError for a command or a flag that there is not
 */
export async function help(argv: readonly string[], root: string): Promise<void> {
  // With NODE_ENV=development or test oclif would look for TypeScript sources; only built commands are run.
  settings.enableAutoTranspile = false;
  // oclif asks the system for the user's shell, and a container's user may be unknown to it.
  if (process.platform !== 'win32') process.env['SHELL'] ??= '/bin/sh';
  const config = await Config.load({ root: fileURLToPath(root), devPlugins: false, userPlugins: false });
  await run(knownCommand(argv, config), config);
}

/** Flags without a command, and words for two of them; package.json has those of one letter. */
const HELP_FLAGS = ['-h', '--help'];
const FLAGS = [...HELP_FLAGS, '-v', '--version'];
const WORDS = ['help', 'version'];

/** Checks the command's name; `iris help train` and `iris --help train` are `iris train --help`. */
function knownCommand(argv: readonly string[], config: Config): string[] {
  const [name, ...rest] = argv;
  if (name === 'help' || (isHelpFlag(name) && !isOtherFlag(rest[0]))) return [...knownCommand(rest, config), '--help'];
  if (name === 'version') return ['--version'];
  if (name === undefined || FLAGS.includes(name) || config.findCommand(name)) return [...argv];
  if (name.startsWith('-')) throw unknown('flag', name, FLAGS);
  throw unknown('command', name, [...config.commandIDs, ...WORDS]);
}

function isHelpFlag(word = ''): boolean {
  return HELP_FLAGS.includes(word);
}

function isOtherFlag(word = ''): boolean {
  return word.startsWith('-') && !isHelpFlag(word);
}

function unknown(what: string, typed: string, known: readonly string[]): UsageError {
  const meant = nearest(typed, known);
  return new UsageError(`unknown ${what} ${nameInWords(typed)}${meant ? `, did you mean ${meant}?` : ''}`);
}
