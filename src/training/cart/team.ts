/** The threads that help to grow a tree: their lifecycle, and tasks to them. */
import { Worker } from 'node:worker_threads';
import { DataError } from '../../ground/errors.js';
import type { Task, TaskResult, TeamPlan } from '../../tree/grow/parallel.js';

/** What a thread is told. It answers tasks only. */
export type Message = Task | { readonly kind: 'begin'; readonly plan: TeamPlan } | { readonly kind: 'end' };

/** How long threads wait for another fit: those of a cross-validation follow one another. */
const IDLE_MS = 5_000;

interface Reply {
  readonly resolve: (result: TaskResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Threads that have nothing to do now: a new one begins with code that is not compiled. */
const idle = new Set<Team>();

/** A thread that fails or ends early fails every task that waits, and all later ones. */
export class Team {
  readonly #script: URL;
  readonly #workers: readonly Worker[];
  /** Of each thread, in the order in which it was asked. */
  readonly #waiting: readonly Reply[][];
  #failure: Error | null = null;
  #retirement: NodeJS.Timeout | undefined;

  private constructor(script: URL, size: number) {
    this.#script = script;
    this.#workers = Array.from({ length: size }, () => new Worker(script, { execArgv: [] }));
    this.#waiting = this.#workers.map(() => []);
    this.#workers.forEach((worker, i) => {
      worker.on('message', (result: TaskResult) => this.#waiting[i].shift()!.resolve(result));
      worker.on('messageerror', (error) => this.#fail(error));
      worker.on('error', (error) => this.#fail(error as Error));
      worker.on('exit', (code) => this.#fail(new Error(`a training thread ended early, with exit code ${code}`)));
    });
  }

  /**
   * Gives a team that works on `plan`, to be dismissed in the end.
   * @param script what a thread runs: see cart-worker.ts
   */
  static begin(script: URL, size: number, plan: TeamPlan): Team {
    const rested = [...idle].find((team) => team.size === size && team.#script.href === script.href);
    const team = rested ?? new Team(script, size);
    idle.delete(team);
    clearTimeout(team.#retirement);
    for (const worker of team.#workers) {
      worker.ref();
      worker.postMessage({ kind: 'begin', plan } satisfies Message);
    }
    return team;
  }

  get size(): number {
    return this.#workers.length;
  }

  /** Gives every thread the task. */
  ask(task: Task): Promise<TaskResult[]> {
    const replies = Promise.all(
      this.#workers.map(
        (worker, i) =>
          new Promise<TaskResult>((resolve, reject) => {
            if (this.#failure !== null) return reject(this.#failure);
            this.#waiting[i].push({ resolve, reject });
            worker.postMessage(task satisfies Message);
          }),
      ),
    );
    // Whoever asked looks at the answers later: until then a failure is no unhandled rejection.
    replies.catch(() => {});
    return replies;
  }

  /** Lets the threads rest until the next fit, or ends them, where they are at work or have failed. */
  async dismiss(): Promise<void> {
    if (this.#failure !== null || this.#waiting.some((replies) => replies.length > 0)) return this.#stop();
    for (const worker of this.#workers) {
      worker.postMessage({ kind: 'end' } satisfies Message);
      worker.unref();
    }
    idle.add(this);
    this.#retirement = setTimeout(() => void this.#stop(), IDLE_MS).unref();
  }

  async #stop(): Promise<void> {
    idle.delete(this);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #fail(error: Error): void {
    idle.delete(this);
    // An error loses its class on the way from a thread, but not its name.
    this.#failure ??= error.name === DataError.name ? new DataError(error.message, { cause: error }) : error;
    for (const replies of this.#waiting) for (const { reject } of replies.splice(0)) reject(this.#failure);
  }
}
