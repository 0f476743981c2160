import type { Pace } from '../training/pace.js';
import { gainOf, isPure } from '../tree/criterion.js';
import type { Limits } from '../tree/grow/grow.js';
import type { Tree } from '../tree/tree.js';
import { batchesOf, finishNodes, type OpenNode } from './finish-nodes.js';
import { GrownTree } from './grown-tree.js';
import { type NodeSplit, searchNodes } from './search-nodes.js';
import type { SearchedRows } from './searched-rows.js';

/** Nodes that are searched at once: each is a branch of the expression that finds a row's node. */
export const MOST_NODES = 256;

export interface GrowthOptions {
  readonly limits: Limits;
  /** Of the training rows. */
  readonly rootMass: number;
  /** A node of so many rows, or fewer, is fetched; 0: none is. */
  readonly mostRows: number;
  readonly pace: Pace;
  /** Called for each level, and each fetch. */
  readonly onLevel: (level: Level) => void;
}

/** What was done at once. */
export type Level =
  | { readonly kind: 'level'; readonly depth: number; readonly nodes: number; readonly rows: number }
  | { readonly kind: 'rows'; readonly nodes: number; readonly rows: number };

/**
 * Grows a tree whose rows stay where they are, level by level; a node whose rows fit here is grown here. It is the tree that
 * the engine `cart` grows of the rows.
 *
 * @param rootCounts training rows of each class
 * @throws DataError where the table changes meanwhile
 */
export async function growPushedDown(
  searched: SearchedRows,
  rootCounts: ArrayLike<number>,
  options: GrowthOptions,
): Promise<Tree> {
  const tree = new GrownTree(searched.features, rootCounts);
  const fetched: OpenNode[] = [];
  const [root] = openNodes(searched, tree, [{ node: 0, depth: 0 }], options);
  let level = root === undefined ? [] : [root];
  while (level.length > 0) {
    const next: OpenNode[] = [];
    const large = level.filter(({ rowCount }) => rowCount > options.mostRows);
    fetched.push(...level.filter(({ rowCount }) => rowCount <= options.mostRows));
    for (let start = 0; start < large.length; start += MOST_NODES) {
      const some = large.slice(start, start + MOST_NODES);
      options.onLevel({ kind: 'level', depth: some[0]!.depth, nodes: some.length, rows: rowsOf(some) });
      next.push(...(await splitNodes(searched, tree, some, options)));
      await options.pace(0);
    }
    level = next;
  }
  for (const batch of batchesOf(fetched, options.mostRows)) {
    options.onLevel({ kind: 'rows', nodes: batch.length, rows: rowsOf(batch) });
    await finishNodes(searched, tree, batch, options, options.pace);
  }
  return tree.finish(searched.objective);
}

/** @returns the children that may be divided */
async function splitNodes(
  searched: SearchedRows,
  tree: GrownTree,
  some: readonly OpenNode[],
  options: GrowthOptions,
): Promise<OpenNode[]> {
  const ids = new Map(some.map(({ node }, id) => [node, id]));
  const counts = some.map(({ node }) => Float64Array.from(tree.countsOf(node)));
  const splits = await searchNodes(searched, tree, ids, counts);
  return some.flatMap(({ depth, node }, id) => {
    const split = splits[id];
    if (split === undefined || !isAllowed(searched, counts[id]!, split, options)) return [];
    const left = tree.split(node, split, split.missing);
    return openNodes(
      searched,
      tree,
      [left, left + 1].map((child) => ({ node: child, depth: depth + 1 })),
      options,
    );
  });
}

/** As in `tree/grow`: rounding alone is no reason to refuse. */
export function isAllowed(
  { objective }: SearchedRows,
  node: Float64Array,
  { left }: NodeSplit,
  { limits, rootMass }: GrowthOptions,
): boolean {
  if (limits.minImpurityDecrease === 0) return true;
  return gainOf(objective, node, left) / rootMass + Number.EPSILON >= limits.minImpurityDecrease;
}

/** Those that are no leaf before a split was looked for. */
function openNodes(
  searched: SearchedRows,
  tree: GrownTree,
  nodes: readonly { readonly node: number; readonly depth: number }[],
  options: GrowthOptions,
): OpenNode[] {
  return nodes.flatMap(({ depth, node }) => {
    const counts = tree.countsOf(node);
    const rowCount = counts.reduce((sum, count) => sum + count, 0);
    return isTerminal(searched, { depth, counts, rowCount }, options) ? [] : [{ node, depth, rowCount }];
  });
}

/** Whether a node is a leaf before a split is looked for. */
export function isTerminal(
  { classCount }: SearchedRows,
  {
    counts,
    depth,
    rowCount,
  }: { readonly counts: ArrayLike<number>; readonly depth: number; readonly rowCount: number },
  { limits }: GrowthOptions,
): boolean {
  const minRows = Math.max(2, limits.minSamplesSplit, 2 * limits.minSamplesLeaf);
  return depth >= limits.maxDepth || rowCount < minRows || isPure(counts, 0, classCount);
}

export function rowsOf(nodes: readonly OpenNode[]): number {
  return nodes.reduce((sum, { rowCount }) => sum + rowCount, 0);
}
