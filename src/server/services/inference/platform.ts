import type { Predicting } from '../../../model/model.js';
import { ensembleOf } from '../../../model/single-tree.js';
import { PLATFORM_PREFIX } from '../../../protocol/services.js';

const KINDS = { forest: 'random_forest', boosted: 'boosted_trees' };
/** A name of a library that is one of a platform too. */
const LIBRARY = /^[a-z0-9]+$/;

/** What a model is for Triton's clients: the library that trained it, or, where that is ours, its kind. */
export function platformOf(model: Pick<Predicting, 'scorer'>): string {
  const ensemble = ensembleOf(model);
  if (ensemble === null) return `${PLATFORM_PREFIX}decision_tree`;
  const library = ensemble.source?.library ?? '';
  return PLATFORM_PREFIX + (LIBRARY.test(library) ? library : KINDS[ensemble.kind]);
}
