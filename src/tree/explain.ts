import { checkArgument } from '../ground/options.js';
import { goesLeft, samplesAt } from './predict.js';
import { aTree, someRows, type Tree } from './tree.js';

interface Decision {
  readonly node: number;
  /** Index of the feature that the node asks for. */
  readonly feature: number;
  /** The row's value: a number, the index of a category, NaN where missing. */
  readonly value: number;
  readonly wentLeft: boolean;
  /** Training rows at the node. */
  readonly samples: number;
}

/** Left when value <= threshold. */
export interface ThresholdStep extends Decision {
  readonly threshold: number;
}

/** Left when the category is one of `categories`. */
export interface CategoryStep extends Decision {
  readonly categories: readonly number[];
}

export type Step = ThresholdStep | CategoryStep;

/** The decisions from the root to the row's leaf; the leaf itself is not among them. */
export function explain(tree: Tree, row: Float64Array): Step[] {
  checkArgument('tree', tree, aTree);
  checkArgument('row', row, someRows);
  return explainFrom(tree, (node) => samplesAt(tree, node), row, 0, Number.POSITIVE_INFINITY);
}

/**
 * The decisions of `explain` from a node on, up to a number of them.
 *
 * @param samplesOf training rows at a node
 */
export function explainFrom(
  tree: Tree,
  samplesOf: (node: number) => number,
  row: Float64Array,
  from: number,
  most: number,
): Step[] {
  const steps: Step[] = [];
  let node = from;
  while (tree.feature[node] >= 0 && steps.length < most) {
    const feature = tree.feature[node];
    const value = row[feature];
    const wentLeft = goesLeft(tree, node, value);
    const categories = tree.categories === null ? null : tree.categories[node];
    const test = categories === null ? { threshold: tree.threshold[node] } : { categories };
    steps.push({ node, feature, value, ...test, wentLeft, samples: samplesOf(node) });
    node = wentLeft ? tree.left[node] : tree.right[node];
  }
  return steps;
}
