import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { reasonOf } from '../../formats/whole-file.js';
import { OutputError } from '../../ground/errors.js';
import { nameInWords } from '../../ground/quote.js';
import { RECORD_KEYS } from './record-line.js';
import type { RecordSink } from './recorder.js';

/** Rows are what callers sent: nobody else may read them. */
const OWNER_ONLY = 0o600;
const LINE_END = 10;
const BEGINNING = Buffer.from(`{"${RECORD_KEYS[0]}":"`);

/** How the file before is called. */
export const OLDER = '.1';

/**
 * A file of lines that is appended to. When it has its size, it becomes the older one (`rows.jsonl.1`), in place of the one
 * before, and a new file begins: both together are never larger than twice the size.
 */
export class RecordFile implements RecordSink {
  readonly #path: string;
  readonly #maxBytes: number;
  #file: FileHandle;
  #size: number;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, maxBytes: number, file: FileHandle, size: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#file = file;
    this.#size = size;
  }

  /**
   * Goes on with a file that is there, without what a killed process has left of a line.
   *
   * @throws OutputError where it cannot be written, or is no record
   */
  static async open(path: string, maxBytes: number): Promise<RecordFile> {
    try {
      const { file, size } = await openRecord(path);
      return new RecordFile(path, maxBytes, file, size);
    } catch (cause) {
      if (cause instanceof OutputError) throw cause;
      throw new OutputError(`${nameInWords(path)}: cannot be written: ${reasonOf(cause)}`, { cause });
    }
  }

  /** Writes all of the lines or none; one call after the other. */
  write(lines: Buffer): Promise<void> {
    const written = this.#last.then(() => this.#append(lines));
    this.#last = written.catch(() => {});
    return written;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
  }

  async #append(lines: Buffer): Promise<void> {
    try {
      if (this.#size > 0 && this.#size + lines.byteLength > this.#maxBytes) await this.#rotate();
      await this.#file.appendFile(lines);
      this.#size += lines.byteLength;
    } catch (cause) {
      // What fits on a full disk is half a line.
      await this.#file.truncate(this.#size).catch(() => {});
      throw new OutputError(`${nameInWords(this.#path)}: cannot be written: ${reasonOf(cause)}`, { cause });
    }
  }

  async #rotate(): Promise<void> {
    await rename(this.#path, this.#path + OLDER);
    const next = await openRecord(this.#path);
    await this.#file.close();
    this.#file = next.file;
    this.#size = next.size;
  }
}

async function openRecord(path: string): Promise<{ readonly file: FileHandle; readonly size: number }> {
  // A pipe without a reader would be waited for.
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags, OWNER_ONLY);
  try {
    const size = await wholeLines(file, path);
    await file.chmod(OWNER_ONLY);
    await file.truncate(size);
    return { file, size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @returns the size without a line that has no end */
async function wholeLines(file: FileHandle, path: string): Promise<number> {
  const found = await file.stat();
  const refuse = (what: string) =>
    new OutputError(`${nameInWords(path)}: expected a file of recorded rows, or none, found ${what}`);
  if (!found.isFile()) throw refuse('a pipe or device');
  if (found.size === 0) return 0;
  const begin = Buffer.alloc(Math.min(BEGINNING.byteLength, found.size));
  await file.read(begin, 0, begin.byteLength, 0);
  if (!begin.equals(BEGINNING.subarray(0, begin.byteLength))) throw refuse('another one');
  return endOfLast(file, found.size);
}

const CHUNK = 64 * 1024;

async function endOfLast(file: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.alloc(CHUNK);
  for (let end = size; end > 0; end -= CHUNK) {
    const start = Math.max(0, end - CHUNK);
    const { bytesRead } = await file.read(chunk, 0, end - start, start);
    const at = chunk.subarray(0, bytesRead).lastIndexOf(LINE_END);
    if (at >= 0) return start + at + 1;
  }
  return 0;
}
