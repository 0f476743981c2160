import { close, closeSync, constants, fstatSync, openSync, read } from 'node:fs';
import { Socket } from 'node:net';
import { addAbortSignal, Readable } from 'node:stream';
import { isatty, ReadStream } from 'node:tty';
import { getSystemErrorMap } from 'node:util';
import { InputError } from './errors.js';

/**
 * Opens a file, or anything that can be read like one: a pipe (`<(zcat table.csv.gz)`), a terminal, a device.
 *
 * A call that waits for a pipe's other side, or for a key, blocks a thread, and a process does not end before its
 * threads do. So nothing here blocks in a system call: pipes and terminals are read when the event loop reports data. A
 * pipe that no writer has opened yet is not at its end (pipe(7), poll(2)).
 * Why: docs/decisions/a-table-is-never-read-by-a-waiting-call.md
 *
 * @param chunkBytes to ask of a file at once
 * @param take makes memory for a chunk of a file
 * @throws NodeJS.ErrnoException, as the stream does
 */
export function openInput(
  path: string,
  chunkBytes: number,
  take: (size: number) => Buffer = Buffer.allocUnsafeSlow,
): Readable {
  // The flags only matter for pipes and devices. Windows has none of them.
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
  try {
    if (isatty(fd)) return new ReadStream(fd);
    if (fstatSync(fd).isFIFO()) return new Socket({ fd, readable: true, writable: false });
    return new FileStream(fd, chunkBytes, take);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A file that is open, from a place on. The stream closes it. */
export function readOn(fd: number, position: number, chunkBytes: number, take: (size: number) => Buffer): Readable {
  return new FileStream(fd, chunkBytes, take, position);
}

/** What `fs.createReadStream` is, but for whose memory the chunks are in. */
class FileStream extends Readable {
  readonly #fd: number;
  readonly #chunkBytes: number;
  readonly #take: (size: number) => Buffer;
  /** What waits for the read that is under way, before which the file must not be closed. */
  #afterRead: (() => void) | undefined;
  #isReading = false;
  /** Null: where the last read ended. */
  #position: number | null;

  constructor(fd: number, chunkBytes: number, take: (size: number) => Buffer, position: number | null = null) {
    super({ highWaterMark: chunkBytes });
    this.#position = position;
    this.#fd = fd;
    this.#chunkBytes = chunkBytes;
    this.#take = take;
  }

  override _read(): void {
    const chunk = this.#take(this.#chunkBytes);
    this.#isReading = true;
    read(this.#fd, chunk, 0, chunk.length, this.#position, (error, count) => {
      this.#isReading = false;
      if (this.#position !== null) this.#position += count;
      if (this.#afterRead) this.#afterRead();
      else if (error) this.destroy(error);
      else this.push(count === 0 ? null : chunk.subarray(0, count));
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const end = () => close(this.#fd, (failed) => done(error ?? failed));
    if (this.#isReading) this.#afterRead = end;
    else end();
  }
}

/** Far more than certificates, keys and lists of authorities have. */
const MOST_SMALL_BYTES = 4 * 1024 * 1024;
const SMALL_CHUNK_BYTES = 64 * 1024;
const SMALL_TIMEOUT_MS = 10_000;

/**
 * All of a small file or pipe.
 *
 * @param timeoutMs how long a pipe may take
 * @throws Error when it cannot be read, is too large or takes too long
 */
export async function readSmallInput(path: string, timeoutMs = SMALL_TIMEOUT_MS): Promise<Buffer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of addAbortSignal(signal, openInput(path, SMALL_CHUNK_BYTES))) {
      bytes += chunk.byteLength;
      if (bytes > MOST_SMALL_BYTES) throw new Error(`expected at most ${MOST_SMALL_BYTES} bytes, found more`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new Error(`expected its end within ${timeoutMs / 1000} s, found a pipe that stays open`, { cause });
  }
  return Buffer.concat(chunks);
}

/** The error for a PEM file that cannot be read. */
export function unreadablePem(path: string, error: unknown): InputError {
  const { errno, message } = error as NodeJS.ErrnoException;
  const reason = (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
  return new InputError(`${path}: cannot be read: ${reason}`, { cause: error });
}
