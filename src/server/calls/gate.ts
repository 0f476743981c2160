import type { ConnectionShare } from './connection-share.js';
import { Refusal, shuttingDown } from './refusal.js';
import { Semaphore } from './semaphore.js';
import type { Share } from './shared-limit.js';

/** One thread is no faster with several at once, but all half-made replies would be in memory. */
const LONG_AT_ONCE = 4;

/** Every call enters and leaves through a gate. */
export interface Gate {
  /**
   * Counts a call, or returns why it may not enter; a call that has entered has to `leave`.
   *
   * @param startedMs when the call began, by `performance.now()`; default: now
   */
  enter(share: ConnectionShare, startedMs?: number): Refusal | undefined;
  leave(share: ConnectionShare): void;
}

/** For probes: they are answered under any load, to the end. */
export const openGate: Gate = { enter: () => undefined, leave: () => {} };

/**
 * Counts the calls that are being answered, and refuses those above the limits and those that begin once the server is
 * closing. A call that began before may enter, even if its message is still on its way.
 */
export class CallGate implements Gate {
  #closedMs = Number.POSITIVE_INFINITY;
  readonly #long = new Semaphore(LONG_AT_ONCE);

  enter(share: ConnectionShare, startedMs = performance.now()): Refusal | undefined {
    if (startedMs >= this.#closedMs) return shuttingDown();
    const { excess } = share.unread;
    if (excess !== undefined) return tooMany(excess);
    return share.calls.tryTake(1) ? undefined : tooManyCalls(share.calls);
  }

  leave({ calls }: ConnectionShare): void {
    calls.add(-1);
  }

  /** Refuses every call that begins from now on. */
  close(): void {
    this.#closedMs = performance.now();
  }

  /**
   * Does the work of a call that has entered. Long work is limited to a few calls at once, the others wait in order.
   *
   * @throws Refusal while too many replies are unread
   */
  async makeReply<T>(share: ConnectionShare, long: boolean, work: () => Promise<T>): Promise<T> {
    return long ? this.#long.run(() => withRoom(share, work)) : withRoom(share, work);
  }
}

export function tooManyCalls({ limit: { capacity, free } }: Share): Refusal {
  const limit = `${capacity} calls at once, this server's maxConcurrentCalls`;
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
