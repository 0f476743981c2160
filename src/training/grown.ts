import type { Dataset } from '../data/dataset.js';
import type { HyperParameters } from '../model/hyper-parameters.js';
import type { Scorer } from '../model/model.js';
import type { Tree } from '../tree/tree.js';
import { type MissingRule, takeMissingValues } from './missing-values.js';
import type { FitOptions, GrownForest, Trainer } from './trainer.js';

/** What a training grew. */
export type Grown = { readonly kind: 'tree'; readonly tree: Tree } | ({ readonly kind: 'forest' } & GrownForest);

/** How a model is grown. */
export interface Growth {
  readonly trainer: Trainer;
  readonly parameters: HyperParameters;
  /** One per class; null when every class weighs 1. */
  readonly classWeights: Float64Array | null;
  /** By which rows a tree takes missing values. */
  readonly missing: MissingRule;
}

/** What an engine grows from some rows of a table; a tree is not pruned yet. */
export async function growModel(
  dataset: Dataset,
  rows: Uint32Array,
  { classWeights, missing, parameters, trainer }: Growth,
  options: FitOptions,
): Promise<Grown> {
  if (trainer.grows === 'forest') {
    return { kind: 'forest', ...(await trainer.fit(dataset, rows, parameters, classWeights, options)) };
  }
  const tree = await trainer.fit(dataset, rows, parameters, classWeights, options);
  return { kind: 'tree', tree: missing === 'table' ? takeMissingValues(tree, dataset, rows) : tree };
}

/** The tree of an engine that prunes. */
export function treeOf(grown: Grown): Tree {
  if (grown.kind === 'tree') return grown.tree;
  throw new TypeError(`expected a tree, found a ${grown.kind}`);
}

/** What answers. @param classWeight one per class; null when every class weighs 1 */
export function scorerOf(grown: Grown, classWeight: readonly number[] | null): Scorer {
  if (grown.kind === 'tree') return { kind: 'tree', tree: grown.tree, classWeight };
  return { kind: 'forest', ensemble: grown.ensemble, source: null };
}
