/** Lets the event loop run during a long fit, reports progress, and stops the fit when its signal is aborted. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FitOptions } from './trainer.js';

/** Time between two turns of the event loop, about. */
const TURN_MS = 30;

/** Reports the share of the work that is done. @throws the signal's reason once it is aborted */
export type Pace = (share: number) => Promise<void>;

export function createPace({ signal, onProgress }: FitOptions, turnMs = TURN_MS): Pace {
  signal?.throwIfAborted();
  let last = performance.now();
  return async (share) => {
    if (performance.now() - last < turnMs) return;
    onProgress?.(share);
    await nextTurn();
    signal?.throwIfAborted();
    last = performance.now();
  };
}

/** Runs long work, with turns of the event loop between its steps. @throws the signal's reason once it is aborted */
export async function inTurns<T>(work: Iterator<unknown, T>, turn: () => Promise<void>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await turn();
  }
}
