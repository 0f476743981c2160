import type { Predicting } from './model.js';

/** Features that any split of a model asks for, ascending. */
export function askedFeatures({ scorer }: Pick<Predicting, 'scorer'>): number[] {
  const { feature } = scorer.kind === 'tree' ? scorer.tree : scorer.ensemble.trees;
  const asked = new Set(feature);
  asked.delete(-1);
  return [...asked].sort((a, b) => a - b);
}
