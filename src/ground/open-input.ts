import { closeSync, constants, createReadStream, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { isatty, ReadStream } from 'node:tty';

/**
 * Opens a file, or anything that can be read like one: a pipe (`<(zcat table.csv.gz)`), a terminal, a device.
 *
 * A call that waits for a pipe's other side, or for a key, blocks a thread, and a process does not end before its
 * threads do. So nothing here blocks in a system call: pipes and terminals are read when the event loop reports data. A
 * pipe that no writer has opened yet is not at its end (pipe(7), poll(2)).
 * Why: docs/decisions/a-table-is-never-read-by-a-waiting-call.md
 *
 * @param chunkBytes to ask of a file at once
 * @throws NodeJS.ErrnoException, as the stream does
 */
export function openInput(path: string, chunkBytes: number): Readable {
  // The flags only matter for pipes and devices. Windows has none of them.
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
  try {
    if (isatty(fd)) return new ReadStream(fd);
    if (fstatSync(fd).isFIFO()) return new Socket({ fd, readable: true, writable: false });
    return createReadStream(path, { fd, highWaterMark: chunkBytes });
  } catch (error) {
    closeSync(fd);
    throw error;
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
