import { setImmediate as nextTurn } from 'node:timers/promises';
import { packageFile } from '../ground/package-files.js';
import { startTask } from '../threads/task.js';
import { canRunThread } from '../threads/thread.js';
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
  if (jobs === 1 || !large || !canRunThread(script)) return hashHere(table);
  return startTask<string>(script, {
    name: 'the hashing thread',
    data: table,
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
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
