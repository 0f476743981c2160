import { ArtifactError } from '../errors.js';
import type { Tree } from '../tree/tree.js';
import { readArray, readInteger, readNumber, readObject, refuse } from './fields.js';

const COLUMNS = ['feature', 'threshold', 'left', 'right', 'missingLeft', 'counts', 'impurity'];
const MAX_COUNT = 0xffff_ffff;
const MAX_NODES = 0x7fff_ffff;

/** What the tree has to fit to: the rest of the model. */
export interface TreeShape {
  readonly classCount: number;
  /** Categories per feature; 0 for a number. */
  readonly categoryCounts: readonly number[];
  readonly trainRows: number;
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

/** @throws ArtifactError unless every invariant of `Tree` holds */
export function readTree(value: unknown, shape: TreeShape): Tree {
  const withCategories = shape.categoryCounts.some((count) => count > 0);
  const keys = withCategories ? [...COLUMNS, 'categories'] : COLUMNS;
  const columns = readObject(value, 'tree', keys);
  const nodeCount = readArray(columns.feature, 'tree.feature').length;
  if (nodeCount === 0) refuse('tree.feature', 'at least one node', columns.feature);
  const node = (name: string) => readArray(columns[name], `tree.${name}`, nodeCount);
  const integers = (name: string, min: number, max: number) =>
    node(name).map((element, index) => readInteger(element, `tree.${name}[${index}]`, min, max));
  const numbers = (name: string, min?: number) =>
    node(name).map((element, index) => readNumber(element, `tree.${name}[${index}]`, min));
  const tree: Tree = {
    nodeCount,
    classCount: shape.classCount,
    featureCount: shape.categoryCounts.length,
    feature: Int32Array.from(integers('feature', -1, shape.categoryCounts.length - 1)),
    threshold: Float64Array.from(numbers('threshold')),
    categories: withCategories ? node('categories').map(readCategorySet) : null,
    left: Int32Array.from(integers('left', -1, MAX_NODES)),
    right: Int32Array.from(integers('right', -1, MAX_NODES)),
    missingLeft: Uint8Array.from(integers('missingLeft', 0, 1)),
    counts: readCounts(node('counts'), shape.classCount),
    impurity: Float64Array.from(numbers('impurity', 0)),
  };
  checkChildren(tree);
  checkPreorder(tree);
  for (let index = 0; index < nodeCount; index++) checkSplit(tree, index, shape.categoryCounts);
  checkCounts(tree, shape.trainRows);
  return tree;
}

function readCategorySet(value: unknown, node: number): readonly number[] | null {
  if (value === null) return null;
  const path = `tree.categories[${node}]`;
  const set = readArray(value, path).map((element, index) => readInteger(element, `${path}[${index}]`, 0, MAX_COUNT));
  for (let index = 1; index < set.length; index++) {
    if (set[index] <= set[index - 1]) refuse(`${path}[${index}]`, `an index above ${set[index - 1]}`, set[index]);
  }
  return set;
}

function readCounts(rows: readonly unknown[], classCount: number): Uint32Array {
  const counts = new Uint32Array(rows.length * classCount);
  for (const [node, row] of rows.entries()) {
    const path = `tree.counts[${node}]`;
    for (const [index, count] of readArray(row, path, classCount).entries()) {
      counts[node * classCount + index] = readInteger(count, `${path}[${index}]`, 0, MAX_COUNT);
    }
  }
  return counts;
}

/** Every node but the root has exactly one parent, and that one comes before it. */
function checkChildren({ nodeCount, left, right }: Tree): void {
  const parent = new Int32Array(nodeCount).fill(-1);
  for (let node = 0; node < nodeCount; node++) {
    if (left[node] < 0 !== right[node] < 0) {
      throw new ArtifactError(`tree: node ${node}: expected two children or none, found one`);
    }
    if (left[node] < 0) continue;
    for (const [name, child] of [
      ['left', left[node]],
      ['right', right[node]],
    ] as const) {
      const path = `tree.${name}[${node}]`;
      if (child >= nodeCount) refuse(path, `a node below ${nodeCount}`, child);
      if (child <= node) refuse(path, `a node after its parent ${node}`, child);
      if (parent[child] >= 0) {
        throw new ArtifactError(`tree: node ${child}: expected one parent, found ${parent[child]} and ${node}`);
      }
      parent[child] = node;
    }
  }
  const orphan = parent.indexOf(-1, 1);
  if (orphan > 0) throw new ArtifactError(`tree: node ${orphan}: expected one parent, found none`);
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
