import { threadScript } from '../../ground/package-files.js';
import { Team } from '../../threads/team.js';
import { canRunThread } from '../../threads/thread.js';
import type { Batch } from '../table-source.js';
import type { BlockTask } from './block-task.js';

/** Parses blocks somewhere else. */
export interface BlockParser {
  /** How many blocks it can have under way without one waiting for nothing. */
  readonly capacity: number;
  parse(task: BlockTask): Promise<readonly Batch[] | undefined>;
  close(): Promise<void>;
}

const WORKER = threadScript('data/csv/block-worker.js');

export function hasThreads(): boolean {
  return canRunThread(WORKER);
}

/** Threads that parse blocks in turn. */
export class BlockPool implements BlockParser {
  readonly capacity: number;
  readonly #team: Team<BlockTask, readonly Batch[] | undefined>;

  /** @param script what a thread runs */
  constructor(size: number, script = WORKER) {
    // Not two: a thread should not wait whenever the caller is late.
    this.capacity = 4 * size;
    this.#team = new Team(script, size, { name: 'a thread that parses blocks' });
  }

  parse(task: BlockTask): Promise<readonly Batch[] | undefined> {
    return this.#team.askNext(task);
  }

  close(): Promise<void> {
    return this.#team.stop();
  }
}
