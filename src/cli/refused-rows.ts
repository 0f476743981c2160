import { DataError } from '../ground/errors.js';
import { plural } from '../ground/quote.js';
import { isRefused, type Outcome } from './predict-batches.js';

/** Refusals that are shown, each on a line. */
const MOST_SHOWN = 8;

/** The rows of a table that a command goes on after: the first are told at once, all are counted. */
export class RefusedRows {
  readonly #tell: (line: string) => void;
  #count = 0;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  add(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      if (!isRefused(outcome)) continue;
      if (this.#count++ < MOST_SHOWN) this.#tell(outcome.refusal.message);
    }
  }

  /**
   * @param fate of one row and of several, as in `was left out` and `were left out`
   * @throws DataError
   */
  throwIfAny(rowCount: number, [one, several]: readonly [string, string]): void {
    if (this.#count === 0) return;
    const hidden = this.#count - MOST_SHOWN;
    const shown = hidden > 0 ? ` (${hidden} more than are shown)` : '';
    throw new DataError(
      'cell',
      `${this.#count} of ${plural(rowCount, 'row')} cannot be predicted and ${this.#count === 1 ? one : several}${shown}`,
    );
  }
}
