import { constants } from 'node:fs';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
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
 * before, and a new file begins: both together are never larger than twice the size, unless a line is larger than it. Where
 * somebody moves or removes the file, another one begins.
 */
export class RecordFile implements RecordSink {
  readonly #path: string;
  readonly #maxBytes: number;
  #open: OpenFile;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, maxBytes: number, open: OpenFile) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#open = open;
  }

  /**
   * Goes on with a file that is there, without what a killed process has left of a line.
   *
   * @throws OutputError where it cannot be written, or is no record
   */
  static async open(path: string, maxBytes: number): Promise<RecordFile> {
    try {
      return new RecordFile(path, maxBytes, await openRecord(path));
    } catch (cause) {
      if (cause instanceof OutputError) throw cause;
      throw new OutputError(`${nameInWords(path)}: cannot be written: ${reasonOf(cause)}`, { cause });
    }
  }

  /**
   * Writes whole lines; one call after the other. Rejects where not all of them are written: those that began another file
   * then may be there.
   */
  write(lines: Buffer): Promise<void> {
    const written = this.#last.then(() => this.#append(lines));
    this.#last = written.catch(() => {});
    return written;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#open.file.close();
  }

  async #append(lines: Buffer): Promise<void> {
    try {
      if (await this.#isElsewhere()) await this.#begin();
      for (let rest = lines; rest.byteLength > 0; ) {
        const fitting = rest.subarray(0, this.#fittingBytes(rest));
        if (fitting.byteLength === 0) {
          await rename(this.#path, this.#path + OLDER);
          await this.#begin();
          continue;
        }
        await this.#open.file.appendFile(fitting);
        this.#open.size += fitting.byteLength;
        rest = rest.subarray(fitting.byteLength);
      }
    } catch (cause) {
      // What fits on a full disk is half a line.
      await this.#open.file.truncate(this.#open.size).catch(() => {});
      if (cause instanceof OutputError) throw cause;
      throw new OutputError(`${nameInWords(this.#path)}: cannot be written: ${reasonOf(cause)}`, { cause });
    }
  }

  /** Of the whole lines that the file has room for; an empty one for the first line always. */
  #fittingBytes(lines: Buffer): number {
    const { size } = this.#open;
    const room = this.#maxBytes - size;
    if (lines.byteLength <= room) return lines.byteLength;
    const end = room > 0 ? lines.lastIndexOf(LINE_END, room - 1) + 1 : 0;
    return end === 0 && size === 0 ? lines.indexOf(LINE_END) + 1 || lines.byteLength : end;
  }

  /** Whether another file, or none, is where this one was: what is written to it then nobody finds. */
  async #isElsewhere(): Promise<boolean> {
    try {
      const { dev, ino } = await stat(this.#path);
      return dev !== this.#open.dev || ino !== this.#open.ino;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const next = await openRecord(this.#path);
    await this.#open.file.close();
    this.#open = next;
  }
}

interface OpenFile {
  readonly file: FileHandle;
  readonly dev: number;
  readonly ino: number;
  size: number;
}

async function openRecord(path: string): Promise<OpenFile> {
  // A pipe without a reader would be waited for.
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags, OWNER_ONLY);
  try {
    const { dev, ino } = await file.stat();
    const size = await wholeLines(file, path);
    await file.chmod(OWNER_ONLY);
    await file.truncate(size);
    return { file, dev, ino, size };
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
