import { constants, fstatSync, openSync, writeSync } from 'node:fs';

/** The most that waits for a slow reader; further lines are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;
const FIRST_RETRY_MS = 10;
const LAST_RETRY_MS = 500;
/** How long the end of the process waits for lines that are not written. */
const LAST_WAIT_MS = 300;
const LINE_END = 10;

/** Where lines go to. */
export interface LineSink {
  /** Takes some or all of the bytes, at once. @returns how many @throws as `writeSync` does */
  write(bytes: Uint8Array): number;
}

/**
 * Writes lines in order, each whole, and never waits: what the reader does not take now waits in memory, what does not
 * fit there or cannot be written at all is dropped and counted. No error ends the process.
 * Why: docs/decisions/own-log-writer.md
 */
export class LineOutput {
  readonly #sink: LineSink;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Whether the last attempt failed; what comes is dropped until the next one. */
  #failing = false;
  /** Whether what was written last is a line without its end. */
  #torn = false;
  #retryMs = FIRST_RETRY_MS;
  #dropped = 0;
  /** Of these, the lines whose loss is not reported yet. */
  #untold = 0;
  /** Called with the number of lines that were lost, once lines can be written again. */
  onRecovery: (lost: number) => void = () => {};

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  /** Lines that were dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @param lines one or several, each with its end */
  write(lines: string | Buffer): void {
    // The rest of a torn line was dropped, or it would wait: what follows begins a new one.
    const mended = this.#torn && this.#waiting.length === 0 ? `\n${lines}` : lines;
    const bytes = typeof mended === 'string' ? Buffer.from(mended) : mended;
    if (this.#failing || this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.#drop(bytes);
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    // Behind others it waits for their next attempt.
    if (this.#waiting.length === 1) this.#flush();
  }

  /** For the end of the process: gives a slow reader a little more time. */
  finish(pause: (ms: number) => void = pauseNow): void {
    for (let waitedMs = 0; waitedMs < LAST_WAIT_MS && !this.#writeWaiting(); waitedMs += FIRST_RETRY_MS) {
      if (this.#failing) return;
      pause(FIRST_RETRY_MS);
    }
  }

  #flush(): void {
    if (this.#writeWaiting()) {
      this.#reportLoss();
      return;
    }
    setTimeout(() => this.#retry(), this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #retry(): void {
    this.#failing = false;
    this.#flush();
  }

  /** @returns whether nothing waits any more */
  #writeWaiting(): boolean {
    while (this.#waiting.length > 0) {
      const [first] = this.#waiting;
      const written = this.#attempt(first);
      if (written === 0) return false;
      this.#retryMs = FIRST_RETRY_MS;
      this.#torn = first[written - 1] !== LINE_END;
      this.#waitingBytes -= written;
      if (written === first.length) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(written);
    }
    return true;
  }

  /** @returns how many bytes were taken */
  #attempt(bytes: Buffer): number {
    try {
      return this.#sink.write(bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#fail();
      return 0;
    }
  }

  /** A full disk, or a reader that has gone: nothing that waits will be written soon. */
  #fail(): void {
    this.#failing = true;
    for (const bytes of this.#waiting.splice(0)) this.#drop(bytes);
    this.#waitingBytes = 0;
  }

  #drop(bytes: Buffer): void {
    const lines = countLines(bytes);
    this.#dropped += lines;
    this.#untold += lines;
  }

  /** The line that reports the loss is the first attempt after a failure: if it fails too, it is discarded. */
  #reportLoss(): void {
    const [dropped, lost] = [this.#dropped, this.#untold];
    if (lost === 0) return;
    this.#untold = 0;
    this.onRecovery(lost);
    if (this.#failing) [this.#dropped, this.#untold] = [dropped, lost];
  }
}

/** An end at the very beginning is that of a line which was written but for it. */
function countLines(bytes: Buffer): number {
  let count = 0;
  for (let end = bytes.indexOf(LINE_END, 1); end >= 0; end = bytes.indexOf(LINE_END, end + 1)) count++;
  return count;
}

/** Blocks: the event loop has ended when this is needed. */
function pauseNow(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * What writes to a file descriptor without waiting. The descriptor's own mode is shared with every process that has it
 * from the same parent, and each child that Node starts makes it blocking again: a pipe or terminal is opened once more.
 */
export function sinkOf(fd: number): LineSink {
  const own = openAgain(fd);
  return { write: (bytes) => writeSync(own, bytes) };
}

function openAgain(fd: number): number {
  const kind = fstatSync(fd);
  if (!kind.isFIFO() && !kind.isCharacterDevice()) return fd;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd; // no /proc, or a pipe of another user: Node has made it non-blocking, and that has to do
  }
}
