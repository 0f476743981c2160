import { setImmediate as nextTurn } from 'node:timers/promises';
import { threadScript } from '../ground/package-files.js';
import { startTask } from '../threads/task.js';
import { canRunThread } from '../threads/thread.js';
import type { Dataset } from './dataset.js';
import { HASH_BYTES, RowHashes, hashSteps as rowHashSteps } from './row-hash.js';
import type { RowHashTask } from './row-hash-worker.js';
import { hashSteps } from './sha256.js';
import { tableHashSteps } from './table-hash.js';

/** Cells from which on a thread is started: they take about five times as long as its start. */
const THREAD_FROM = 1 << 20;
/** The same for row hashes, which take a fifth of the time. */
const ROW_THREADS_FROM = 1 << 21;
/** Fewer cells are not worth a thread more. */
const CELLS_PER_THREAD = 1 << 20;

const WORKER = threadScript('data/sha256-worker.js');
const ROW_WORKER = threadScript('data/row-hash-worker.js');

/** Between two looks at how far the threads are. */
const LOOK_MS = 100;

export interface RowHashOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the share of the rows that are hashed, in [0, 1]. */
  readonly onProgress?: ((share: number) => void) | undefined;
  /** What a thread runs. */
  readonly script?: URL;
}

/** The hash of a dataset while something else is done. */
export interface BackgroundHash {
  /** To be called once. @throws the signal's reason once it is aborted */
  result(signal?: AbortSignal): Promise<string>;
  /** Ends the work, if it still goes on. */
  stop(): Promise<void>;
}

/**
 * Begins to hash a dataset as `datasetSha256` does. A large one has a thread of its own, which reads the columns where
 * they are when they are in shared memory; any other is hashed when the result is asked for, with turns of the event
 * loop between.
 * Why: docs/decisions/hash-while-the-tree-grows.md
 *
 * @param jobs 1: no thread is started
 * @param script what a thread runs
 */
export function beginHash(dataset: Dataset, jobs: number, script = WORKER): BackgroundHash {
  const { classes, features, labels, rowCount, target } = dataset;
  const table = { classes, features, labels, rowCount, target };
  if (jobs === 1 || cellsOf(dataset) < THREAD_FROM || !canRunThread(script)) {
    return { result: (signal) => inTurns(hashSteps(table), signal), stop: async () => {} };
  }
  return startThread<string>(script, table);
}

/**
 * Hashes the rows of a dataset as `hashRows` does: a large one's on threads, any other's with turns of the event loop
 * between.
 *
 * @param jobs most threads; 1: none is started
 * @throws the signal's reason once it is aborted
 */
export async function hashRowsInBackground(
  dataset: Dataset,
  jobs: number,
  { onProgress, script = ROW_WORKER, signal }: RowHashOptions = {},
): Promise<RowHashes> {
  const { classes, features, labels, rowCount } = dataset;
  const table = { classes, features, labels, rowCount };
  const bytes = new Uint8Array(new SharedArrayBuffer(rowCount * HASH_BYTES));
  const cells = cellsOf(dataset);
  if (jobs === 1 || cells < ROW_THREADS_FROM || !canRunThread(script)) {
    const look = () => onProgress?.(hashedRows(bytes, { start: 0, end: rowCount }) / rowCount);
    await inTurns(rowHashSteps(table, bytes), signal, look);
    return new RowHashes(bytes);
  }
  const count = Math.min(jobs, Math.ceil(cells / CELLS_PER_THREAD));
  const ranges = Array.from({ length: count }, (_, i) => ({
    start: Math.floor((rowCount * i) / count),
    end: Math.floor((rowCount * (i + 1)) / count),
  }));
  const threads = ranges.map((range) => startThread<null>(script, { table, bytes, ...range } satisfies RowHashTask));
  const look = () => ranges.reduce((sum, range) => sum + hashedRows(bytes, range), 0) / rowCount;
  const timer = setInterval(() => onProgress?.(look()), LOOK_MS);
  try {
    await Promise.all(threads.map(({ result }) => result(signal)));
  } finally {
    clearInterval(timer);
    await Promise.all(threads.map(({ stop }) => stop()));
  }
  return new RowHashes(bytes);
}

/** How many rows of a range have a hash. They get theirs in their order, and none is all zeros but by a chance of 2^-128. */
function hashedRows(bytes: Uint8Array, { end, start }: { readonly start: number; readonly end: number }): number {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const hash = bytes.subarray(middle * HASH_BYTES, (middle + 1) * HASH_BYTES);
    if (hash.some((byte) => byte !== 0)) low = middle + 1;
    else high = middle;
  }
  return low - start;
}

/** `tableSha256`, with turns of the event loop between. @throws the signal's reason once it is aborted */
export function tableSha256InTurns(dataset: Dataset, hashes: RowHashes, signal?: AbortSignal): Promise<string> {
  return inTurns(tableHashSteps(dataset, hashes), signal);
}

function cellsOf({ features, rowCount }: Dataset): number {
  return features.length * rowCount;
}

function startThread<Answer>(script: URL, data: unknown) {
  return startTask<Answer>(script, {
    name: 'the hashing thread',
    data,
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
}

async function inTurns<T>(
  steps: Generator<void, T>,
  signal: AbortSignal | undefined,
  look: () => void = () => {},
): Promise<T> {
  let step = steps.next();
  for (; !step.done; step = steps.next()) {
    signal?.throwIfAborted();
    look();
    await nextTurn();
  }
  return step.value;
}
