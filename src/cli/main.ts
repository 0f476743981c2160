import { printableLines } from '../ground/quote.js';
import { debugStack, describeFailure, failureLine } from './failure.js';
import { guardStreams, writeStdout } from './output.js';
import { plainCommand } from './plain-command.js';
import { dropServiceLinks } from './variables.js';

/**
 * Runs one command line.
 * Why: docs/decisions/bundled-command-line.md
 *
 * @param argv what the user typed after `iris`
 * @param root URL of the package's script, in a folder beside `dist`
 * @returns the exit code, once all output is written
 */
export async function main(argv: readonly string[], root: string): Promise<number> {
  guardStreams();
  dropServiceLinks(process.env);
  // What packages tell programmers is nothing to whoever runs a command.
  process.noDeprecation = true;
  try {
    const plain = plainCommand(argv, root);
    if (plain) await plain();
    else {
      const { help } = await import('./help.js');
      await help(argv, root);
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
