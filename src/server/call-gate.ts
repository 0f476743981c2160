import { AtOnce } from './at-once.js';
import { Refusal } from './refusal.js';
import { UnreadReplies } from './unread-replies.js';

/** One thread makes replies no faster side by side, but all of them would be in memory, half made. */
const LONG_AT_ONCE = 4;

/** Counts the calls that are being answered and turns more away: above the limits, and once the server is closing. */
export class CallGate {
  /** Of the calls that got in. */
  readonly unread = new UnreadReplies();
  readonly #maxCalls: number;
  #calls = 0;
  #closed = false;
  readonly #long = new AtOnce(LONG_AT_ONCE);

  constructor(maxCalls: number) {
    this.#maxCalls = maxCalls;
  }

  /** Counts a call, or says why not; who got in has to `leave`. */
  enter(): Refusal | undefined {
    if (this.#closed) return new Refusal('DRAINING', 'the server is shutting down: ask another one');
    if (this.#calls >= this.#maxCalls) {
      return tooMany(`${this.#maxCalls} calls at once, this server's --max-concurrent-calls`);
    }
    const { excess } = this.unread;
    if (excess !== undefined) return tooMany(excess);
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

  /**
   * The work of a call that got in. Of long work a few are done at once, the others wait in order.
   *
   * @throws Refusal while too many replies are unread
   */
  async makeReply<T>(long: boolean, work: () => Promise<T>): Promise<T> {
    return long ? this.#long.run(() => this.#withRoom(work)) : this.#withRoom(work);
  }

  #withRoom<T>(work: () => Promise<T>): Promise<T> {
    const { excess } = this.unread;
    if (excess !== undefined) throw tooMany(excess);
    return work();
  }
}

function tooMany(limit: string): Refusal {
  return new Refusal('TOO_MANY_CALLS', `expected at most ${limit}: try again later`);
}
