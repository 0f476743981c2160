import type { ClassifierNode } from 'ml-cart';
import { impurityOf } from '../../tree/criterion.js';
import type { Tree } from '../../tree/tree.js';

/** The rows a tree was trained on: `values[row * featureCount + feature]`, `labels[row]`. */
export interface TrainingRows {
  readonly values: Float64Array;
  readonly labels: number[];
  readonly featureCount: number;
  readonly classCount: number;
}

/**
 * The same decisions as a `Tree`. The package goes left when value < v, a `Tree` when value <= t; the two are the same
 * for every double when t is the largest double below v. The package keeps no counts: they come from sending the
 * training rows through the converted tree.
 */
export function convertNodes(root: ClassifierNode, rows: TrainingRows): Tree {
  const feature: number[] = [];
  const threshold: number[] = [];
  const left: number[] = [];
  const right: number[] = [];
  const visit = (node: ClassifierNode): number => {
    const id = feature.push(-1) - 1;
    threshold.push(0);
    left.push(-1);
    right.push(-1);
    // A leaf may carry a split that was tried and rejected: only a node with children is a split.
    if (node.left === undefined || node.right === undefined) return id;
    feature[id] = node.splitColumn!;
    threshold[id] = largestBelow(node.splitValue!);
    left[id] = visit(node.left);
    right[id] = visit(node.right);
    return id;
  };
  visit(root);
  const shape = {
    nodeCount: feature.length,
    classCount: rows.classCount,
    featureCount: rows.featureCount,
    feature: Int32Array.from(feature),
    threshold: Float64Array.from(threshold),
    categories: null,
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    missingLeft: new Uint8Array(feature.length),
  };
  const counts = routeRows(shape, rows);
  return { ...shape, counts, impurity: giniOfCounts(counts, rows.classCount) };
}

/** Rows per node and class, by walking every training row from the root to its leaf. */
function routeRows(
  shape: Pick<Tree, 'nodeCount' | 'feature' | 'threshold' | 'right'>,
  rows: TrainingRows,
): Uint32Array {
  const { feature, threshold, right } = shape;
  const { classCount, featureCount, labels, values } = rows;
  const counts = new Uint32Array(shape.nodeCount * classCount);
  for (let row = 0; row < labels.length; row++) {
    let node = 0;
    counts[labels[row]]++;
    while (feature[node] >= 0) {
      node = values[row * featureCount + feature[node]] <= threshold[node] ? node + 1 : right[node];
      counts[node * classCount + labels[row]]++;
    }
  }
  return counts;
}

function giniOfCounts(counts: Uint32Array, classCount: number): Float64Array {
  const gini = { criterion: 'gini', weights: null } as const;
  return Float64Array.from({ length: counts.length / classCount }, (_, node) =>
    impurityOf(gini, counts, node * classCount, classCount),
  );
}

/** The largest double below `value`, which is finite. */
export function largestBelow(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  const bits = new BigInt64Array(Float64Array.of(value).buffer);
  // Sign and magnitude: the next double down has a smaller magnitude above 0, a larger one below.
  bits[0] += value > 0 ? -1n : 1n;
  return new Float64Array(bits.buffer)[0];
}
