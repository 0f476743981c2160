import type { Ensemble } from './ensemble.js';

/** What the splits on a feature gain, over the trees of an ensemble. */
export interface EnsembleImportance {
  /** As a share of 1 over all features. */
  readonly mean: number;
  /** Over the trees, of the population. */
  readonly standardDeviation: number;
}

/**
 * How much the splits on each feature lower the variance of what the trees answer over their training rows: per tree as shares of
 * 1, then the mean over the trees. Of a forest, whose leaves are shares of the classes, that is the decrease of Gini's impurity
 * (Breiman, Random Forests, 2001). Trees that are added up count for as much as they gain: later ones correct less.
 *
 * @returns one per feature; null where it is not known how many training rows came to each node
 */
export function ensembleImportances(ensemble: Ensemble): EnsembleImportance[] | null {
  const { combine, trees } = ensemble;
  if (trees.cover === null) return null;
  const sums = Array.from({ length: trees.featureCount }, () => ({ first: 0, second: 0 }));
  let weights = 0;
  for (let tree = 0; tree < trees.treeCount; tree++) {
    const gains = treeGains(ensemble, trees.cover, tree);
    const total = gains.reduce((sum, gain) => sum + gain, 0);
    if (!(total > 0 && total < Number.POSITIVE_INFINITY)) continue;
    const weight = combine.by === 'mean' ? 1 : total;
    weights += weight;
    for (const [feature, sum] of sums.entries()) {
      const share = gains[feature] / total;
      sum.first += weight * share;
      sum.second += weight * share * share;
    }
  }
  return sums.map(({ first, second }) => {
    if (weights === 0) return { mean: 0, standardDeviation: 0 };
    const mean = first / weights;
    return { mean, standardDeviation: Math.sqrt(Math.max(0, second / weights - mean * mean)) };
  });
}

function treeGains({ combine, trees }: Ensemble, cover: Float64Array, tree: number): Float64Array {
  const { feature, output, right, roots, value, values, weight } = trees;
  const [start, end] = [roots[tree], roots[tree + 1]];
  const width = output[tree] < 0 ? combine.outputs : 1;
  const gains = new Float64Array(trees.featureCount);
  /** `means[(node - start) * width + k]`: what the training rows of a node are answered, on average. */
  const means = new Float64Array((end - start) * width);
  for (let node = end - 1; node >= start; node--) {
    const to = (node - start) * width;
    if (feature[node] < 0) {
      for (let k = 0; k < width; k++) means[to + k] = values[value[node] + k] * weight[tree];
      continue;
    }
    const [leftCover, rightCover] = [cover[node + 1], cover[right[node]]];
    const all = leftCover + rightCover;
    const left = all > 0 ? leftCover / all : 0.5;
    let distance = 0;
    for (let k = 0; k < width; k++) {
      const [a, b] = [means[to + width + k], means[(right[node] - start) * width + k]];
      distance += (a - b) * (a - b);
      means[to + k] = left * a + (1 - left) * b;
    }
    gains[feature[node]] += left * rightCover * distance;
  }
  return gains;
}
