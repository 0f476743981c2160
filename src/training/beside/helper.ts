import { availableParallelism } from 'node:os';
import type { Dataset } from '../../data/dataset.js';
import { HASH_BYTES, hashPieces, pieceCount, RowHashes } from '../../data/row-hash.js';
import { threadScript } from '../../ground/package-files.js';
import { runStepsInTurns, type Steps } from '../../model/steps.js';
import { untilAborted } from '../../threads/task.js';
import { Team } from '../../threads/team.js';
import { canRunThread } from '../../threads/thread.js';
import { type Answer, type Given, stepsOf, type Table, type TaskKind } from './tasks.js';

/** What a thread is told: the table that it is to help with, null at the end, or something to do. */
export type Message =
  | { readonly table: Table | null }
  | { readonly [K in TaskKind]: { readonly kind: K; readonly given: Given<K> } }[TaskKind];

/** Cells from which on a thread helps. */
const FROM = 1 << 19;
/** The same where columns are not in shared memory, so that a thread gets a copy. */
const COPIED_FROM = 1 << 21;
/** When rows are hashed, fewer cells are not worth a thread more. */
const CELLS_PER_THREAD = 1 << 20;
/** How long a thread that has nothing to do waits for the next table. */
const IDLE_MS = 5_000;

const WORKER = threadScript('training/beside/worker.js');
const SETTINGS = { name: 'a helping thread', resourceLimits: { maxYoungGenerationSizeMb: 4 } };

type Threads = Team<Message, unknown>;

/** A task that may be under way. */
export interface Begun<T> {
  /** To be called once. @throws what was raised; the signal's reason once it is aborted */
  result(signal?: AbortSignal): Promise<T>;
}

export interface HashingOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the share of the rows that are hashed, in [0, 1]. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/**
 * Starts the thread that will help with a table which is still read, where it will be large enough: it then takes no time
 * to start. To be called as often as one likes. A thread that nobody needs ends by itself, and keeps no process alive.
 * Why: docs/decisions/a-thread-beside-the-fit.md
 *
 * @param cells values that the table will have, as far as is known
 */
export function expectTable(cells: number, jobs = availableParallelism()): void {
  if (jobs > 1 && cells >= FROM && canRunThread(WORKER)) Team.keepReady(WORKER, 1, SETTINGS, IDLE_MS);
}

/**
 * Does what a training does to a table beside growing a tree: that of a large one on a thread of its own, which reads the
 * columns where they are; that of any other on the caller's, with turns of the event loop between, when the result is
 * asked for. End it.
 * Why: docs/decisions/a-thread-beside-the-fit.md
 */
export class Helper {
  readonly #dataset: Dataset;
  readonly #jobs: number;
  readonly #script: URL;
  #threads: Threads | null | undefined;

  /**
   * @param jobs 1: no thread is started
   * @param script what a thread runs
   */
  constructor(dataset: Dataset, jobs: number, script = WORKER) {
    this.#dataset = dataset;
    this.#jobs = jobs;
    this.#script = script;
  }

  begin<K extends TaskKind>(kind: K, given: Given<K>): Begun<Answer<K>> {
    const threads = this.#start();
    if (threads === null) return { result: (signal) => runStepsInTurns(stepsOf(kind, this.#dataset, given), signal) };
    const answer = threads.askNext({ kind, given } as Message);
    return { result: (signal) => untilAborted(answer as Promise<Answer<K>>, signal) };
  }

  /** Hashes the rows as `hashRows` does, on the caller's thread too. @throws the signal's reason once it is aborted */
  async hashRows({ onProgress, signal }: HashingOptions = {}): Promise<RowHashes> {
    const table = tableOf(this.#dataset);
    const given = {
      bytes: new Uint8Array(new SharedArrayBuffer(table.rowCount * HASH_BYTES)),
      taken: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
    };
    const count = pieceCount(table);
    const first = this.#start();
    const more = first === null ? null : this.#more();
    const answers = [first, more].flatMap((threads) => threads?.askAll({ kind: 'pieces', given }) ?? []);
    try {
      const look = () => onProgress?.(Math.min(1, given.taken[0]! / count));
      const own = await runStepsInTurns(counted(hashPieces(table, given.bytes, given.taken), look), signal);
      // A thread that took none may not even run yet.
      if (own < count) await untilAborted(Promise.all(answers), signal);
    } finally {
      await more?.rest(IDLE_MS);
    }
    return new RowHashes(given.bytes);
  }

  /** Ends what still goes on. */
  async end(): Promise<void> {
    const threads = this.#threads;
    this.#threads = null;
    threads?.tell({ table: null });
    await threads?.rest(IDLE_MS);
  }

  #start(): Threads | null {
    if (this.#threads === undefined) this.#threads = this.#pays() ? this.#take(1) : null;
    return this.#threads;
  }

  #pays(): boolean {
    const from = isShared(this.#dataset) ? FROM : COPIED_FROM;
    return this.#jobs > 1 && cellsOf(this.#dataset) >= from && canRunThread(this.#script);
  }

  /** Beside the caller's thread and the one that helps. */
  #more(): Threads | null {
    const count = Math.min(this.#jobs, Math.ceil(cellsOf(this.#dataset) / CELLS_PER_THREAD)) - 2;
    return count > 0 ? this.#take(count) : null;
  }

  #take(count: number): Threads {
    const threads: Threads = Team.take(this.#script, count, SETTINGS);
    threads.tell({ table: tableOf(this.#dataset) });
    return threads;
  }
}

function tableOf({ classes, features, labels, rowCount, target }: Dataset): Table {
  return { classes, features, labels, rowCount, target };
}

function cellsOf({ features, rowCount }: Dataset): number {
  return features.length * rowCount;
}

function isShared({ features }: Dataset): boolean {
  return features.every(({ values }) => values.buffer instanceof SharedArrayBuffer);
}

/** @returns how many steps there were */
function* counted(steps: Steps<void>, look: () => void): Steps<number> {
  let count = 0;
  for (const _ of steps) {
    count++;
    look();
    yield;
  }
  return count;
}
