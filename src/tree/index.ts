/** The tree alone, without gRPC, files or a command line: runs in a browser too. */
export { leafShares, majorityClasses, type TreeAnswers, treeAnswers } from './answers.js';
export { contributions } from './contributions.js';
export { type CategoryStep, explain, type Step, type ThresholdStep } from './explain.js';
export { type GrowOptions, growTree } from './grow/grow-tree.js';
export type { GrowthParameters } from './grow/limits.js';
export type { TrainingColumn } from './grow/training-rows.js';
export {
  impurityImportances,
  type PermutationImportance,
  type PermutationOptions,
  permutationImportances,
} from './importance.js';
export { predictInto, predictLeaf } from './predict.js';
export { type PruningPath, prune, pruningPath } from './prune.js';
export { type Tree, UNKNOWN_CATEGORY } from './tree.js';
