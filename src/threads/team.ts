import type { Transferable } from 'node:worker_threads';
import { Thread, type ThreadSettings } from './thread.js';

/** Teams that have nothing to do now. */
const idle = new Set<Team<never, unknown>>();

/**
 * Threads of one script that answer messages (`answerEach`). When one of them fails, so does every question to any of
 * them: their shares of a task are of no use without each other.
 */
export class Team<Question, Answer> {
  readonly #script: URL;
  readonly #threads: readonly Thread<Question, Answer>[];
  #failed = false;
  #next = 0;
  #retirement: NodeJS.Timeout | undefined;

  constructor(script: URL, size: number, settings: ThreadSettings) {
    this.#script = script;
    const fail = (failure: Error) => this.#fail(failure);
    this.#threads = Array.from({ length: size }, () => new Thread<Question, Answer>(script, settings, fail));
  }

  /**
   * A team that rests, if there is one of the script and the size, else a new one. Threads that have run before have
   * their code compiled.
   */
  static take<Question, Answer>(script: URL, size: number, settings: ThreadSettings): Team<Question, Answer> {
    const rested = Team.#resting(script, size);
    if (rested === undefined) return new Team(script, size, settings);
    rested.#wake();
    // All teams of a script have the same questions and answers.
    return rested as unknown as Team<Question, Answer>;
  }

  /** Starts a team that rests for the next `take`, for at most `idleMs`, unless there is one. */
  static keepReady(script: URL, size: number, settings: ThreadSettings, idleMs: number): void {
    if (Team.#resting(script, size) === undefined) void new Team(script, size, settings).rest(idleMs);
  }

  static #resting(script: URL, size: number): Team<never, unknown> | undefined {
    return [...idle].find((team) => team.size === size && team.#script.href === script.href);
  }

  get size(): number {
    return this.#threads.length;
  }

  /** Asks the threads in turn. */
  askNext(question: Question, transfer?: readonly Transferable[]): Promise<Answer> {
    return this.#threads[this.#next++ % this.size]!.ask(question, transfer);
  }

  /** Asks every thread the same. */
  askAll(question: Question): Promise<Answer[]> {
    const answers = Promise.all(this.#threads.map((thread) => thread.ask(question)));
    answers.catch(() => {});
    return answers;
  }

  /** Sends every thread something that has no answer. */
  tell(message: Question): void {
    for (const thread of this.#threads) thread.tell(message);
  }

  /** Keeps the threads for the next `take`, for at most `idleMs`; stops them if they are busy or have failed. */
  async rest(idleMs: number): Promise<void> {
    if (this.#failed || this.#threads.some(({ isBusy }) => isBusy)) return this.stop();
    for (const thread of this.#threads) thread.keepAlive(false);
    idle.add(this);
    this.#retirement = setTimeout(() => void this.stop(), idleMs).unref();
  }

  async stop(): Promise<void> {
    idle.delete(this);
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }

  #wake(): void {
    idle.delete(this);
    clearTimeout(this.#retirement);
    for (const thread of this.#threads) thread.keepAlive(true);
  }

  #fail(failure: Error): void {
    this.#failed = true;
    idle.delete(this);
    for (const thread of this.#threads) thread.fail(failure);
  }
}
