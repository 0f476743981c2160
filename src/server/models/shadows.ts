import type { Logger } from 'pino';
import { type Answers, type Classifier, withAnswers } from '../../model/classifier.js';
import { nextTurn, TURN_STEPS } from '../calls/turns.js';
import { type ModelTable, shareOf } from './model-table.js';
import type { Instrument } from './served-model.js';
import type { VersionShare } from './served-models.js';
import { ShadowComparison, type ShadowCounts } from './shadow-comparison.js';

/** Values of all rows that wait, 8 MB with what each array of them takes. What comes beyond is dropped. */
const MOST_WAITING_VALUES = 2 ** 20;
/** What an array takes beside its values, in values. */
const ARRAY_VALUES = 24;

/** What a version that answers does with its rows beside answering. */
interface Tap {
  comparison: ShadowComparison | undefined;
  share: number;
  /** Collects the share of each call: a row is taken whenever it is 1. */
  credit: number;
}

interface Waiting {
  readonly rows: Float64Array;
  readonly rowCount: number;
  readonly comparison: ShadowComparison;
}

/**
 * Asks a second version of a model what callers ask the first one, and counts where they differ. A call only leaves a copy
 * of its rows.
 * Why: docs/decisions/a-shadow-is-asked-beside-calls.md
 */
export class Shadows {
  readonly #shares: readonly VersionShare[];
  readonly #log: Logger;
  readonly #taps = new WeakMap<Classifier, Tap>();
  /** Model → what is compared, of which there is one at a time. */
  readonly #current = new Map<string, { readonly key: string; readonly tap: Tap }>();
  #waiting: Waiting[] = [];
  #waitingValues = 0;
  #working = false;

  constructor(shares: readonly VersionShare[], log: Logger) {
    this.#shares = shares;
    this.#log = log;
  }

  get counts(): readonly ShadowCounts[] {
    return [...this.#current.values()].flatMap(({ tap }) => tap.comparison?.counts ?? []);
  }

  /** Above other instruments: a shadow's answers are none to callers. */
  around(inner: Instrument = (same) => same): Instrument {
    return (classifier, model, name) => this.#tapped(inner(classifier, model, name));
  }

  /** Follows the versions of all models of a table. */
  follow(models: ModelTable): void {
    const update = (name: string) => void this.#update(models, name);
    models.onChange(update);
    for (const name of models.names) update(name);
  }

  async #update(models: ModelTable, name: string): Promise<void> {
    const versions = models.get(name);
    const found = versions && shareOf(versions, this.#shares);
    const standard = versions?.standard;
    const key = found && standard ? `${standard.model.sha256} ${found.served.model.sha256}` : '';
    const before = this.#current.get(name);
    if (before?.key === key) return;
    if (before) before.tap.comparison = undefined;
    this.#current.delete(name);
    const tap = standard && this.#taps.get(standard.classifier);
    if (!found || !standard || !tap) return;
    this.#current.set(name, { key, tap });
    const comparison = await ShadowComparison.of(name, standard.model, found.served.model);
    const pair = { model: name, version: standard.model.version, shadow: found.served.model.version };
    // It may be another one by now.
    if (this.#current.get(name)?.key !== key) return;
    tap.comparison = comparison;
    tap.share = found.share;
    if (comparison) this.#log.info({ ...pair, share: found.share }, 'shadow compared');
    else this.#log.warn(pair, 'shadow not compared: it asks for features that the version that answers does not have');
  }

  #tapped(classifier: Classifier): Classifier {
    const tap: Tap = { comparison: undefined, share: 0, credit: 0 };
    const answerInto = (rows: Float64Array, rowCount: number, answers: Answers): void => {
      classifier.answerInto(rows, rowCount, answers);
      if (tap.comparison) this.#take(tap, tap.comparison, rows, rowCount);
    };
    const tapped = withAnswers(classifier, answerInto);
    this.#taps.set(tapped, tap);
    return tapped;
  }

  #take(tap: Tap, comparison: ShadowComparison, rows: Float64Array, rowCount: number): void {
    tap.credit += tap.share;
    if (tap.credit < 1) return;
    tap.credit -= 1;
    const values = rowCount * comparison.width;
    if (this.#waitingValues + values + ARRAY_VALUES > MOST_WAITING_VALUES) {
      comparison.counts.dropped += rowCount;
      return;
    }
    this.#waitingValues += values + ARRAY_VALUES;
    // A call fills its rows again.
    this.#waiting.push({ rows: rows.slice(0, values), rowCount, comparison });
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#waiting.length > 0) {
      await nextTurn();
      const taken = this.#waiting;
      this.#waiting = [];
      let steps = TURN_STEPS;
      for (const { comparison, rowCount, rows } of taken) {
        if (steps < 0) {
          await nextTurn();
          steps = TURN_STEPS;
        }
        comparison.compare(rows, rowCount);
        this.#waitingValues -= rows.length + ARRAY_VALUES;
        steps -= rowCount * comparison.rowSteps + COMPARE_STEPS;
      }
    }
    this.#working = false;
  }
}

/** Steps to begin a comparison. */
const COMPARE_STEPS = 200;
