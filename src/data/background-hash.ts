import { existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { packageFile } from '../ground/package-files.js';
import type { Dataset } from './dataset.js';
import { type HashedTable, hashSteps } from './sha256.js';

/** Cells from which on a thread is started: they take about five times as long as its start. */
const THREAD_FROM = 1 << 20;

const WORKER = packageFile('data/sha256-worker.js');

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
 *
 * @param jobs 1: no thread is started
 * @param script what a thread runs
 */
export function beginHash(dataset: Dataset, jobs: number, script = WORKER): BackgroundHash {
  const { classes, features, labels, rowCount, target } = dataset;
  const table = { classes, features, labels, rowCount, target };
  const large = features.length * rowCount >= THREAD_FROM;
  // A thread runs a file of the built package, which is not there beside its sources.
  if (jobs === 1 || !large || !existsSync(fileURLToPath(script))) return hashHere(table);
  const worker = new Worker(script, {
    workerData: table,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  const found = new Promise<string>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the hashing thread ended early, with exit code ${code}`)));
  });
  // Whoever asks for the result gets the error; until then it must not count as unhandled.
  found.catch(() => {});
  return {
    result: (signal) => orAborted(found, signal),
    stop: async () => void (await worker.terminate()),
  };
}

function hashHere(table: HashedTable): BackgroundHash {
  return {
    async result(signal) {
      const steps = hashSteps(table);
      let step = steps.next();
      for (; !step.done; step = steps.next()) {
        signal?.throwIfAborted();
        await nextTurn();
      }
      return step.value;
    },
    stop: async () => {},
  };
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
