/** The threads that help to grow a tree: their lifecycle, and tasks to them. */
import { Worker } from 'node:worker_threads';
import { DataError } from '../errors.js';
import type { Task, TaskResult, TeamPlan } from '../tree/parallel.js';

interface Reply {
  readonly resolve: (result: TaskResult) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread that fails or ends early fails every task that waits, and all later ones. */
export class Team {
  readonly #workers: readonly Worker[];
  /** Of each thread, in the order in which it was asked. */
  readonly #waiting: readonly Reply[][];
  #failure: Error | null = null;

  /** @param script what a thread runs: see cart-worker.ts */
  constructor(script: URL, size: number, plan: TeamPlan) {
    this.#workers = Array.from({ length: size }, () => new Worker(script, { workerData: plan, execArgv: [] }));
    this.#waiting = this.#workers.map(() => []);
    this.#workers.forEach((worker, i) => {
      worker.on('message', (result: TaskResult) => this.#waiting[i].shift()!.resolve(result));
      worker.on('messageerror', (error) => this.#fail(error));
      worker.on('error', (error) => this.#fail(error as Error));
      worker.on('exit', (code) => this.#fail(new Error(`a training thread ended early, with exit code ${code}`)));
    });
  }

  get size(): number {
    return this.#workers.length;
  }

  /** The member with the least to do, and how many tasks that is. */
  get idlest(): { readonly member: number; readonly waiting: number } {
    const loads = this.#waiting.map((replies) => replies.length);
    const waiting = Math.min(...loads);
    return { member: loads.indexOf(waiting), waiting };
  }

  /** @param transfer buffers that move to the thread */
  ask(member: number, task: Task, transfer: readonly ArrayBuffer[] = []): Promise<TaskResult> {
    const reply = new Promise<TaskResult>((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      this.#waiting[member].push({ resolve, reject });
      this.#workers[member].postMessage(task, transfer);
    });
    // Whoever asked may look at the answer later: until then a failure is no unhandled rejection.
    reply.catch(() => {});
    return reply;
  }

  askAll(task: Task): Promise<TaskResult[]> {
    const replies = Promise.all(this.#workers.map((_, member) => this.ask(member, task)));
    replies.catch(() => {});
    return replies;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #fail(error: Error): void {
    // An error loses its class on the way from a thread, but not its name.
    this.#failure ??= error.name === DataError.name ? new DataError(error.message, { cause: error }) : error;
    for (const replies of this.#waiting) for (const { reject } of replies.splice(0)) reject(this.#failure);
  }
}
