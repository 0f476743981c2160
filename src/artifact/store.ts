import { type FileHandle, open } from 'node:fs/promises';
import { ArtifactError, InputError } from '../errors.js';
import { MAX_BYTES, parseModel, serializeModel } from './format.js';
import type { Model } from './model.js';
import { reasonOf, writeWholeFile } from './whole-file.js';

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
 * Writes the whole file or nothing, as `writeWholeFile` does.
 *
 * @throws OutputError
 */
export async function writeModel(path: string, model: Model): Promise<void> {
  await writeWholeFile(path, serializeModel(model));
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
    throw new InputError(`${path}: cannot be read: ${reasonOf(cause)}`, { cause });
  } finally {
    await file?.close();
  }
}
