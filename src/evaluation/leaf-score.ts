import type { Score } from '../model/provenance.js';
import { treeAnswers } from '../tree/answers.js';
import type { Tree } from '../tree/tree.js';
import { logLossOf } from './probability.js';
import { type Tally, tallyOfCounts, tallyOfPredictedCounts } from './tally.js';

/** The score of rows that are counted by leaf. @param counts `counts[node * classCount + class]`, 0 of inner nodes */
export function scoreOfLeaves(tree: Tree, classWeights: Float64Array | null, counts: Float64Array): Score {
  const { classCount } = tree;
  const { classes, shares } = treeAnswers(tree, classWeights);
  const leaves = [...tree.feature.keys()].filter((node) => tree.feature[node] < 0);
  let [hits, rows] = [0, 0];
  for (const leaf of leaves) {
    for (let k = 0; k < classCount; k++) rows += counts[leaf * classCount + k];
    hits += counts[leaf * classCount + classes[leaf]];
  }
  const tally = tallyOfCounts(leaves, counts, shares, classCount);
  return { accuracy: hits / rows, logLoss: logLossOf(tally).value ?? Number.NaN };
}

/** The tally of rows that are counted by leaf, for every metric. */
export function tallyOfTree(
  tree: Tree,
  classWeights: Float64Array | null,
  counts: Float64Array,
  classes: readonly string[],
): Tally {
  const answers = treeAnswers(tree, classWeights);
  const leaves = [...tree.feature.keys()].filter((node) => tree.feature[node] < 0);
  return tallyOfPredictedCounts(leaves, counts, { predicted: answers.classes, shares: answers.shares }, classes);
}
