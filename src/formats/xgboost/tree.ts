import { MISSING_LEFT, UNKNOWN_LEFT } from '../../tree/ensemble.js';
import { listAt, member, numbersAt, objectAt, refuseValue, wholeAt } from '../foreign-value.js';
import type { ForeignTree } from '../pool-builder.js';
import { checkKeys } from './known-keys.js';

/** Where the trees of a file are, in messages. */
export const MODEL = 'learner.gradient_booster.model';

/** One tree: an array of each kind, an entry per node. */
export interface XgboostTree {
  readonly path: string;
  readonly nodeCount: number;
  readonly output: number;
  /** Whether a leaf has a value per output. */
  readonly isVector: boolean;
  readonly left: ArrayLike<number>;
  readonly right: ArrayLike<number>;
  readonly feature: ArrayLike<number>;
  /** Of a split of a number its threshold, of a leaf its value. */
  readonly condition: ArrayLike<number>;
  /** 1 or true where a missing value goes left. */
  readonly defaultLeft: ArrayLike<unknown>;
  /** The categories that go right, of a node that asks for one. */
  readonly sets: ReadonlyMap<number, readonly number[]>;
  readonly cover: ArrayLike<number> | null;
  values(leaf: number): ArrayLike<number>;
}

interface Shape {
  readonly featureCount: number;
  readonly outputs: number;
  /** The class that its leaves are added to. */
  readonly output: number;
}

export function readXgboostTree(value: unknown, path: string, { outputs, output }: Shape): XgboostTree {
  const tree = objectAt(value, path);
  checkKeys(tree, 'tree', path);
  const left = numbersAt(member(tree, 'left_children'), `${path}.left_children`);
  const nodeCount = left.length;
  if (nodeCount === 0) refuseValue(`${path}.left_children`, 'at least one node', left);
  const numbers = (key: string) => numbersAt(member(tree, key), `${path}.${key}`, nodeCount);
  const parameters = objectAt(member(tree, 'tree_param'), `${path}.tree_param`);
  checkKeys(parameters, 'treeParameters', `${path}.tree_param`);
  const vector = member(parameters, 'size_leaf_vector');
  // Files have 0 or 1 for one value.
  const width = vector === undefined ? 1 : wholeAt(vector, `${path}.tree_param.size_leaf_vector`, 0, outputs);
  const isVector = width > 1;
  if (isVector && width !== outputs) refuseValue(`${path}.tree_param.size_leaf_vector`, `1 or ${outputs}`, width);
  const right = numbers('right_children');
  const condition = numbers('split_conditions');
  const leafValues = isVector ? vectorsOf(tree, path, { left, right, nodeCount, outputs }) : null;
  return {
    path,
    nodeCount,
    output,
    isVector,
    left,
    right,
    feature: numbers('split_indices'),
    condition,
    defaultLeft: defaultsOf(tree, path, nodeCount),
    sets: setsOf(tree, path, nodeCount),
    cover: member(tree, 'sum_hessian') === undefined ? null : numbers('sum_hessian'),
    values: leafValues ?? ((leaf) => [condition[leaf]]),
  };
}

function defaultsOf(tree: Readonly<Record<string, unknown>>, path: string, nodeCount: number): ArrayLike<unknown> {
  const defaults = listAt(member(tree, 'default_left'), `${path}.default_left`);
  return defaults.length === nodeCount
    ? defaults
    : refuseValue(`${path}.default_left`, `an array of ${nodeCount}`, defaults);
}

interface Vectors {
  readonly left: ArrayLike<number>;
  readonly right: ArrayLike<number>;
  readonly nodeCount: number;
  readonly outputs: number;
}

/** From 3.1 on the right child of a leaf says which vector is its own; before, there was one per node. */
function vectorsOf(
  tree: Readonly<Record<string, unknown>>,
  path: string,
  { nodeCount, outputs, right }: Vectors,
): (leaf: number) => ArrayLike<number> {
  const given = member(tree, 'leaf_weights');
  if (given === undefined || listAt(given, `${path}.leaf_weights`).length === 0) {
    const weights = numbersAt(member(tree, 'base_weights'), `${path}.base_weights`, nodeCount * outputs);
    return (leaf) => Array.from({ length: outputs }, (_, k) => weights[leaf * outputs + k]);
  }
  const weights = numbersAt(given, `${path}.leaf_weights`);
  return (leaf) => {
    const index = wholeAt(right[leaf], `${path}.right_children[${leaf}]`, 0, weights.length / outputs - 1);
    return Array.from({ length: outputs }, (_, k) => weights[index * outputs + k]);
  };
}

/** Sets lie one after another; a node has the part that its segment and size say. */
function setsOf(tree: Readonly<Record<string, unknown>>, path: string, nodeCount: number): XgboostTree['sets'] {
  const sets = new Map<number, readonly number[]>();
  const nodes = numbersAt(member(tree, 'categories_nodes') ?? [], `${path}.categories_nodes`);
  const part = (key: string, length?: number) => numbersAt(member(tree, key) ?? [], `${path}.${key}`, length);
  const segments = part('categories_segments', nodes.length);
  const sizes = part('categories_sizes', nodes.length);
  const categories = part('categories');
  const types = member(tree, 'split_type') === undefined ? null : part('split_type', nodeCount);
  for (let index = 0; index < nodes.length; index++) {
    const node = wholeAt(nodes[index], `${path}.categories_nodes[${index}]`, 0, nodeCount - 1);
    const size = wholeAt(sizes[index], `${path}.categories_sizes[${index}]`, 0, categories.length);
    const start = wholeAt(segments[index], `${path}.categories_segments[${index}]`, 0, categories.length - size);
    sets.set(
      node,
      Array.from({ length: size }, (_, at) => categories[start + at]),
    );
  }
  for (let node = 0; types !== null && node < nodeCount; node++) {
    if ((types[node] === 1) !== sets.has(node)) {
      refuseValue(`${path}.split_type[${node}]`, sets.has(node) ? '1, as the node has categories' : '0', types[node]);
    }
  }
  return sets;
}

/**
 * Left where value < threshold, and where a category is none of the set: a new one too.
 *
 * @param categories per feature; null for a number
 * @param weight what DART multiplies the leaves by
 */
export function xgboostTree(
  tree: XgboostTree,
  categories: readonly (readonly string[] | null)[],
  weight: number,
): ForeignTree {
  const { cover, left, output, path, right, sets } = tree;
  return {
    path,
    nodeCount: tree.nodeCount,
    root: 0,
    output: tree.isVector ? null : output,
    weight,
    split: (node) => {
      if (left[node] === -1) return null;
      const feature = tree.feature[node];
      const goesRight = sets.get(node) ?? null;
      const missing = tree.defaultLeft[node] === 1 || tree.defaultLeft[node] === true ? MISSING_LEFT : 0;
      const known = categories[feature]?.length ?? 0;
      return {
        feature,
        threshold: Math.fround(tree.condition[node]),
        set: goesRight && complement(goesRight, known),
        directions: goesRight === null ? missing : missing | UNKNOWN_LEFT,
        left: left[node],
        right: right[node],
      };
    },
    values: (leaf) => Array.from(tree.values(leaf), Math.fround),
    cover: (node) => (cover === null ? null : Math.fround(cover[node])),
  };
}

function complement(set: readonly number[], count: number): number[] {
  const taken = new Set(set);
  return Array.from({ length: count }, (_, category) => category).filter((category) => !taken.has(category));
}
