import { setTimeout as sleep } from 'node:timers/promises';

/** The steps of a shutdown, in order. */
export interface DrainSteps {
  /** Health and readiness become negative; calls are still answered. */
  readonly announce: () => void;
  /** Takes no more connections and sends clients elsewhere; calls are answered until they have heard it. */
  readonly sendAway: () => Promise<void>;
  /** New calls are refused, and what would keep connections open is ended. */
  readonly refuse: () => void;
  /** Resolves when the open calls have ended, rejects when they were cut. */
  readonly finish: () => Promise<unknown>;
  /** Ends the calls that are still open when the time is up. */
  readonly cut: () => void;
  /** From the start. */
  readonly delayMs: number;
  /** From the start, the delay included. */
  readonly graceMs: number;
  /** Ends the waiting at once. */
  readonly force: AbortSignal;
}

/** For what the calls that were cut are told to reach their clients. */
const LAST_WORDS_MS = 100;
/** Clients that do not hear are not waited for longer. */
const HEARD_MS = 1000;

/**
 * Lets a server finish its calls, and cuts the rest.
 */
export async function drain({
  announce,
  cut,
  delayMs,
  finish,
  force,
  graceMs,
  refuse,
  sendAway,
}: DrainSteps): Promise<void> {
  const deadline = performance.now() + graceMs;
  const left = () => Math.max(0, deadline - performance.now());
  announce();
  await waitUnlessForced(delayMs, force);
  await orAfter(Math.min(HEARD_MS, left()), force, sendAway());
  refuse();
  const waiting = new AbortController();
  const closed = finish().then(
    () => true,
    () => false,
  );
  const expired = waitUnlessForced(left(), AbortSignal.any([force, waiting.signal])).then(() => false);
  try {
    if (await Promise.race([closed, expired])) return;
    cut();
    await orAfter(LAST_WORDS_MS, new AbortController().signal, closed);
  } finally {
    waiting.abort();
  }
}

async function orAfter(ms: number, force: AbortSignal, done: Promise<unknown>): Promise<void> {
  const waiting = new AbortController();
  await Promise.race([done, waitUnlessForced(ms, AbortSignal.any([force, waiting.signal]))]);
  waiting.abort();
}

async function waitUnlessForced(ms: number, force: AbortSignal): Promise<void> {
  if (ms <= 0 || force.aborted) return;
  await sleep(ms, undefined, { signal: force }).catch(() => {});
}
