/** The search of a forest's node: on the features that are drawn for it. */
import { isTurnOver } from '../turns.js';
import type { CategoryScan } from './categories.js';
import { type Draws, drawAnother, drawFeatures, sortKeys, writeEntries } from './draws.js';
import { scanKeys } from './scan-keys.js';
import type { Search } from './search.js';
import { isNumberWithoutWeights, isPerfect, type NodeRange, searchFeature, searchNumbers } from './split.js';

/**
 * Makes `search.best` the best split on the drawn features. As in scikit-learn, features that are constant at the node
 * count as drawn, and where all of them are, more are drawn until one is not.
 */
export function searchDrawnAtOnce(search: Search, draws: Draws, range: NodeRange): void {
  const { deck } = draws;
  const perNode = drawFeatures(draws, range);
  let varies = false;
  let known = -1;
  for (let drawn = 0; drawn < deck.length && (drawn < perNode || !varies); drawn++) {
    if (search.best.feature !== known && isPerfect(search)) return;
    known = search.best.feature;
    const feature = drawn < perNode ? deck[drawn] : drawAnother(draws, range, drawn);
    const count = sortKeys(draws, range, feature);
    if (count === 0) continue;
    varies = true;
    search.steps += count;
    scanKeys(search, draws, feature, count);
  }
}

/** The same where features may be any. Yields now and then. */
export function* searchDrawnInTurns(scan: CategoryScan, draws: Draws, range: NodeRange): Generator<void, void> {
  const { search } = scan;
  const { deck } = draws;
  const perNode = drawFeatures(draws, range);
  let varies = false;
  let known = -1;
  for (let drawn = 0; drawn < deck.length && (drawn < perNode || !varies); drawn++) {
    if (search.best.feature !== known && isPerfect(search)) return;
    known = search.best.feature;
    const feature = drawn < perNode ? deck[drawn] : drawAnother(draws, range, drawn);
    const count = sortKeys(draws, range, feature);
    if (count === 0) continue;
    varies = true;
    search.steps += count;
    if (draws.isPlain[feature]) scanKeys(search, draws, feature, count);
    else {
      writeEntries(draws, search.table, range, feature, count);
      if (isNumberWithoutWeights(search, feature)) searchNumbers(search, range, feature);
      else yield* searchFeature(scan, range, feature);
    }
    if (isTurnOver(search, 0)) yield;
  }
}
