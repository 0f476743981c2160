/** The tree alone, without gRPC, files or a command line: runs in a browser too. */
export { type CategoryStep, explain, type Step, type ThresholdStep } from './explain.js';
export { type GrowOptions, growTree } from './grow-tree.js';
export {
  impurityImportances,
  type PermutationImportance,
  type PermutationOptions,
  permutationImportances,
} from './importance.js';
export type { GrowthParameters } from './limits.js';
export { leafShares, majorityClasses, predictInto, predictLeaf } from './predict.js';
export { type PruningPath, prune, pruningPath } from './prune.js';
export type { TrainingColumn } from './training-rows.js';
export { type Tree, UNKNOWN_CATEGORY } from './tree.js';
