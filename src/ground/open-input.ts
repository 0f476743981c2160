import { closeSync, constants, createReadStream, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { isatty, ReadStream } from 'node:tty';

/**
 * Opens a file, or anything that can be read like one: a pipe (`<(zcat table.csv.gz)`), a terminal, a device.
 *
 * A call that waits for a pipe's other side, or for a key, occupies a thread, and a process does not end before its threads
 * do. So nothing here waits in a system call: pipes and terminals are read when the event loop says that there is
 * something. A pipe without a writer is not at its end before there was one (pipe(7), poll(2)).
 *
 * @param chunkBytes to ask of a file at once
 * @throws NodeJS.ErrnoException, as the stream does
 */
export function openInput(path: string, chunkBytes: number): Readable {
  // Of something other than a pipe or device, the flag changes nothing. Windows has none.
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
