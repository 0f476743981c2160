/** The search of a forest's node: on the features that are drawn for it. */
import { isTurnOver } from '../turns.js';
import type { CategoryScan } from './categories.js';
import { type Draws, drawAnother, drawFeatures, sortKeys, writeEntries } from './draws.js';
import { scanKeys } from './scan-keys.js';
import type { Search } from './search.js';
import { isNumberWithoutWeights, isPerfect, type NodeRange, searchFeature, searchNumbers } from './split.js';

/** Makes `search.best` the best split on the drawn features. */
export function searchDrawnAtOnce(search: Search, draws: Draws, range: NodeRange): void {
  const drawn = new DrawnFeatures(search, draws, range);
  while (drawn.next()) scanKeys(search, draws, drawn.feature, drawn.count);
}

/** The same where features may be any. Yields now and then. */
export function* searchDrawnInTurns(scan: CategoryScan, draws: Draws, range: NodeRange): Generator<void, void> {
  const { search } = scan;
  const drawn = new DrawnFeatures(search, draws, range);
  while (drawn.next()) {
    const { count, feature } = drawn;
    if (draws.isPlain[feature]) scanKeys(search, draws, feature, count);
    else {
      writeEntries(draws, search.table, range, feature, count);
      if (isNumberWithoutWeights(search, feature)) searchNumbers(search, range, feature);
      else yield* searchFeature(scan, range, feature);
    }
    if (isTurnOver(search, 0)) yield;
  }
}

/**
 * The drawn features that vary at a node, one after another, until the best split is perfect. As in scikit-learn, features that
 * are constant at the node count as drawn, and where all of them are, more are drawn until one is not.
 */
class DrawnFeatures {
  feature = -1;
  /** Its keys, sorted. */
  count = 0;
  readonly #search: Search;
  readonly #draws: Draws;
  readonly #range: NodeRange;
  readonly #perNode: number;
  #drawn = 0;
  #varies = false;
  /** Whose split was looked at last. */
  #known = -1;

  constructor(search: Search, draws: Draws, range: NodeRange) {
    this.#search = search;
    this.#draws = draws;
    this.#range = range;
    this.#perNode = drawFeatures(draws, range);
  }

  next(): boolean {
    const { best } = this.#search;
    const { deck } = this.#draws;
    for (; this.#drawn < deck.length && (this.#drawn < this.#perNode || !this.#varies); this.#drawn++) {
      if (best.feature !== this.#known && isPerfect(this.#search)) return false;
      this.#known = best.feature;
      this.feature =
        this.#drawn < this.#perNode ? deck[this.#drawn] : drawAnother(this.#draws, this.#range, this.#drawn);
      this.count = sortKeys(this.#draws, this.#range, this.feature);
      if (this.count === 0) continue;
      this.#varies = true;
      this.#search.steps += this.count;
      this.#drawn++;
      return true;
    }
    return false;
  }
}
