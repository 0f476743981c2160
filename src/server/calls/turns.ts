import type { Pace } from '../../protocol/infer-response-codec.js';
import type { Phase, PhaseWatch } from './observer.js';
import { CallEndedError } from './refusal.js';

/**
 * Steps between two turns, each about five nanoseconds: a value that is read, a node that is visited; to make a text or an
 * object takes many. Together some milliseconds.
 */
export const TURN_STEPS = 2 ** 19;

/** Questions of a path that are described at once. A deep tree asks a hundred thousand of one row. */
export const PART_QUESTIONS = 64;
/** Steps of one of them: an object, and its text. */
export const QUESTION_STEPS = 200;

const waiting: (() => void)[] = [];
let scheduled = false;

/**
 * Resolves when the event loop has handled everything else. One piece of work gets a turn in each round of the loop: other
 * events wait for one piece, not for all of them.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (!scheduled) schedule();
  });
}

function schedule(): void {
  scheduled = true;
  setImmediate(() => {
    waiting.shift()?.();
    scheduled = false;
    if (waiting.length > 0) schedule();
  });
}

/** What is read of a call. */
interface WorkedOn {
  readonly cancelled: boolean;
  readonly phases?: PhaseWatch | undefined;
}

/**
 * Divides the work of one call into turns. Ends it when the client no longer waits.
 * Why: docs/decisions/turns-count-steps.md
 */
export class Turns implements Pace {
  readonly #call: WorkedOn;
  readonly #nextTurn: () => Promise<void>;
  #left = TURN_STEPS;
  #next = 0;

  constructor(call: WorkedOn = { cancelled: false }, next = nextTurn) {
    this.#call = call;
    this.#nextTurn = next;
  }

  spend(steps: number): boolean {
    this.#next = steps;
    this.#left -= steps;
    return this.#left < 0;
  }

  /** Says which part of the call's work begins. */
  begin(phase: Phase): void {
    this.#call.phases?.begin(phase);
  }

  /** @throws CallEndedError when the client has gone or its deadline has passed */
  async pause(): Promise<void> {
    await this.#nextTurn();
    // The steps that did not fit into the last turn belong to this one.
    this.#left = TURN_STEPS - this.#next;
    if (this.#call.cancelled) throw new CallEndedError('the call was cancelled or its deadline has passed');
  }
}
