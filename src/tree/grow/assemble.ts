/** Makes a tree of grown nodes: preorder, thresholds, impurities. */
import { impurityOf, type Objective } from '../criterion.js';
import type { Tree } from '../tree.js';
import { isTurnOver } from '../turns.js';
import type { GrownNodes } from './nodes.js';

/** A feature's values by row of the sorted table. */
export interface FeatureValues {
  /** NaN where the row has none. */
  readonly valueAt: (row: number) => number;
  readonly isCategory: boolean;
  /** Whether a training row has no value. */
  readonly hasMissing: boolean;
}

/**
 * Yields now and then.
 * Why: docs/decisions/heavier-child-counts-rows.md
 */
export function* assembleTree(
  nodes: GrownNodes,
  features: readonly FeatureValues[],
  objective: Objective,
): Generator<void, Tree> {
  const { nodeCount, classCount } = nodes;
  const tree = {
    nodeCount,
    classCount,
    featureCount: features.length,
    feature: new Int32Array(nodeCount),
    threshold: new Float64Array(nodeCount),
    categories: features.some(({ isCategory }) => isCategory)
      ? new Array<readonly number[] | null>(nodeCount).fill(null)
      : null,
    left: new Int32Array(nodeCount),
    right: new Int32Array(nodeCount),
    missingLeft: new Uint8Array(nodeCount),
    counts: new Uint32Array(nodeCount * classCount),
    impurity: new Float64Array(nodeCount),
    gap: new Float64Array(nodeCount).fill(Number.POSITIVE_INFINITY),
  };
  const order = preorder(nodes);
  const indexOf = new Int32Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) indexOf[order[node]] = node;
  const turn = { steps: 0 };
  for (let node = 0; node < nodeCount; node++) {
    // Its impurity takes most: whether it is pure, a sum, and terms in ascending order.
    if (isTurnOver(turn, 4 * classCount)) yield;
    const grown = order[node];
    const left = nodes.left[grown];
    const feature = nodes.feature[grown];
    tree.feature[node] = feature;
    tree.left[node] = left === -1 ? -1 : indexOf[left];
    tree.right[node] = left === -1 ? -1 : indexOf[left + 1];
    tree.counts.set(nodes.counts.subarray(grown * classCount, (grown + 1) * classCount), node * classCount);
    tree.impurity[node] = impurityOf(objective, tree.counts, node * classCount, classCount);
    if (feature === -1) continue;
    const column = features[feature];
    tree.missingLeft[node] = column.hasMissing ? nodes.missingLeft[grown] : 0;
    if (column.isCategory) tree.categories![node] = nodes.categories.get(grown)!;
    else {
      const [lower, upper] = neighbours(column, nodes.below[grown], nodes.above[grown]);
      tree.threshold[node] = thresholdBetween(lower, upper);
      tree.gap[node] = upper - lower;
    }
  }
  return tree;
}

/** Grown nodes in preorder. */
function preorder({ left, nodeCount }: GrownNodes): Int32Array {
  const order = new Int32Array(nodeCount);
  const stack = [0];
  let next = 0;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    order[next++] = node;
    if (left[node] !== -1) stack.push(left[node] + 1, left[node]);
  }
  return order;
}

/** The values beside a threshold; the upper one is infinite where only missing values are on the right. */
function neighbours({ valueAt }: FeatureValues, below: number, above: number): [lower: number, upper: number] {
  return [valueAt(below), above === -1 ? Number.POSITIVE_INFINITY : valueAt(above)];
}

/** Half-way between two neighbours; the lower one where rounding would reach the upper. */
export function thresholdBetween(lower: number, upper: number): number {
  if (upper === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  const middle = lower / 2 + upper / 2;
  return (middle < upper ? middle : lower) + 0; // never -0
}
