import type { Model } from '../model/model.js';
import { ensembleOf, singleTree } from '../model/single-tree.js';
import { ensembleImportances } from '../tree/ensemble-importance.js';
import { impurityImportances } from '../tree/importance.js';

/** Features by their importance, as shares of 1. */
export interface RankedFeatures {
  /**
   * What shares are of: what splits on a feature gain, or, of a model that does not know how many training rows came to its nodes,
   * how often it is asked for.
   */
  readonly of: 'gain' | 'splits';
  /** One per feature. */
  readonly shares: ArrayLike<number>;
  /** Standard deviations over the trees, one per feature; null where there is one tree, or none is known. */
  readonly deviations: ArrayLike<number> | null;
  /** By falling importance: the order of everything that has to choose some. */
  readonly order: readonly number[];
}

/** Importances are computed once: a page asks for them from several sections. */
const known = new WeakMap<Model['scorer'], Omit<RankedFeatures, 'order'>>();

export function rankFeatures(model: Model): RankedFeatures {
  const found = known.get(model.scorer) ?? importancesOf(model);
  known.set(model.scorer, found);
  const { shares } = found;
  const order = [...model.features.keys()].sort((a, b) => shares[b] - shares[a] || a - b);
  return { ...found, order };
}

function importancesOf(model: Model): Omit<RankedFeatures, 'order'> {
  const answers = singleTree(model);
  if (answers !== null) {
    return { of: 'gain', shares: impurityImportances(answers.tree, answers.classWeights), deviations: null };
  }
  const { ensemble } = ensembleOf(model)!;
  const gains = ensembleImportances(ensemble);
  if (gains !== null) {
    const deviations = gains.map(({ standardDeviation }) => standardDeviation);
    return { of: 'gain', shares: gains.map(({ mean }) => mean), deviations };
  }
  const splits = new Float64Array(model.features.length);
  let all = 0;
  for (const feature of ensemble.trees.feature) {
    if (feature < 0) continue;
    splits[feature]++;
    all++;
  }
  return { of: 'splits', shares: splits.map((count) => count / Math.max(1, all)), deviations: null };
}
