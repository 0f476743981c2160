import { setTimeout as sleep } from 'node:timers/promises';

/** The steps of a shutdown, in order. */
export interface DrainSteps {
  /** Health and readiness become negative; calls are still answered. */
  readonly announce: () => void;
  /** New calls are refused, and what would keep connections open is ended. */
  readonly refuse: () => void;
  /** Accepts no more connections; resolves when the open calls have ended, rejects when they were cut. */
  readonly finish: () => Promise<unknown>;
  /** From the start. */
  readonly delayMs: number;
  /** From the start, the delay included. */
  readonly graceMs: number;
  /** Ends the waiting at once. */
  readonly force: AbortSignal;
}

/**
 * Lets a server finish its calls.
 *
 * @returns whether all ended by themselves; if not, the rest has to be cut
 */
export async function drain({ announce, delayMs, finish, force, graceMs, refuse }: DrainSteps): Promise<boolean> {
  const deadline = performance.now() + graceMs;
  announce();
  await waitUnlessForced(delayMs, force);
  refuse();
  const waiting = new AbortController();
  const closed = finish().then(
    () => true,
    () => false,
  );
  const left = Math.max(0, deadline - performance.now());
  const expired = waitUnlessForced(left, AbortSignal.any([force, waiting.signal])).then(() => false);
  try {
    return await Promise.race([closed, expired]);
  } finally {
    waiting.abort();
  }
}

async function waitUnlessForced(ms: number, force: AbortSignal): Promise<void> {
  if (ms <= 0 || force.aborted) return;
  await sleep(ms, undefined, { signal: force }).catch(() => {});
}
