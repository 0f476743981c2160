import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { InputError } from '../ground/errors.js';
import { MAX_ARTIFACT_BYTES } from '../ground/limits.js';
import { freeMemory } from '../ground/system-limit.js';
import { checkModelSize, tooLarge } from './model-size.js';
import { reasonOf } from './whole-file.js';

/** A pipe without a writer would be waited for where it is opened. Windows has neither. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A model's file, open. */
export interface ModelFile {
  /** As of when it was opened. */
  readonly bytes: number;
  /**
   * The whole file.
   *
   * @throws InputError, ArtifactError
   */
  read(): Promise<Buffer>;
}

/**
 * Opens the file of a model for what `use` does.
 *
 * @throws InputError when it is missing, unreadable, or no file: what comes through a pipe may never end, and a reload
 * could not read it again
 * @throws ArtifactError when it is too large, in itself or for the memory that is left: the system would end the process,
 * and with it the model that is served
 */
export async function withModelFile<Result>(
  path: string,
  use: (file: ModelFile) => Promise<Result>,
  freeBytes = freeMemory(),
): Promise<Result> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, FLAGS);
    const stats = await handle.stat();
    refuseOther(path, stats);
    checkModelSize(path, stats.size, freeBytes);
    const opened = handle;
    return await use({ bytes: stats.size, read: () => readWhole(opened, path, stats.size) });
  } catch (cause) {
    throw isSystemError(cause) ? new InputError(`${path}: cannot be read: ${reasonOf(cause)}`, { cause }) : cause;
  } finally {
    await handle?.close();
  }
}

function refuseOther(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw new InputError(`${path}: cannot be read: illegal operation on a directory`);
  const found = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device';
  throw new InputError(`${path}: expected a regular file, found ${found}: write the model to a file first`);
}

/** Also of a file that grows or shrinks while it is read. */
async function readWhole(handle: FileHandle, path: string, size: number): Promise<Buffer> {
  // One byte more: a file that has not changed ends without another buffer.
  let buffer = Buffer.allocUnsafeSlow(size + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
    if (length > MAX_ARTIFACT_BYTES) throw tooLarge(path, MAX_ARTIFACT_BYTES);
    if (length === buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(2 * length, MAX_ARTIFACT_BYTES + 1));
      buffer.copy(larger);
      buffer = larger;
    }
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall !== undefined;
}
