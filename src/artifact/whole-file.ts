import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OutputError } from '../errors.js';

/**
 * Writes the whole file or nothing: a temporary file in the same folder, synced, then renamed. Folders are made, a link
 * is followed, and only a file is ever replaced.
 *
 * @throws OutputError
 */
export async function writeWholeFile(path: string, text: string): Promise<void> {
  try {
    const target = existsSync(path) ? await realpath(path) : path;
    await refuseNonFile(path, target);
    await makeFolder(dirname(target));
    const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
    try {
      await writeSynced(temporary, text);
      await rename(temporary, target);
    } catch (cause) {
      await rm(temporary, { force: true });
      throw cause;
    }
  } catch (cause) {
    if (cause instanceof OutputError) throw cause;
    throw new OutputError(`${path}: cannot be written: ${reasonOf(cause)}`, { cause });
  }
}

/** A rename would put a file in the place of a device or a pipe. */
async function refuseNonFile(path: string, target: string): Promise<void> {
  const found = await stat(target).catch(() => undefined);
  if (found === undefined || found.isFile()) return;
  throw new OutputError(
    `${path}: expected a file or nothing, found ${found.isDirectory() ? 'a folder' : 'a pipe or device'}`,
  );
}

/** Not Node's recursive form: it never ends where the system denies that a folder exists in which it refuses to make one. */
async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeFolder(dirname(path));
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What the system said, without its code, call and path: `no such file or directory`. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  // What making folders says where a file has the name of one.
  if (code === 'EEXIST') return 'not a directory';
  return /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
}
