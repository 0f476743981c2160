import { randomUUID } from 'node:crypto';
import { existsSync, rmSync, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OutputError } from '../ground/errors.js';

/** As many links in a row as Linux follows (path_resolution(7)). */
const MAX_LINKS = 40;

/**
 * Writes the whole file or nothing: a temporary file in the same folder, synced, then renamed. Folders are made. A link
 * is followed, also one to a file that is still to come. Only a file is ever replaced, and the new one has its
 * permissions and, where the system allows it, its owner; access control lists are not carried over.
 *
 * @throws OutputError
 */
export async function writeWholeFile(path: string, content: string | Uint8Array): Promise<void> {
  try {
    const replaced = await fileAt(path);
    const target = replaced ? await realpath(path) : await linkedPath(path);
    await makeFolder(dirname(target));
    const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
    // A command that is interrupted does not wait for a slow disk.
    const remove = () => rmSync(temporary, { force: true });
    process.on('exit', remove);
    try {
      await writeSynced(temporary, content, replaced);
      await rename(temporary, target);
    } catch (cause) {
      await rm(temporary, { force: true });
      throw cause;
    } finally {
      process.off('exit', remove);
    }
  } catch (cause) {
    if (cause instanceof OutputError) throw cause;
    throw new OutputError(`${path}: cannot be written: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * The file of this name; undefined where there is none.
 *
 * @throws OutputError for anything else: a rename would put a file in the place of a device or a pipe
 */
async function fileAt(path: string): Promise<Stats | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (!found || found.isFile()) return found ?? undefined;
  throw new OutputError(
    `${path}: expected a file or nothing, found ${found.isDirectory() ? 'a folder' : 'a pipe or device'}`,
  );
}

/** Where a file has to be made so that it is found at `path`, where no file is yet. */
async function linkedPath(path: string, links = 0): Promise<string> {
  const to = await readlink(path).catch(() => undefined); // no link, or nothing at all
  if (to === undefined || links === MAX_LINKS) return path;
  return linkedPath(resolve(await realpath(dirname(path)), to), links + 1);
}

/** Not Node's recursive form: it never ends where the system denies that a folder exists in which it refuses to make one. */
async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeFolder(dirname(path));
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

async function writeSynced(path: string, content: string | Uint8Array, replaced: Stats | undefined): Promise<void> {
  // What only some may read is at no moment readable to others.
  const file = await open(path, 'wx', replaced ? 0o600 : 0o666);
  try {
    await file.writeFile(content);
    if (replaced) await takeOver(file, replaced);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function takeOver(file: FileHandle, { gid, mode, uid }: Stats): Promise<void> {
  // Only root may give a file away, and only a member to a group. It takes bits away, so the mode comes second.
  await file.chown(uid, gid).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPERM') throw error;
  });
  await file.chmod(mode & 0o7777);
}

/** What the system said, without its code, call and path: `no such file or directory`. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  // What making folders says where a file has the name of one.
  if (code === 'EEXIST') return 'not a directory';
  return /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
}
