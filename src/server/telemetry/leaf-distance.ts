import type { TreeAnswers } from '../../tree/answers.js';

/**
 * How far rows are from the training rows in the way they spread over the leaves: the total variation distance, half the
 * sum of the absolute differences of their shares. 0: the same; 1: they have no leaf in common.
 *
 * @param rows rows per node
 * @returns undefined where there are no rows
 */
export function leafDistance({ samples: trained, tree }: TreeAnswers, rows: Float64Array): number | undefined {
  const { feature, nodeCount } = tree;
  const rowCount = rows.reduce((sum, count) => sum + count, 0);
  if (rowCount === 0) return undefined;
  let sum = 0;
  for (let node = 0; node < nodeCount; node++) {
    if (feature[node] < 0) sum += Math.abs(rows[node] / rowCount - trained[node] / trained[0]);
  }
  return sum / 2;
}
