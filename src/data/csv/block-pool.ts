import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { packageFile } from '../../ground/package-files.js';
import type { BlockTask, ParsedBlock } from './parsed-block.js';

/** Parses blocks somewhere else. */
export interface BlockParser {
  /** How many blocks it can have under way without one waiting for nothing. */
  readonly capacity: number;
  parse(task: BlockTask): Promise<ParsedBlock | undefined>;
  close(): Promise<void>;
}

const WORKER = packageFile('data/csv/block-worker.js');

/** Whether threads can be started: their code is a file of the built package, not of its sources. */
export function hasThreads(): boolean {
  return existsSync(fileURLToPath(WORKER));
}

interface Waiting {
  resolve(parsed: ParsedBlock | undefined): void;
  reject(reason: Error): void;
}

/**
 * Threads that parse blocks in turn. One that fails or stops fails every block that it owes, now or later. They run
 * without the flags of the process, of which some (`--input-type`) are refused where a file is run.
 */
export class BlockPool implements BlockParser {
  readonly capacity: number;
  readonly #threads: Thread[];
  #next = 0;

  constructor(size: number, startWorker = () => new Worker(WORKER, { execArgv: [] })) {
    // Not two: a thread should not wait whenever the caller is late.
    this.capacity = 4 * size;
    this.#threads = Array.from({ length: size }, () => new Thread(startWorker()));
  }

  parse(task: BlockTask): Promise<ParsedBlock | undefined> {
    return this.#threads[this.#next++ % this.#threads.length]!.parse(task);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

class Thread {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #failure: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#worker.on('message', (parsed: ParsedBlock | undefined) => this.#waiting.shift()?.resolve(parsed));
    this.#worker.on('error', (reason) => this.#fail(reason as Error));
    this.#worker.on('exit', () => this.#fail(new Error('a thread that parses blocks has stopped')));
  }

  parse(task: BlockTask): Promise<ParsedBlock | undefined> {
    const parsed = new Promise<ParsedBlock | undefined>((resolve, reject) => {
      if (this.#failure) reject(this.#failure);
      else this.#waiting.push({ resolve, reject });
    });
    // Whoever awaits it gets the error; until then it must not count as unhandled.
    parsed.catch(() => {});
    this.#worker.postMessage(task);
    return parsed;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(reason: Error): void {
    this.#failure ??= reason;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
