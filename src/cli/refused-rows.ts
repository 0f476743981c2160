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
   * @param end why the rows that follow could not be told apart, where they could not
   * @throws DataError
   */
  throwIfAny(rowCount: number, fate: readonly [string, string], end?: DataError): void {
    const found = this.#count === 0 ? [] : [this.#refusedOf(rowCount, fate)];
    if (end !== undefined) {
      this.#tell(end.message);
      found.push(`only ${plural(rowCount, 'row')} could be read, as what follows cannot be told apart`);
    }
    if (found.length > 0) throw new DataError(end === undefined ? 'cell' : 'syntax', found.join('; '));
  }

  #refusedOf(rowCount: number, [one, several]: readonly [string, string]): string {
    const hidden = this.#count - MOST_SHOWN;
    const shown = hidden > 0 ? ` (${hidden} more than are shown)` : '';
    const fate = this.#count === 1 ? one : several;
    return `${this.#count} of ${plural(rowCount, 'row')} cannot be predicted and ${fate}${shown}`;
  }
}
