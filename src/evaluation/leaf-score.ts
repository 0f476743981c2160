import type { Score } from '../model/provenance.js';
import { type TreeAnswers, treeAnswers } from '../tree/answers.js';
import type { Tree } from '../tree/tree.js';
import { logLossOf } from './probability.js';
import { type Tally, tallyOfCounts, tallyOfPredictedCounts } from './tally.js';

/** The score of rows that are counted by leaf. @param counts `counts[node * classCount + class]`; inner nodes do not matter */
export function scoreOfLeaves({ classes, shares, tree }: TreeAnswers, counts: ArrayLike<number>): Score {
  const { classCount } = tree;
  const leaves = leavesOf(tree);
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
  return tallyOfPredictedCounts(
    leavesOf(tree),
    counts,
    { predicted: answers.classes, shares: answers.shares },
    classes,
  );
}

function leavesOf({ feature }: Tree): number[] {
  const leaves: number[] = [];
  for (let node = 0; node < feature.length; node++) if (feature[node] < 0) leaves.push(node);
  return leaves;
}
