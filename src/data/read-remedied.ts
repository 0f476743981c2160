import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { DataError, InputError, OutputError, statementOf } from '../ground/errors.js';
import type { Dataset } from './dataset.js';
import { openSource } from './open-source.js';
import { readForTraining } from './read-training.js';
import { joinRemedies, type Remedy } from './remedy.js';
import type { ReadOptions } from './schema.js';
import { TroublesError } from './trouble.js';

/** A column that is read in another way may show another trouble, so a table may be read once more than that. */
const MOST_READINGS = 4;

/**
 * Reads a table for training, and again with the options with which it can be learnt from, until it is.
 * @throws DataError as `readForTraining` does, where a person has to decide
 */
export async function readRemedied(input: string, options: ReadOptions): Promise<Dataset> {
  if (input !== '-') return readUntilGood((added) => readStrictly(input, joinRemedies(options, added)));
  const spool = await spooled(options.stdin ?? process.stdin);
  try {
    return await readUntilGood((added) =>
      readStrictly(input, {
        ...joinRemedies(options, added),
        stdin: spool.createReadStream({ start: 0, autoClose: false }),
      }),
    );
  } finally {
    await spool.close();
  }
}

/**
 * Reads a table for training as it is. Where that cannot be, it is read on with the options that would help, as under
 * `auto`, for what shows only then.
 *
 * @throws TroublesError with all that was found and every option that is needed; of standard input, which is gone once it
 *   is read, what the first reading found
 */
export async function readAsItIs(input: string, options: ReadOptions): Promise<Dataset> {
  try {
    return await readForTraining(await openSource(input, options), options);
  } catch (error) {
    if (!(error instanceof TroublesError) || input === '-') throw error;
    throw await completed(error, (added) => readStrictly(input, joinRemedies(options, added)));
  }
}

/** With what later readings find. */
async function completed(first: TroublesError, read: (added: Remedy) => Promise<Dataset>): Promise<TroublesError> {
  let error = first;
  for (let reading = 1; reading < MOST_READINGS; reading++) {
    const { options } = error;
    if (options === undefined || onlyLeavesOut(options)) return error;
    try {
      await read(options);
      return error;
    } catch (cause) {
      if (!(cause instanceof DataError)) throw cause;
      const { found = [], options: more } = cause instanceof TroublesError ? cause : {};
      error = error.with(found, more && joinRemedies(options, more));
    }
  }
  return error;
}

/** Then the other columns are what they were. */
function onlyLeavesOut(options: Remedy): boolean {
  return Object.keys(options).every((name) => name === 'ignore');
}

async function readStrictly(input: string, options: ReadOptions): Promise<Dataset> {
  return readForTraining(await openSource(input, options), options, true);
}

async function readUntilGood(read: (added: Remedy) => Promise<Dataset>): Promise<Dataset> {
  let added: Remedy = {};
  const reasons: string[] = [];
  for (let reading = 1; ; reading++) {
    try {
      const dataset = await read(added);
      return { ...dataset, warnings: [...reasons, ...dataset.warnings], added };
    } catch (error) {
      if (!(error instanceof DataError) || !mayBeApplied(error.options) || reading === MOST_READINGS) throw error;
      added = joinRemedies(added, error.options);
      reasons.push(...(error.troubles ?? [error]).map(statementOf));
    }
  }
}

/** What is to be predicted is for a person to say. */
function mayBeApplied(options: Remedy | undefined): options is Remedy {
  return options !== undefined && options.classesFrom === undefined;
}

/** Standard input, to be read more than once. */
async function spooled(stdin: Readable): Promise<FileHandle> {
  const file = await namelessFile();
  try {
    for await (const chunk of readable(stdin)) await file.appendFile(chunk);
    return file;
  } catch (cause) {
    await file.close();
    if (cause instanceof InputError) throw cause;
    const found = `expected room for standard input, found: ${(cause as Error).message}`;
    throw new OutputError(`${tmpdir()}: ${found}`, { cause });
  }
}

/** It loses its name as soon as it is open, so whatever happens it is gone with the process. */
async function namelessFile(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'iris-'));
  try {
    return await open(join(folder, 'stdin'), 'wx+');
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function* readable(stdin: Readable): AsyncGenerator<Buffer | string> {
  try {
    for await (const chunk of stdin) yield chunk;
  } catch (cause) {
    throw new InputError(`<stdin>: expected a readable file, found: ${(cause as Error).message}`, { cause });
  }
}
