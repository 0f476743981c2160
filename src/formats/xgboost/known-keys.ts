import { type ForeignObject, refuseUnknown } from '../foreign-value.js';

/** What XGBoost 1.7 to 3.2 writes. What does not change an answer is known too, and not read. */
const KNOWN = {
  root: ['learner', 'version'],
  learner: ['attributes', 'feature_names', 'feature_types', 'gradient_booster', 'learner_model_param', 'objective'],
  parameters: ['base_score', 'boost_from_average', 'num_class', 'num_feature', 'num_target'],
  objective: ['name', 'reg_loss_param', 'softmax_multiclass_param'],
  booster: ['gbtree', 'model', 'name', 'weight_drop'],
  model: ['cats', 'gbtree_model_param', 'iteration_indptr', 'tree_info', 'trees', 'weight_drop'],
  modelParameters: ['num_parallel_tree', 'num_trees', 'size_leaf_vector'],
  tree: [
    ...['base_weights', 'categories', 'categories_nodes', 'categories_segments', 'categories_sizes', 'default_left'],
    ...['id', 'leaf_weights', 'left_children', 'loss_changes', 'parents', 'right_children', 'split_conditions'],
    ...['split_indices', 'split_type', 'sum_hessian', 'tree_param'],
  ],
  treeParameters: ['num_deleted', 'num_feature', 'num_nodes', 'size_leaf_vector'],
} as const;

const SETS = Object.fromEntries(Object.entries(KNOWN).map(([part, keys]) => [part, new Set<string>(keys)]));

/** @throws ArtifactError for a member that a part of a file does not have */
export function checkKeys(object: ForeignObject, part: keyof typeof KNOWN, path: string): void {
  refuseUnknown(Object.keys(object), SETS[part], path);
}
