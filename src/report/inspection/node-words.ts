import type { Model } from '../../model/model.js';
import { requireTree } from '../../model/single-tree.js';
import { exactSplitWords } from '../split-words.js';

/** What a drawing of a model's tree needs to know of one node. */
export interface NodeWords {
  /** Training rows per class. */
  readonly counts: readonly number[];
  /** Counts times class weights, normalised to 1. */
  readonly shares: readonly number[];
  /** The label of the largest share, the first one on ties. */
  readonly label: string;
  /** What a row that goes left, or right, answers; null at a leaf. */
  readonly test: { readonly left: string; readonly right: string } | null;
}

export function describeNode(model: Model, node: number): NodeWords {
  const { classes, shares, tree } = requireTree(model, 'a description of nodes');
  const [start, end] = [node * tree.classCount, (node + 1) * tree.classCount];
  return {
    counts: [...tree.counts.subarray(start, end)],
    shares: [...shares.subarray(start, end)],
    label: model.classes[classes[node]],
    test: tree.feature[node] < 0 ? null : exactSplitWords(tree, model.features, node),
  };
}
