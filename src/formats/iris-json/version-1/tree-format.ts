import { ArtifactError } from '../../../ground/errors.js';
import { MAX_NODE_ROWS } from '../../../ground/limits.js';
import type { TrainingRecord } from '../../../model/training-record.js';
import type { Tree } from '../../../tree/tree.js';
import { readLength, readMembers, refuse } from '../fields.js';
import type { JsonText } from '../json-text.js';
import { type NumberArray, readIntegers, readNumbers, readSets } from '../number-arrays.js';

const COLUMNS = ['feature', 'threshold', 'left', 'right', 'missingLeft', 'counts', 'impurity'];
const ALL_COLUMNS = [...COLUMNS, 'categories'];
const MAX_INDEX = 0x7fff_ffff;

/** What the tree has to fit to: the rest of the model. */
export interface TreeShape {
  readonly classCount: number;
  /** Categories per feature; 0 for a number. */
  readonly categoryCounts: readonly number[];
  readonly trainRows: number;
  readonly criterion: TrainingRecord['criterion'];
}

/** The tree as the artifact has it: `categories` is left out when no feature is a category. */
export function treeDocument(tree: Tree): Record<string, unknown> {
  const { classCount } = tree;
  const counts = Array.from({ length: tree.nodeCount }, (_, node) => [
    ...tree.counts.subarray(node * classCount, (node + 1) * classCount),
  ]);
  return {
    feature: [...tree.feature],
    threshold: [...tree.threshold],
    ...(tree.categories === null ? {} : { categories: tree.categories }),
    left: [...tree.left],
    right: [...tree.right],
    missingLeft: [...tree.missingLeft],
    counts,
    impurity: [...tree.impurity],
  };
}

/**
 * Whether a tree has its columns, and every column an entry for each node. Nothing is built.
 *
 * @throws ArtifactError
 */
export function checkTreeOutline(text: JsonText, at: number): void {
  const withCategories = text.isObject(at) && text.members(at).values.has('categories');
  const columns = readMembers(text, at, 'tree', withCategories ? ALL_COLUMNS : COLUMNS);
  readNodeCount(text, columns);
}

function readNodeCount(text: JsonText, columns: ReadonlyMap<string, number>): number {
  const nodeCount = readLength(text, columns.get('feature')!, 'tree.feature');
  if (nodeCount === 0) refuse('tree.feature', 'at least one node', []);
  for (const [name, at] of columns) readLength(text, at, `tree.${name}`, nodeCount);
  return nodeCount;
}

/** @throws ArtifactError unless every invariant of `Tree` holds */
export function readTree(text: JsonText, at: number, shape: TreeShape): Tree {
  const { categoryCounts, classCount } = shape;
  const withCategories = categoryCounts.some((count) => count > 0);
  const columns = readMembers(text, at, 'tree', withCategories ? ALL_COLUMNS : COLUMNS);
  const nodeCount = readNodeCount(text, columns);
  const integers = <Out extends NumberArray>(name: string, min: number, max: number, out: Out): Out => {
    readIntegers(text, columns.get(name)!, `tree.${name}`, min, max, out, 0);
    return out;
  };
  const numbers = (name: string, min?: number): Float64Array =>
    readNumbers(text, columns.get(name)!, `tree.${name}`, min, new Float64Array(nodeCount));
  const tree: Tree = {
    nodeCount,
    classCount,
    featureCount: categoryCounts.length,
    feature: integers('feature', -1, categoryCounts.length - 1, new Int32Array(nodeCount)),
    threshold: numbers('threshold'),
    categories: withCategories ? readSets(text, columns.get('categories')!, 'tree.categories') : null,
    left: integers('left', -1, MAX_INDEX, new Int32Array(nodeCount)),
    right: integers('right', -1, MAX_INDEX, new Int32Array(nodeCount)),
    missingLeft: integers('missingLeft', 0, 1, new Uint8Array(nodeCount)),
    counts: readCounts(text, columns.get('counts')!, nodeCount, classCount),
    impurity: numbers('impurity', 0),
  };
  checkChildren(tree);
  checkPreorder(tree);
  for (let index = 0; index < nodeCount; index++) checkSplit(tree, index, categoryCounts);
  checkCounts(tree, shape.trainRows);
  checkImpurity(tree, shape.criterion);
  return tree;
}

function readCounts(text: JsonText, array: number, nodeCount: number, classCount: number): Uint32Array {
  let node = 0;
  const path = () => `tree.counts[${node}]`;
  // What rows of other lengths would come to is not known before.
  for (let at = text.first(array); at >= 0; at = text.next(text.end(at)), node++) {
    if (!text.isArray(at) || text.length(at) !== classCount) readLength(text, at, path(), classCount);
  }
  const counts = new Uint32Array(nodeCount * classCount);
  node = 0;
  for (let at = text.first(array); at >= 0; at = text.next(text.end(at)), node++) {
    readIntegers(text, at, path, 0, MAX_NODE_ROWS, counts, node * classCount);
  }
  return counts;
}

/** Every node but the root has exactly one parent, and that one comes before it. */
function checkChildren({ nodeCount, left, right }: Tree): void {
  const parent = new Int32Array(nodeCount).fill(-1);
  const adopt = (name: string, node: number, child: number) => {
    if (child >= nodeCount) refuse(`tree.${name}[${node}]`, `a node below ${nodeCount}`, child);
    if (child <= node) refuse(`tree.${name}[${node}]`, `a node after its parent ${node}`, child);
    if (parent[child] >= 0) {
      throw new ArtifactError('tree', `tree: node ${child}: expected one parent, found ${parent[child]} and ${node}`);
    }
    parent[child] = node;
  };
  for (let node = 0; node < nodeCount; node++) {
    if (left[node] < 0 !== right[node] < 0) {
      throw new ArtifactError('tree', `tree: node ${node}: expected two children or none, found one`);
    }
    if (left[node] < 0) continue;
    adopt('left', node, left[node]);
    adopt('right', node, right[node]);
  }
  const orphan = parent.indexOf(-1, 1);
  if (orphan > 0) throw new ArtifactError('tree', `tree: node ${orphan}: expected one parent, found none`);
}

/** The left child follows its parent, the right one the last node of the left branch. */
function checkPreorder({ nodeCount, left, right }: Tree): void {
  const end = new Int32Array(nodeCount);
  for (let node = nodeCount - 1; node >= 0; node--) {
    if (left[node] < 0) {
      end[node] = node + 1;
      continue;
    }
    if (left[node] !== node + 1) refuse(`tree.left[${node}]`, `the next node in preorder, ${node + 1}`, left[node]);
    const next = end[node + 1];
    if (right[node] !== next) refuse(`tree.right[${node}]`, `the next node in preorder, ${next}`, right[node]);
    end[node] = end[right[node]];
  }
}

/** A leaf asks nothing; a split asks one question that fits its feature's kind. */
function checkSplit(tree: Tree, node: number, categoryCounts: readonly number[]): void {
  const feature = tree.feature[node];
  const set = tree.categories === null ? null : tree.categories[node];
  const isLeaf = tree.left[node] < 0;
  if (isLeaf !== feature < 0)
    refuse(`tree.feature[${node}]`, isLeaf ? '-1 at a leaf' : 'a feature at a split', feature);
  const categoryCount = isLeaf ? 0 : categoryCounts[feature];
  if (categoryCount === 0) {
    if (set !== null) refuse(`tree.categories[${node}]`, isLeaf ? 'null at a leaf' : 'null at a number split', set);
  } else if (set === null || set.length === 0) {
    refuse(`tree.categories[${node}]`, 'the categories that go left', set);
  } else if (set[set.length - 1] >= categoryCount) {
    refuse(`tree.categories[${node}]`, `indices below ${categoryCount}`, set[set.length - 1]);
  }
  const asksThreshold = !isLeaf && categoryCount === 0;
  if (!asksThreshold && tree.threshold[node] !== 0) {
    refuse(`tree.threshold[${node}]`, isLeaf ? '0 at a leaf' : '0 at a category split', tree.threshold[node]);
  }
  if (isLeaf && tree.missingLeft[node] !== 0)
    refuse(`tree.missingLeft[${node}]`, '0 at a leaf', tree.missingLeft[node]);
}

/** Children share the rows of their parent, no node is empty, and the root has every training row. */
function checkCounts({ classCount, counts, left, nodeCount, right }: Tree, trainRows: number): void {
  for (let node = 0; node < nodeCount; node++) {
    let samples = 0;
    for (let index = 0; index < classCount; index++) {
      const count = counts[node * classCount + index];
      samples += count;
      if (left[node] < 0) continue;
      const sum = counts[left[node] * classCount + index] + counts[right[node] * classCount + index];
      if (sum !== count) refuse(`tree.counts[${node}][${index}]`, `the sum of the children's, ${sum}`, count);
    }
    if (samples === 0) refuse(`tree.counts[${node}]`, 'at least one training row', 0);
    if (node === 0 && samples !== trainRows) {
      refuse('tree.counts[0]', `as many rows as training.rows.train, ${trainRows}`, samples);
    }
  }
}

/** What shares of classes can come to, rounded: importances are sums of it. */
function checkImpurity({ classCount, impurity }: Tree, criterion: TreeShape['criterion']): void {
  const most = criterion === 'gini' ? 1 : Math.log2(classCount) * (1 + 1e-9);
  for (let node = 0; node < impurity.length; node++) {
    if (impurity[node] > most) refuse(`tree.impurity[${node}]`, `an impurity of at most ${most}`, impurity[node]);
  }
}
