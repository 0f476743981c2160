import type { Model } from '../../model/model.js';
import { requireTree } from '../../model/single-tree.js';
import { branchWords } from '../../model/split-words.js';

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
    test: tree.feature[node] < 0 ? null : branchWords(tree, model, node),
  };
}

/** Of more classes than this, the rows are named for those that have most. */
const MOST_COUNTS = 12;
const NAMED = 3;

/** `40, 0, 2`; of many classes `a 40, b 2, … 5 more`. */
export function rowsInWords({ counts }: NodeWords, classes: readonly string[]): string {
  if (counts.length <= MOST_COUNTS) return counts.join(', ');
  const present = [...counts.keys()].filter((index) => counts[index] > 0);
  const largest = present.toSorted((a, b) => counts[b] - counts[a]).slice(0, NAMED);
  const words = largest.map((index) => `${classes[index]} ${counts[index]}`);
  if (present.length > NAMED) words.push(`… ${present.length - NAMED} more`);
  return words.join(', ');
}
