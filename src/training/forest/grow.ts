/** Grows the trees of a forest, on as many threads as are worthwhile. */
import { setTimeout as wait } from 'node:timers/promises';
import { threadScript } from '../../ground/package-files.js';
import { Team } from '../../threads/team.js';
import { canRunThread } from '../../threads/thread.js';
import { type ForestTask, GROWN_TREES, growShare } from '../../tree/grow/forest-team.js';
import type { GrownTree } from '../../tree/grow/grown-tree.js';
import { inTurns, type Pace } from '../pace.js';

/** How a forest uses threads. It does not affect the trees. */
export interface ForestThreads {
  readonly jobs: number;
  /** Threads are started from this many entries (rows times features times trees) on. */
  readonly threadsFrom?: number;
  /** The script that a thread runs. */
  readonly workerScript?: URL;
}

/** A new thread takes about as long as these to start. */
const THREADS_FROM = 1 << 20;

/** How long idle threads wait for another forest, as in a cross-validation. */
const IDLE_MS = 5_000;

/** Interval at which the abort signal is checked while other threads work. */
const WAIT_MS = 30;

/** @returns the trees by their numbers @throws the reason of the pace's signal */
export async function growTrees(task: ForestTask, threads: ForestThreads, pace: Pace): Promise<GrownTree[]> {
  const share = () => Atomics.load(task.counters, GROWN_TREES) / task.treeCount;
  const turn = () => pace(share());
  const team = teamFor(task, threads);
  const trees: GrownTree[] = [];
  try {
    const others = team?.askAll(task);
    trees.push(...(await inTurns(growShare(task), turn)));
    let results: GrownTree[][] | null = others === undefined ? [] : null;
    while (results === null) {
      results = await Promise.race([others!, wait(WAIT_MS, null, { ref: false })]);
      await turn();
    }
    trees.push(...results.flat());
  } finally {
    await team?.rest(IDLE_MS);
  }
  return trees.sort((a, b) => a.number - b.number);
}

/** Null where the caller's thread is enough. */
function teamFor({ plan, treeCount }: ForestTask, threads: ForestThreads): Team<ForestTask, GrownTree[]> | null {
  const { jobs, threadsFrom = THREADS_FROM, workerScript = threadScript('training/forest/worker.js') } = threads;
  const size = Math.min(jobs, treeCount) - 1;
  if (size < 1 || plan.ranked.keys.length * treeCount < threadsFrom || !canRunThread(workerScript)) return null;
  return Team.take(workerScript, size, { name: 'a training thread' });
}
