import type { Model } from '../../model/model.js';
import { ensembleOf } from '../../model/single-tree.js';

/** Nodes that are looked at for the order of controls and for what splits ask: some ten milliseconds. */
const MOST_NODES = 1 << 16;

/**
 * A model of very many trees as its first trees have it: those of a forest are as good as any, and those that are added up
 * decide the most. At least one is taken.
 */
export function firstTrees(model: Model): Model {
  const scorer = ensembleOf(model);
  if (scorer === null || scorer.ensemble.trees.feature.length <= MOST_NODES) return model;
  const { trees } = scorer.ensemble;
  const beyond = trees.roots.findIndex((root) => root > MOST_NODES);
  const treeCount = Math.max(1, beyond - 1);
  const end = trees.roots[treeCount];
  const pool = {
    ...trees,
    treeCount,
    roots: trees.roots.subarray(0, treeCount + 1),
    output: trees.output.subarray(0, treeCount),
    weight: trees.weight.subarray(0, treeCount),
    feature: trees.feature.subarray(0, end),
    threshold: trees.threshold.subarray(0, end),
    right: trees.right.subarray(0, end),
    directions: trees.directions.subarray(0, end),
    set: trees.set?.subarray(0, end) ?? null,
    value: trees.value.subarray(0, end),
    cover: trees.cover?.subarray(0, end) ?? null,
  };
  return { ...model, scorer: { ...scorer, ensemble: { ...scorer.ensemble, trees: pool } } };
}
