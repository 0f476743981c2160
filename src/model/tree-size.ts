import type { Tree } from '../tree/tree.js';

export interface TreeSize {
  readonly nodes: number;
  readonly leaves: number;
  /** Questions on the longest way down; 0 for a tree of one leaf. */
  readonly depth: number;
}

export function treeSize({ left, nodeCount, right }: Tree): TreeSize {
  const depths = new Int32Array(nodeCount);
  let depth = 0;
  for (let node = 0; node < nodeCount; node++) {
    depth = Math.max(depth, depths[node]);
    if (left[node] < 0) continue;
    depths[left[node]] = depths[node] + 1;
    depths[right[node]] = depths[node] + 1;
  }
  return { nodes: nodeCount, leaves: (nodeCount + 1) / 2, depth };
}
