import { isAscii } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, read } from 'node:fs';
import { threadScript } from '../../ground/package-files.js';
import { Team } from '../../threads/team.js';
import { canRunThread } from '../../threads/thread.js';
import type { Batch } from '../table-source.js';
import { type CellScanner, createScanner } from './cell-scanner.js';
import type { Head } from './head.js';
import { PlainTable, type TableTask } from './plain-block.js';
import { type ScannedStretch, type Stretches, scanStretch, type TakenStretch, takeStretch } from './stretch.js';

/** What the thread is told: the table, or to read a stretch of it into one of its memories. */
export type StretchMessage = StretchedTable | { readonly slot: number };

interface StretchedTable {
  readonly stretches: Stretches;
  readonly task: TableTask;
}

export interface StretchOptions {
  /** Of a stretch. */
  readonly bytes: number;
  /** Bytes of a file from which on a thread helps. */
  readonly helpedFrom: number;
  /** What the thread runs. */
  readonly script: URL;
}

/** Where a file goes on that was not read to its end. Who is given it is to close it. */
export interface FileRest {
  readonly fd: number;
  readonly position: number;
  readonly line: number;
  /** Whether every byte before is ASCII. */
  readonly isAscii: boolean;
}

type Helper = Team<StretchMessage, ScannedStretch | undefined>;

const WORKER = threadScript('data/csv/stretch-worker.js');
const SETTINGS = { name: 'a thread that reads stretches of a file' };
const IDLE_MS = 5_000;
/** One is read, one is scanned, and one may wait for its turn. */
const OWN_MEMORIES = 3;
const HELPER_MEMORIES = 3;
const NONE_LEFT = 1 << 30;

export function stretchOptions(jobs: number): StretchOptions {
  const isHelped = jobs > 1 && canRunThread(WORKER);
  return { bytes: 1 << 21, helpedFrom: isHelped ? 1 << 25 : Number.POSITIVE_INFINITY, script: WORKER };
}

/** Starts the thread for a file that is going to be read, if it is that large. One that nobody needs ends by itself. */
export function expectFile(bytes: number, { helpedFrom, script }: StretchOptions): void {
  if (bytes >= helpedFrom) Team.keepReady(script, 1, SETTINGS, IDLE_MS);
}

/**
 * Reads the rows after the head of a table, as long as they are plain, from a regular file that has the text as it is: this
 * thread and another one read some of its stretches each.
 * Why: docs/decisions/files-are-read-in-stretches.md
 *
 * @param onRead is told how far the file is read
 * @returns where it goes on; undefined where nothing of it was read
 */
export async function* readStretches(
  path: string,
  head: Head,
  task: TableTask,
  options: StretchOptions,
  onRead: (position: number) => void,
): AsyncGenerator<Batch, FileRest | undefined> {
  const stretches = await openAfter(path, head, options.bytes);
  if (stretches === undefined) return undefined;
  const { fd } = stretches;
  let rest = { fd, position: stretches.begin, line: lineAfter(head), isAscii: isAscii(head.bytes) };
  let isLeft = false;
  const reading = new Reading({ stretches, task }, options);
  try {
    for (let plain = await reading.next(); plain?.begin === rest.position; plain = await reading.next()) {
      const { batch, end, lineCount } = plain;
      onRead(end);
      const before = rest.line - 1;
      yield { ...batch, places: batch.places.map((line) => line + before) };
      rest = { fd, position: end, line: rest.line + lineCount, isAscii: rest.isAscii && plain.isAscii };
    }
    isLeft = rest.position > stretches.begin;
  } finally {
    await reading.end();
    if (!isLeft) closeSync(fd);
  }
  return isLeft ? rest : undefined;
}

const MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** @returns undefined where the file does not begin with the head, as one that is packed, or little comes after it */
async function openAfter(path: string, head: Head, bytes: number): Promise<Stretches | undefined> {
  // Else there may be lines before the head, or some of it end in CR alone, which are no lines to the check of UTF-8.
  if (head.blocks[0]!.firstLine !== 1 || lineAfter(head) !== lineFeeds(head.bytes) + 1) return undefined;
  const fd = openFile(path);
  if (fd === undefined) return undefined;
  const status = fstatSync(fd);
  const found = Buffer.allocUnsafe(MARK.length + head.bytes.length);
  const count = status.isFile() ? await readAt(fd, found, 0) : 0;
  const begin = found.subarray(0, MARK.length).equals(MARK) ? MARK.length : 0;
  const end = begin + head.bytes.length;
  if (count >= end && status.size - end >= bytes && found.subarray(begin, end).equals(head.bytes)) {
    const next = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    return { fd, begin: end, end: status.size, bytes, next };
  }
  closeSync(fd);
  return undefined;
}

/** @returns undefined where that fails: who reads on has the file open */
function openFile(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch {
    return undefined;
  }
}

/** @returns how many bytes were read; 0 where that fails: who reads on will see it */
function readAt(fd: number, bytes: Buffer, position: number): Promise<number> {
  return new Promise((resolve) => {
    read(fd, bytes, 0, bytes.length, position, (error, count) => resolve(error ? 0 : count));
  });
}

function lineAfter({ blocks }: Head): number {
  return blocks.reduce((line, { lineCount }) => line + lineCount, 1);
}

function lineFeeds(bytes: Buffer): number {
  return bytes.toString('latin1').split('\n').length - 1;
}

interface Waiting {
  readonly stretch: ScannedStretch;
  /** Says that nobody reads the batch any more. */
  release(): void;
}

/** Stretches in the order of the file, whoever scans them. */
class Reading {
  readonly #stretches: Stretches;
  readonly #table: PlainTable;
  readonly #helper: Helper | undefined;
  readonly #free: CellScanner[] = [];
  /** Scanned ones, by index. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #underWay = new Set<Promise<void>>();
  #isReading = false;
  #turn = 0;
  #release = () => {};

  constructor(table: StretchedTable, { helpedFrom, script }: StretchOptions) {
    this.#stretches = table.stretches;
    this.#table = new PlainTable(table.task);
    this.#helper = table.stretches.end < helpedFrom ? undefined : Team.take(script, 1, SETTINGS);
    this.#helper?.tell(table);
    for (let slot = 0; slot < HELPER_MEMORIES; slot++) this.#ask(slot);
    for (let i = 0; i < OWN_MEMORIES; i++) {
      const scanner = createScanner();
      if (scanner === undefined) break;
      this.#free.push(scanner);
    }
  }

  /** The next one, good until another is asked for; undefined where it is not plain, or there is none. */
  async next(): Promise<ScannedStretch['plain']> {
    this.#release();
    this.#release = () => {};
    for (;;) {
      const found = this.#waiting.get(this.#turn);
      if (found !== undefined) {
        this.#waiting.delete(this.#turn++);
        this.#release = found.release;
        return found.stretch.plain;
      }
      this.#take();
      if (this.#underWay.size === 0) return undefined;
      await Promise.race(this.#underWay);
    }
  }

  /** Ends what is under way. */
  async end(): Promise<void> {
    Atomics.store(this.#stretches.next, 0, NONE_LEFT);
    await Promise.allSettled(this.#underWay);
    await this.#helper?.rest(IDLE_MS);
  }

  /** Begins to read a stretch here, if it can. */
  #take(): void {
    const scanner = this.#free.at(-1);
    if (this.#isReading || scanner === undefined) return;
    const taken = takeStretch(this.#stretches, scanner);
    if (taken === undefined) return;
    this.#free.pop();
    this.#isReading = true;
    this.#follow(this.#scan(taken, scanner));
  }

  async #scan(taken: TakenStretch, scanner: CellScanner): Promise<void> {
    const count = await readAt(this.#stretches.fd, taken.room, taken.position);
    this.#isReading = false;
    // The next one is read while this one is scanned.
    this.#take();
    const stretch = scanStretch(taken, count, this.#stretches, this.#table, scanner);
    this.#waiting.set(taken.index, { stretch, release: () => void this.#free.push(scanner) });
  }

  /** Has the helper read a stretch, if there is one left. Where it fails, what is not read is left to the caller. */
  #ask(slot: number): void {
    const answer = this.#helper?.askNext({ slot }).then(
      (stretch) => {
        if (stretch === undefined) return;
        this.#waiting.set(stretch.index, { stretch, release: () => this.#ask(slot) });
      },
      () => {},
    );
    if (answer !== undefined) this.#follow(answer);
  }

  /** What fails stays, for whoever waits. */
  #follow(work: Promise<void>): void {
    const done = work.then(() => void this.#underWay.delete(done));
    done.catch(() => {});
    this.#underWay.add(done);
  }
}
