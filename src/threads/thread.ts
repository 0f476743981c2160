import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ResourceLimits, type Transferable, Worker } from 'node:worker_threads';
import { ArtifactError, DataError, InputError, UsageError } from '../ground/errors.js';

// Why: docs/decisions/own-thread-lifecycle.md
export interface ThreadSettings {
  /** The subject of an error: `the hashing thread`. */
  readonly name: string;
  /** What the thread begins with (`answerOnce`). */
  readonly data?: unknown;
  /** What of the data is moved, not copied. */
  readonly transfer?: readonly Transferable[];
  readonly resourceLimits?: ResourceLimits;
}

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(reason: Error): void;
}

/** Errors that a thread may raise for its caller. */
const RAISED = [ArtifactError, DataError, InputError, UsageError];

/** Whether a script can be run: a file of the built package exists neither beside the sources nor in every bundle. */
export function canRunThread(script: URL): boolean {
  return script.protocol === 'file:' ? existsSync(fileURLToPath(script)) : script.protocol === 'data:';
}

/**
 * A worker thread that answers questions in their order. When it fails or ends, every waiting question fails, and every
 * later one. It runs without the flags of the process, some of which (`--input-type`) cannot be used with a file.
 */
export class Thread<Question, Answer> {
  readonly #worker: Worker;
  readonly #waiting: Waiting<Answer>[] = [];
  readonly #onFailure: (failure: Error) => void;
  #failure: Error | undefined;

  constructor(script: URL, settings: ThreadSettings, onFailure: (failure: Error) => void = () => {}) {
    const { data, name, resourceLimits, transfer = [] } = settings;
    this.#onFailure = onFailure;
    this.#worker = new Worker(script, {
      workerData: data,
      transferList: [...transfer],
      execArgv: [],
      ...(resourceLimits !== undefined && { resourceLimits }),
    });
    this.#worker.on('message', (answer: Answer) => this.#waiting.shift()?.resolve(answer));
    this.#worker.on('messageerror', (error) => this.fail(error));
    this.#worker.on('error', (error) => this.fail(revive(error)));
    this.#worker.on('exit', (code) => this.fail(new Error(`${name} ended early, with exit code ${code}`)));
  }

  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  ask(question: Question, transfer?: readonly Transferable[]): Promise<Answer> {
    const answer = this.answer();
    if (this.#failure === undefined) this.tell(question, transfer);
    return answer;
  }

  /** The next answer, to no question of `ask`. */
  answer(): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      if (this.#failure === undefined) this.#waiting.push({ resolve, reject });
      else reject(this.#failure);
    });
    // The caller may look at it later: until then a failure is no unhandled rejection.
    answer.catch(() => {});
    return answer;
  }

  /** Sends something that has no answer. */
  tell(message: Question, transfer?: readonly Transferable[]): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Whether the thread keeps the process alive. */
  keepAlive(keep: boolean): void {
    if (keep) this.#worker.ref();
    else this.#worker.unref();
  }

  fail(failure: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    for (const { reject } of this.#waiting.splice(0)) reject(failure);
    this.#onFailure(failure);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** An error loses its class on the way from a thread, but not its name, its fields or its cause. */
function revive(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(`a thread threw ${String(error)}`, { cause: error });
  const raised = RAISED.find(({ name }) => name === error.name);
  return raised === undefined ? error : Object.setPrototypeOf(error, raised.prototype);
}
