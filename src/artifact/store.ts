import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ArtifactError, InputError, OutputError } from '../errors.js';
import { MAX_BYTES, parseModel, serializeModel } from './format.js';
import type { Model } from './model.js';

const CHUNK_BYTES = 1024 * 1024;

/**
 * @param path a file, or anything that can be read like one
 * @throws InputError when it is missing or unreadable
 * @throws ArtifactError when it is no model that can be trusted
 */
export async function readModel(path: string): Promise<Model> {
  return (await readArtifact(path)).model;
}

/** As `readModel`, with the text of the file. */
export async function readArtifact(path: string): Promise<{ readonly model: Model; readonly text: string }> {
  const bytes = await readCapped(path);
  return { model: parseModel(bytes, path), text: bytes.toString() };
}

/**
 * Writes the whole file or nothing: a temporary file in the same folder, synced, then renamed. Folders are made.
 *
 * @throws OutputError
 */
export async function writeModel(path: string, model: Model): Promise<void> {
  const text = serializeModel(model);
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    await makeFolder(dirname(path));
    try {
      await writeSynced(temporary, text);
      await rename(temporary, path);
    } catch (cause) {
      await rm(temporary, { force: true });
      throw cause;
    }
  } catch (cause) {
    throw new OutputError(`${path}: cannot be written: ${reason(cause)}`, { cause });
  }
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

/** Reads no more than one chunk beyond the cap, also from something without an end. */
async function readCapped(path: string): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const chunks: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, null);
      if (bytesRead === 0) return Buffer.concat(chunks, total);
      chunks.push(buffer.subarray(0, bytesRead));
      total += bytesRead;
      if (total > MAX_BYTES) throw new ArtifactError(`${path}: expected at most ${MAX_BYTES} bytes, found more`);
    }
  } catch (cause) {
    if (cause instanceof ArtifactError) throw cause;
    throw new InputError(`${path}: cannot be read: ${reason(cause)}`, { cause });
  } finally {
    await file?.close();
  }
}

/** What the system said, without its code, call and path: `no such file or directory`. */
function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  // What making folders says where a file has the name of one.
  if (code === 'EEXIST') return 'not a directory';
  return /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
}
