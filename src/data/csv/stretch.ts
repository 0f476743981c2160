import { isUtf8 } from 'node:buffer';
import type { Batch } from '../table-source.js';
import type { CellScanner } from './cell-scanner.js';
import type { PlainTable } from './plain-block.js';

const LINE_FEED = 10;

/** How far beyond its end a stretch is read, for the last line that begins in it. */
const SLACK_BYTES = 1 << 16;

/** A file that is read in stretches, which threads take in turn. */
export interface Stretches {
  readonly fd: number;
  /** Where the first one begins, with a record. */
  readonly begin: number;
  /** Where the file ended when it was opened. */
  readonly end: number;
  /** Of each. */
  readonly bytes: number;
  /** Of the next that nobody has taken its index; in shared memory. */
  readonly next: Int32Array;
}

/** A stretch that is to be read, and where to. */
export interface TakenStretch {
  readonly index: number;
  /** In the file. */
  readonly position: number;
  readonly room: Buffer;
}

/** The rows of the lines that begin in a stretch; only its index where they are not plain. */
export interface ScannedStretch {
  readonly index: number;
  readonly plain?: {
    /** Where the lines begin and end in the file. */
    readonly begin: number;
    readonly end: number;
    readonly lineCount: number;
    readonly isAscii: boolean;
    /** Its lines are counted from 1. */
    readonly batch: Batch;
  };
}

/** @returns undefined where none is left, or no memory for one */
export function takeStretch({ begin, bytes, end, next }: Stretches, scanner: CellScanner): TakenStretch | undefined {
  const room = scanner.take(1 + bytes + SLACK_BYTES);
  if (room === undefined) return undefined;
  const index = Atomics.add(next, 0, 1);
  const from = begin + index * bytes;
  if (from >= end) return undefined;
  // The byte before it tells whether a line begins with it.
  const position = index === 0 ? from : from - 1;
  return { index, position, room: room.subarray(0, Math.min(end, from + bytes + SLACK_BYTES) - position) };
}

/** @param count bytes that were read. What the batch has is good until the scanner takes the next stretch. */
export function scanStretch(
  { index, position, room }: TakenStretch,
  count: number,
  { begin, bytes, end }: Stretches,
  table: PlainTable,
  scanner: CellScanner,
): ScannedStretch {
  // The file is shorter by now.
  if (count < room.length) return { index };
  const start = index === 0 ? 0 : lineAfter(room, 0);
  const next = begin + (index + 1) * bytes;
  const stop = next < end ? lineAfter(room, next - 1 - position) : room.lastIndexOf(LINE_FEED) + 1;
  if (stop <= start || (index > 0 && start === 0)) return { index };
  const lines = room.subarray(start, stop);
  const { isAscii, lineCount } = scanner.countLines(lines);
  if (!isAscii && !isUtf8(lines)) return { index };
  const batch = table.scan({ bytes: lines, quoted: true, firstLine: 1, lineCount }, scanner);
  if (batch === undefined) return { index };
  return { index, plain: { begin: position + start, end: position + stop, lineCount, isAscii, batch } };
}

/** Where the first line begins after a place; 0 where none does. */
function lineAfter(bytes: Buffer, at: number): number {
  return bytes.indexOf(LINE_FEED, at) + 1;
}
