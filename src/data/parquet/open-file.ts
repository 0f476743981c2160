import { type FileHandle, open } from 'node:fs/promises';
import { InputError } from '../../ground/errors.js';
import { unreadable } from '../unreadable.js';

/** What the library reads parts of. */
export interface ParquetFile {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
  close(): Promise<void>;
}

/** @throws InputError; what is no file, as a pipe, cannot be read from its end */
export async function openParquetFile(path: string): Promise<ParquetFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const found = await handle.stat();
    if (found.isFile()) return fileOf(path, handle, found.size);
  } catch (cause) {
    await handle?.close();
    throw new InputError(`${path}: ${unreadable(cause)}`, { cause });
  }
  await handle.close();
  throw new InputError(`${path}: expected a file, as Parquet is read from its end, found none`);
}

function fileOf(path: string, handle: FileHandle, byteLength: number): ParquetFile {
  return {
    byteLength,
    close: () => handle.close(),
    async slice(start, end = byteLength) {
      const bytes = new Uint8Array(Math.max(0, end - start));
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at).catch((cause: unknown) => {
          throw new InputError(`${path}: ${unreadable(cause)}`, { cause });
        });
        if (bytesRead === 0) throw new Error('a part that lies beyond its end');
        at += bytesRead;
      }
      return bytes.buffer;
    },
  };
}
