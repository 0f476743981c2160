import { MAX_NODE_ROWS } from '../../../ground/limits.js';
import { samplesAt } from '../../../tree/predict.js';
import type { Tree } from '../../../tree/tree.js';
import { readInteger, readLength, readMembers, refuse } from '../fields.js';
import type { JsonText } from '../json-text.js';
import { type NumberArray, readIntegers, readNumbers, readSets } from '../number-arrays.js';

/*
 * A tree in preorder. Children are implied: the left one of a split is the next node, the right one follows the left
 * branch. So no cycle and no orphan can be written, and a counter finds a tree that ends too early or too late. What only a
 * split has is there once per split, what only a leaf has once per leaf, in the order of the nodes.
 */

const COLUMNS = ['output', 'weight', 'feature', 'threshold', 'missing', 'value', 'rows', 'impurity'];
const CATEGORY_COLUMNS = ['sets', 'unknown'];

/** What the tree has to fit to: the rest of the model. */
export interface TreeShape {
  readonly classCount: number;
  /** Categories per feature; 0 for a number. */
  readonly categoryCounts: readonly number[];
}

export function treeDocument(tree: Tree): Record<string, unknown> {
  const splits: number[] = [];
  const leaves: number[] = [];
  for (let node = 0; node < tree.nodeCount; node++) (tree.feature[node] < 0 ? leaves : splits).push(node);
  const sets = tree.categories;
  const isThreshold = (node: number) => sets === null || sets[node] === null;
  const withSets = sets === null ? {} : setColumns(tree, splits, sets);
  return {
    output: null,
    weight: 1,
    feature: [...tree.feature],
    threshold: splits.filter(isThreshold).map((node) => tree.threshold[node]),
    missing: splits.map((node) => tree.missingLeft[node]),
    ...withSets,
    value: leaves.map((leaf) => leafValue(tree, leaf)),
    rows: leaves.map((leaf) => samplesAt(tree, leaf)),
    impurity: [...tree.impurity],
  };
}

function setColumns(tree: Tree, splits: readonly number[], sets: NonNullable<Tree['categories']>) {
  const asking = splits.filter((node) => sets[node] !== null);
  return { sets: asking.map((node) => sets[node]), unknown: asking.map((node) => unknownLeft(tree, node)) };
}

/** A category that training never saw goes to the child with more training rows, to the right where both have the same. */
function unknownLeft(tree: Tree, node: number): number {
  return samplesAt(tree, tree.left[node]) > samplesAt(tree, tree.right[node]) ? 1 : 0;
}

/** Of a leaf: its class where all rows are of one, else the rows of each class. */
function leafValue({ classCount, counts }: Tree, leaf: number): number | number[] {
  const from = leaf * classCount;
  let only = -1;
  for (let k = 0; k < classCount; k++) {
    if (counts[from + k] === 0) continue;
    if (only >= 0) return [...counts.subarray(from, from + classCount)];
    only = k;
  }
  return only;
}

/**
 * Whether a tree has its columns, with entries for as many splits and leaves as it has nodes. Nothing is built.
 *
 * @throws ArtifactError
 */
export function checkTreeOutline(text: JsonText, at: number, path: string): void {
  const columns = readMembers(text, at, path, COLUMNS, CATEGORY_COLUMNS);
  const length = (name: string, expected?: number) =>
    columns.has(name) ? readLength(text, columns.get(name)!, `${path}.${name}`, expected) : 0;
  const nodes = length('feature');
  if (nodes % 2 === 0) refuse(`${path}.feature`, 'an odd number of nodes', text.glimpse(columns.get('feature')!));
  const [splits, leaves] = [(nodes - 1) / 2, (nodes + 1) / 2];
  length('missing', splits);
  length('threshold', splits - length('sets'));
  length('unknown', length('sets'));
  length('value', leaves);
  length('rows', leaves);
  length('impurity', nodes);
}

/** @throws ArtifactError unless every invariant of `Tree` holds */
export function readTree(text: JsonText, at: number, path: string, { categoryCounts, classCount }: TreeShape): Tree {
  const withSets = categoryCounts.some((count) => count > 0);
  const columns = readMembers(text, at, path, withSets ? [...COLUMNS, ...CATEGORY_COLUMNS] : COLUMNS);
  const place = (name: string) => columns.get(name)!;
  const integers = <Out extends NumberArray>(name: string, min: number, max: number, out: Out): Out => {
    readIntegers(text, place(name), `${path}.${name}`, min, max, out, 0);
    return out;
  };
  if (text.glimpse(place('output')) !== null) refuse(`${path}.output`, 'null', text.glimpse(place('output')));
  if (text.glimpse(place('weight')) !== 1) refuse(`${path}.weight`, '1', text.glimpse(place('weight')));
  const nodeCount = text.length(place('feature'));
  const feature = integers('feature', -1, categoryCounts.length - 1, new Int32Array(nodeCount));
  const tree = {
    nodeCount,
    classCount,
    featureCount: categoryCounts.length,
    feature,
    ...linkChildren(feature, `${path}.feature`),
    ...readQuestions(text, columns, path, feature, categoryCounts),
    counts: readLeafCounts(text, columns, path, feature, classCount),
    impurity: readNumbers(text, place('impurity'), `${path}.impurity`, 0, new Float64Array(nodeCount)),
  };
  sumCounts(tree, `${path}.rows`);
  if (withSets) checkUnknown(text, place('unknown'), `${path}.unknown`, tree);
  return tree;
}

/** Children of a tree in preorder; -1 at a leaf. */
export function linkChildren(feature: Int32Array, path: string): Pick<Tree, 'left' | 'right'> {
  const left = new Int32Array(feature.length).fill(-1);
  const right = new Int32Array(feature.length).fill(-1);
  // Splits whose right child is still to come; behind the last leaf there is none.
  const waiting: number[] = [];
  for (let node = 0; node < feature.length; node++) {
    if (feature[node] >= 0) {
      left[node] = node + 1;
      waiting.push(node);
      continue;
    }
    const split = waiting.pop();
    if (split !== undefined) right[split] = node + 1;
    else if (node + 1 < feature.length) refuse(`${path}[${node + 1}]`, 'the end of the tree', feature[node + 1]);
  }
  if (waiting.length > 0 || feature[feature.length - 1] >= 0) {
    refuse(path, 'two children for every split', [...feature]);
  }
  return { left, right };
}

/** What the splits ask, spread over the nodes. */
function readQuestions(
  text: JsonText,
  columns: ReadonlyMap<string, number>,
  path: string,
  feature: Int32Array,
  categoryCounts: readonly number[],
): Pick<Tree, 'threshold' | 'categories' | 'missingLeft'> {
  let numberSplits = 0;
  for (const asked of feature) if (asked >= 0 && categoryCounts[asked] === 0) numberSplits++;
  const splits = (feature.length - 1) / 2;
  const place = (name: string) => columns.get(name)!;
  readLength(text, place('threshold'), `${path}.threshold`, numberSplits);
  const thresholds = readNumbers(
    text,
    place('threshold'),
    `${path}.threshold`,
    undefined,
    new Float64Array(numberSplits),
  );
  const directions = new Uint8Array(splits);
  readIntegers(text, place('missing'), `${path}.missing`, 0, 1, directions, 0);
  const sets = columns.has('sets') ? readSets(text, place('sets'), `${path}.sets`) : null;
  const threshold = new Float64Array(feature.length);
  const missingLeft = new Uint8Array(feature.length);
  const categories: (readonly number[] | null)[] | null = sets && new Array(feature.length).fill(null);
  for (let node = 0, split = 0, number = 0; node < feature.length; node++) {
    if (feature[node] < 0) continue;
    const count = categoryCounts[feature[node]];
    if (count === 0) threshold[node] = thresholds[number++];
    else categories![node] = checkSet(sets![split - number], `${path}.sets[${split - number}]`, count);
    missingLeft[node] = directions[split++];
  }
  return { threshold, missingLeft, categories };
}

/** @param count how many categories the feature has */
function checkSet(set: readonly number[] | null, path: string, count: number): readonly number[] {
  if (set === null || set.length === 0) return refuse(path, 'the categories that go left', set);
  const last = set[set.length - 1];
  return last < count ? set : refuse(path, `indices below ${count}`, last);
}

/** Counts of the leaves, at their nodes; 0 at splits. */
function readLeafCounts(
  text: JsonText,
  columns: ReadonlyMap<string, number>,
  path: string,
  feature: Int32Array,
  classCount: number,
): Uint32Array {
  const valueAt = columns.get('value')!;
  const classes = text.numbers(valueAt);
  if (classes === undefined) checkLengths(text, valueAt, `${path}.value`, classCount);
  const rows = new Uint32Array((feature.length + 1) / 2);
  readIntegers(text, columns.get('rows')!, `${path}.rows`, 1, MAX_NODE_ROWS, rows, 0);
  const counts = new Uint32Array(feature.length * classCount);
  let node = -1;
  const nextLeaf = () => {
    for (node++; feature[node] >= 0; ) node++;
    return node * classCount;
  };
  if (classes !== undefined) {
    for (let leaf = 0; leaf < classes.length; leaf++) {
      const only = classes[leaf];
      if (!isClass(only, classCount)) readInteger(only, `${path}.value[${leaf}]`, 0, classCount - 1);
      counts[nextLeaf() + only] = rows[leaf];
    }
    return counts;
  }
  for (let at = text.first(valueAt), leaf = 0; at >= 0; at = text.next(text.end(at)), leaf++) {
    const from = nextLeaf();
    if (text.isArray(at))
      readMixedLeaf(text, at, `${path}.value[${leaf}]`, counts.subarray(from, from + classCount), rows[leaf]);
    else counts[from + readClass(text, at, `${path}.value[${leaf}]`, classCount)] = rows[leaf];
  }
  return counts;
}

/** What arrays of other lengths would come to is not known before. */
function checkLengths(text: JsonText, array: number, path: string, length: number): void {
  for (let at = text.first(array), index = 0; at >= 0; at = text.next(text.end(at)), index++) {
    if (text.isArray(at) && text.length(at) !== length) readLength(text, at, `${path}[${index}]`, length);
  }
}

function readClass(text: JsonText, at: number, path: string, classCount: number): number {
  const value = text.number(at);
  return isClass(value, classCount) ? value : readInteger(text.glimpse(at), path, 0, classCount - 1);
}

function isClass(value: number, classCount: number): boolean {
  return value >= 0 && value < classCount && Number.isInteger(value);
}

function readMixedLeaf(text: JsonText, at: number, path: string, counts: Uint32Array, rows: number): void {
  readIntegers(text, at, path, 0, MAX_NODE_ROWS, counts, 0);
  const sum = counts.reduce((total, count) => total + count, 0);
  if (sum !== rows) refuse(path, `counts of ${rows} rows, as the leaf has`, sum);
  if (counts.filter((count) => count > 0).length < 2)
    refuse(path, 'the index of the class, as there is one only', [...counts]);
}

/** The counts of a split are the sums of its children's. */
function sumCounts({ classCount, counts, feature, left, nodeCount, right }: Tree, path: string): void {
  let total = 0;
  for (const count of counts) total += count;
  if (total > MAX_NODE_ROWS) refuse(path, `at most ${MAX_NODE_ROWS} rows in all`, total);
  for (let node = nodeCount - 1; node >= 0; node--) {
    if (feature[node] < 0) continue;
    const [to, one, other] = [node * classCount, left[node] * classCount, right[node] * classCount];
    for (let k = 0; k < classCount; k++) counts[to + k] = counts[one + k] + counts[other + k];
  }
}

function checkUnknown(text: JsonText, at: number, path: string, tree: Tree): void {
  const asking = [...tree.feature.keys()].filter((node) => tree.categories?.[node] != null);
  const found = new Uint8Array(asking.length);
  readIntegers(text, at, path, 0, 1, found, 0);
  for (const [index, node] of asking.entries()) {
    const expected = unknownLeft(tree, node);
    if (found[index] !== expected) refuse(`${path}[${index}]`, `${expected}, the side of more rows`, found[index]);
  }
}

/** What shares of classes can come to, rounded: importances are sums of it. @param most of the criterion */
export function checkImpurity({ impurity }: Tree, path: string, most: number): void {
  for (let node = 0; node < impurity.length; node++) {
    if (impurity[node] > most) refuse(`${path}.impurity[${node}]`, `an impurity of at most ${most}`, impurity[node]);
  }
}

/** @param criterion undefined where nobody knows it */
export function mostImpurity(classCount: number, criterion: 'gini' | 'entropy' | undefined): number {
  const entropy = Math.log2(classCount) * (1 + 1e-9);
  if (criterion === 'gini') return 1;
  return criterion === 'entropy' ? entropy : Math.max(1, entropy);
}
