import { Refusal } from './refusal.js';

/** Counts the calls that are being answered and turns more away: above the limit, and once the server is closing. */
export class CallGate {
  readonly #maxCalls: number;
  #calls = 0;
  #closed = false;

  constructor(maxCalls: number) {
    this.#maxCalls = maxCalls;
  }

  /** Counts a call, or says why not; who got in has to `leave`. */
  enter(): Refusal | undefined {
    if (this.#closed) return new Refusal('DRAINING', 'the server is shutting down: ask another one');
    if (this.#calls >= this.#maxCalls) {
      const limit = `${this.#maxCalls} calls at once, this server's --max-concurrent-calls`;
      return new Refusal('TOO_MANY_CALLS', `expected at most ${limit}: try again later`);
    }
    this.#calls++;
    return undefined;
  }

  leave(): void {
    this.#calls--;
  }

  /** From now on every call is turned away. */
  close(): void {
    this.#closed = true;
  }
}
