import type { Readable } from 'node:stream';

/** A line that is longer goes on in pieces. */
const MAX_LINE_BYTES = 1024 * 1024;
const LINE_END = 10;

/** Passes on what a process writes in whole lines, so that lines of several processes don't mix. */
export function relayLines(from: Readable, write: (lines: Buffer) => void): void {
  let begun: Buffer[] = [];
  let bytes = 0;
  const pass = (part: Buffer) => {
    write(Buffer.concat([...begun, part]));
    begun = [];
    bytes = 0;
  };
  from.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf(LINE_END) + 1;
    if (end > 0) pass(chunk.subarray(0, end));
    if (end < chunk.length) begun.push(chunk.subarray(end));
    bytes += chunk.length - end;
    if (bytes > MAX_LINE_BYTES) pass(Buffer.of(LINE_END));
  });
  from.on('end', () => {
    if (bytes > 0) pass(Buffer.of(LINE_END));
  });
  from.on('error', () => {}); // of a process that has ended
}
