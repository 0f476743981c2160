import type { ConnectionShare } from './connection-share.js';
import { Refusal } from './refusal.js';
import { AtOnce } from './semaphore.js';
import type { Share } from './shared-limit.js';

/** One thread makes replies no faster side by side, but all of them would be in memory, half made. */
const LONG_AT_ONCE = 4;

/** What every call passes on its way in and out. */
export interface Gate {
  /**
   * Counts a call, or says why not; a call that got in has to `leave`.
   *
   * @param startedMs when the call began, by `performance.now()`; now, if it is not said
   */
  enter(share: ConnectionShare, startedMs?: number): Refusal | undefined;
  leave(share: ConnectionShare): void;
}

/** For what probes ask: it is answered however many calls there are, to the end. */
export const openGate: Gate = { enter: () => undefined, leave: () => {} };

/**
 * Counts the calls that are being answered and turns more away: above the limits, and those that begin once the server is
 * closing. A call that had begun before is open, though its message may still be on its way.
 */
export class CallGate implements Gate {
  #closedMs = Number.POSITIVE_INFINITY;
  readonly #long = new AtOnce(LONG_AT_ONCE);

  enter(share: ConnectionShare, startedMs = performance.now()): Refusal | undefined {
    if (startedMs >= this.#closedMs) return new Refusal('DRAINING', 'the server is shutting down: ask another one');
    const { excess } = share.unread;
    if (excess !== undefined) return tooMany(excess);
    return share.calls.tryTake(1) ? undefined : tooManyCalls(share.calls);
  }

  leave({ calls }: ConnectionShare): void {
    calls.add(-1);
  }

  /** Every call that begins from now on is turned away. */
  close(): void {
    this.#closedMs = performance.now();
  }

  /**
   * The work of a call that got in. Of long work a few are done at once, the others wait in order.
   *
   * @throws Refusal while too many replies are unread
   */
  async makeReply<T>(share: ConnectionShare, long: boolean, work: () => Promise<T>): Promise<T> {
    return long ? this.#long.run(() => withRoom(share, work)) : withRoom(share, work);
  }
}

export function tooManyCalls({ limit: { capacity, free } }: Share): Refusal {
  const limit = `${capacity} calls at once, this server's --max-concurrent-calls`;
  return tooMany(free > 0 ? `${limit}, and of one connection no more than its part` : limit);
}

function withRoom<T>({ unread }: ConnectionShare, work: () => Promise<T>): Promise<T> {
  const { excess } = unread;
  if (excess !== undefined) throw tooMany(excess);
  return work();
}

function tooMany(limit: string): Refusal {
  return new Refusal('TOO_MANY_CALLS', `expected at most ${limit}: try again later`);
}
