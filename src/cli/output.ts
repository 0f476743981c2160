import { getSystemErrorMap } from 'node:util';
import { OutputError } from '../ground/errors.js';
import { EXIT } from './failure.js';

let guarded = false;
let closed = false;

/**
 * Handles errors of stdout and stderr: a closed pipe silences the stream and is not an error; anything else (a full
 * disk) ends the process with exit code 73.
 */
export function guardStreams(): void {
  if (guarded) return;
  guarded = true;
  // First in line: oclif's own listener throws.
  process.stdout.prependListener('error', (error: NodeJS.ErrnoException) => {
    closed = true;
    if (error.code === 'EPIPE') return;
    process.stderr.write(`${writeFailure('standard output', error).message}\n`);
    process.exit(EXIT.cannotWrite);
  });
  process.stderr.on('error', () => {});
}

/**
 * Writes to stdout and waits until the reader has taken it.
 *
 * @returns false once the reader has closed the pipe: a stream of results can stop
 */
export function writeStdout(text: string): Promise<boolean> {
  guardStreams();
  if (closed || text === '') return Promise.resolve(!closed);
  return new Promise((resolve) => {
    process.stdout.write(text, (error) => resolve(!error && !closed));
  });
}

/** As in `out.json: cannot be written: no space left on device`. */
export function writeFailure(where: string, error: NodeJS.ErrnoException): OutputError {
  const reason = (error.errno === undefined ? undefined : getSystemErrorMap().get(error.errno)?.[1]) ?? error.message;
  return new OutputError(`${where}: cannot be written: ${reason}`, { cause: error });
}
