import cluster, { type Worker } from 'node:cluster';
import { ArtifactError, InputError, UnavailableError, UsageError } from '../../errors.js';
import type { Answer, Order, Ports, Start, WorkerReport } from './messages.js';

/** How a process ended: one of the two. */
export interface End {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A scrape doesn't wait longer for a worker: what it said the last time is taken then. */
const REPORT_MS = 1000;

/** One worker, from its fork to its end. */
export class WorkerProcess {
  /** Rejects with what the worker says that it fails of, or with how it ended. */
  readonly started: Promise<Ports>;
  /** Never rejects. */
  readonly ended: Promise<End>;
  readonly forkedMs = performance.now();
  readonly #worker: Worker;
  #listening = false;
  #ready = false;
  #report: WorkerReport | undefined;
  /** Those without an answer yet. */
  readonly #questions = new Map<number, () => void>();

  /** @param start its first order, asked for when it can be given */
  constructor(start: () => Start) {
    this.#worker = cluster.fork();
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (code, signal) => {
        this.#ready = false;
        resolve({ code: signal ? null : code, signal: signal || null });
      });
      // A process that never came to be has no other end. Of orders that come too late there is nothing to tell.
      this.#worker.on('error', () => {
        if (this.pid === undefined) resolve({ code: null, signal: null });
      });
    });
    this.started = new Promise((resolve, reject) => {
      this.#worker.on('message', (answer: Answer) => {
        if (answer.type === 'listening') this.#begin(start());
        else if (answer.type === 'failed') reject(failure(answer));
        else if (answer.type === 'ready') resolve(this.#welcome(answer));
        else this.#note(answer, answer.question);
      });
      void this.ended.then(({ code, signal }) =>
        reject(new Error(`a worker ended with ${signal ?? `code ${code}`} before it was ready`)),
      );
    });
    this.started.catch(() => {});
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  get alive(): boolean {
    return !this.#worker.isDead();
  }

  /** Whether it answers calls. */
  get ready(): boolean {
    return this.#ready;
  }

  /** What it said when it was last asked. */
  get report(): WorkerReport | undefined {
    return this.#report;
  }

  /** The last report, which counts elsewhere from now on. */
  takeReport(): WorkerReport | undefined {
    const report = this.#report;
    this.#report = undefined;
    return report;
  }

  /** A worker that has not begun has nothing to finish, and learns what is new with its first order. */
  tell(order: Order): void {
    if (this.#listening && this.#worker.isConnected()) this.#worker.send(order, () => {});
    else if (order.type === 'close') this.kill();
  }

  /** Renews `report`, unless the worker doesn't answer. */
  async ask(question: number): Promise<void> {
    if (!this.#ready) return;
    const answered = new Promise<void>((resolve) => {
      this.#questions.set(question, resolve);
    });
    const timer = setTimeout(() => this.#questions.get(question)?.(), REPORT_MS);
    this.tell({ type: 'count', question });
    await Promise.race([answered, this.ended]);
    clearTimeout(timer);
    this.#questions.delete(question);
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #begin(start: Start): void {
    this.#listening = true;
    this.tell(start);
  }

  #welcome(ports: Ports): Ports {
    this.#ready = true;
    return ports;
  }

  #note(report: WorkerReport, question: number): void {
    this.#report = report;
    this.#questions.get(question)?.();
  }
}

/** Errors that users cause keep their class, which says whose they are. */
function failure({ message, name }: { readonly message: string; readonly name: string }): Error {
  const known = [ArtifactError, InputError, UnavailableError, UsageError].find((kind) => kind.name === name);
  return known ? new known(message) : new Error(message);
}
