import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from '@grpc/grpc-js';

/** The steps of a shutdown, in order. */
export interface DrainSteps {
  /** Health and readiness say no; calls are still answered. */
  readonly announce: () => void;
  /** New calls are turned away, what would keep connections open is let go. */
  readonly refuse: () => void;
  readonly server: Server;
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
 * @returns whether all ended by themselves; if not, the server still runs and is to be forced
 */
export async function drain({ announce, delayMs, force, graceMs, refuse, server }: DrainSteps): Promise<boolean> {
  const deadline = performance.now() + graceMs;
  announce();
  await waitUnlessForced(delayMs, force);
  refuse();
  const waiting = new AbortController();
  const closed = new Promise<boolean>((resolve) => {
    server.tryShutdown((error) => resolve(error === undefined));
  });
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
