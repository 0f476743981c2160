/** Long work is done in turns, which count steps: whoever runs it may look after other things in between. */

/** Steps of a turn: some milliseconds. */
export const STEPS_PER_TURN = 1 << 21;

/** A turn that goes on. */
export interface Turn {
  /** Elementary operations that it took so far, about. */
  steps: number;
}

/** Counts steps. True at the end of a turn, after which the next one begins: the work yields. */
export function isTurnOver(turn: Turn, steps: number): boolean {
  turn.steps += steps;
  if (turn.steps < STEPS_PER_TURN) return false;
  turn.steps = 0;
  return true;
}

/** The result of work that goes on to its end. */
export function finish<T>(work: Iterator<unknown, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
