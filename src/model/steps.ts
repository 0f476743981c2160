import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work in small steps, each far below a millisecond: between them others can have a turn. */
export type Steps<Result> = Generator<void, Result>;

/** How long a turn may take: others wait no longer. */
const TURN_MS = 5;

/** Does all steps at once. */
export function runSteps<Result>(steps: Steps<Result>): Result {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/**
 * Does the steps in turns, with the event loop's other work between.
 *
 * @throws the signal's reason once it is aborted
 */
export async function runStepsInTurns<Result>(steps: Steps<Result>, signal?: AbortSignal): Promise<Result> {
  let end = performance.now() + TURN_MS;
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() < end) continue;
    await nextTurn();
    signal?.throwIfAborted();
    end = performance.now() + TURN_MS;
  }
}
