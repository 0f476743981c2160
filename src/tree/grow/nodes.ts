/** Nodes as they are grown: in the order of their creation, without thresholds. */
import { DataError } from '../../ground/errors.js';

/**
 * Most class counts, nodes times classes, of a tree: as text, in a model's file, a million takes a second or more.
 * Why: docs/decisions/at-most-2-24-counts.md
 */
const MAX_COUNTS = 1 << 24;

/** A growable struct of arrays. */
export interface GrownNodes {
  nodeCount: number;
  readonly classCount: number;
  /** -1 at a leaf, as in the tree. */
  feature: Int32Array;
  /**
   * The rows with the largest value on the left and the smallest on the right, between which the threshold lies.
   * -1 in `above`: only missing values are on the right.
   */
  below: Int32Array;
  above: Int32Array;
  /** -1 at a leaf; the right child is the next node. */
  left: Int32Array;
  missingLeft: Uint8Array;
  /** `counts[node * classCount + class]`. */
  counts: Uint32Array;
  /** At a category split, those of the node's categories that go left. */
  readonly categories: Map<number, readonly number[]>;
}

export function createNodes(classCount: number): GrownNodes {
  const room = 64;
  return {
    nodeCount: 0,
    classCount,
    feature: new Int32Array(room),
    below: new Int32Array(room),
    above: new Int32Array(room),
    left: new Int32Array(room),
    missingLeft: new Uint8Array(room),
    counts: new Uint32Array(room * classCount),
    categories: new Map(),
  };
}

export function fitsTree(nodeCount: number, classCount: number): boolean {
  return nodeCount * classCount <= MAX_COUNTS;
}

/** @throws DataError where a tree of at least so many nodes would be too large for its classes */
export function refuseNodes(nodeCount: number, classCount: number): void {
  if (fitsTree(nodeCount, classCount)) return;
  const most = Math.floor(MAX_COUNTS / classCount);
  throw new DataError(
    'too-large',
    `expected a tree of at most ${MAX_COUNTS} class counts, nodes times classes; found at least ${nodeCount} nodes ` +
      `of ${classCount} classes; is the target a number or an id?`,
    {
      advice: {
        option: 'maxDepth',
        value: String(Math.floor(Math.log2(most + 1)) - 1),
        effect: 'bounds the depth',
        or: { option: 'maxLeafNodes', value: String(Math.floor((most + 1) / 2)), effect: 'bounds the leaves' },
      },
    },
  );
}

/**
 * Adds a leaf with counts of 0.
 * @throws DataError where the tree has grown too large for its classes
 */
export function addLeaf(nodes: GrownNodes): number {
  const { nodeCount, classCount } = nodes;
  refuseNodes(nodeCount + 1, classCount);
  if (nodes.nodeCount === nodes.feature.length) grow(nodes);
  const node = nodes.nodeCount++;
  nodes.feature[node] = -1;
  nodes.left[node] = -1;
  return node;
}

function grow(nodes: GrownNodes): void {
  nodes.feature = doubled(nodes.feature);
  nodes.below = doubled(nodes.below);
  nodes.above = doubled(nodes.above);
  nodes.left = doubled(nodes.left);
  nodes.missingLeft = doubled(nodes.missingLeft);
  nodes.counts = doubled(nodes.counts);
}

function doubled<T extends Int32Array | Uint32Array | Uint8Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(array.length * 2);
  larger.set(array);
  return larger;
}

/** The memory of the nodes, for sending them without a copy. */
export function buffersOf({ above, below, counts, feature, left, missingLeft }: GrownNodes): ArrayBuffer[] {
  return [above, below, counts, feature, left, missingLeft].map(({ buffer }) => buffer as ArrayBuffer);
}

/** Replaces the leaf `at` by the subtree, which has the same rows. */
export function graft(nodes: GrownNodes, at: number, subtree: GrownNodes): void {
  const { classCount } = nodes;
  /** The subtree's root takes the leaf's place, the others follow those that are there. */
  const base = nodes.nodeCount - 1;
  for (let from = 0; from < subtree.nodeCount; from++) {
    const to = from === 0 ? at : addLeaf(nodes);
    nodes.feature[to] = subtree.feature[from];
    nodes.below[to] = subtree.below[from];
    nodes.above[to] = subtree.above[from];
    nodes.left[to] = subtree.left[from] === -1 ? -1 : base + subtree.left[from];
    nodes.missingLeft[to] = subtree.missingLeft[from];
    const categories = subtree.categories.get(from);
    if (categories !== undefined) nodes.categories.set(to, categories);
    for (let c = 0; c < classCount; c++) nodes.counts[to * classCount + c] = subtree.counts[from * classCount + c];
  }
}
