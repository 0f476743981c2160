import type { Scorer } from '../model/model.js';
import type { Tree } from '../tree/tree.js';
import type { GrownForest } from './trainer.js';

/** What a training grew. */
export type Grown = { readonly kind: 'tree'; readonly tree: Tree } | ({ readonly kind: 'forest' } & GrownForest);

/** What answers. @param classWeight one per class; null when every class weighs 1 */
export function scorerOf(grown: Grown, classWeight: readonly number[] | null): Scorer {
  if (grown.kind === 'tree') return { kind: 'tree', tree: grown.tree, classWeight };
  return { kind: 'forest', ensemble: grown.ensemble, source: null };
}
