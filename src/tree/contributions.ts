import { checkArgument, objectWith } from '../ground/options.js';
import type { TreeAnswers } from './answers.js';
import { explainedTree } from './explained-trees.js';
import { someRows } from './tree.js';
import { TreeShap } from './tree-shap.js';
import { finish } from './turns.js';

/**
 * How much each feature of a row brings to the shares of the classes: exact path-dependent TreeSHAP (Lundberg, Erion and Lee,
 * Consistent Individualized Feature Attribution for Tree Ensembles, 2018).
 *
 * @param answers as `treeAnswers` gives them
 * @param row one value per feature
 * @returns for each class a number per feature, the mean share over the training rows, and what rounding leaves: added in this
 *   order, from 0 on, they are the share of the row's leaf to the last bit
 * @throws RangeError for a tree whose paths are so long, and ask for so many features, that a row would take more than 32 MB
 */
export function contributions(answers: TreeAnswers, row: Float64Array): Float64Array {
  checkArgument('answers', answers, objectWith('the answers of a tree, as treeAnswers gives them', 'tree', 'shares'));
  checkArgument('row', row, someRows);
  const { classCount, featureCount } = answers.tree;
  const shap = finish(TreeShap.prepare(explainedTree(answers)));
  if (shap === null) throw new RangeError('contributions: expected a tree of shorter paths, or fewer features on them');
  const found = new Float64Array(classCount * (featureCount + 2));
  finish(shap.explain(() => row, 1, found));
  return found;
}
