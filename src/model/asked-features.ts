import type { Predicting } from './model.js';

/** Features that any split of a model asks for, ascending. */
export function askedFeatures({ scorer }: Pick<Predicting, 'scorer'>): number[] {
  const { feature, featureCount } = scorer.kind === 'tree' ? scorer.tree : scorer.ensemble.trees;
  const isAsked = new Uint8Array(featureCount);
  for (const index of feature) if (index >= 0) isAsked[index] = 1;
  return [...isAsked.keys()].filter((index) => isAsked[index] === 1);
}
