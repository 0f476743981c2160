import { UNKNOWN_CATEGORY } from '../../ground/limits.js';
import { floatDown } from '../bits.js';
import type { FlatScorer } from '../flat-scorer.js';
import type { Attribute, GraphNode, Tensor } from './messages.js';

export type OnnxOpset = 3 | 5;
export type OnnxPrecision = 'double' | 'float';

/** In the order of the numbers that they have from version 5 on. */
const MODES = { BRANCH_LEQ: 0, BRANCH_EQ: 4, BRANCH_MEMBER: 6 } as const;

/** A question, whose children are questions, or leaves by their number among all leaves. */
interface Branch {
  readonly mode: keyof typeof MODES;
  readonly feature: number;
  readonly split: number;
  readonly members: readonly number[];
  readonly missingTrue: number;
  readonly whenTrue: Target;
  readonly whenFalse: Target;
}

interface Target {
  readonly isLeaf: boolean;
  /** Of the branch, or of the leaf. */
  readonly index: number;
}

interface Trees {
  /** Tree after tree; as many begin before each tree, and before the end. */
  readonly branches: readonly Branch[];
  readonly firstBranch: readonly number[];
  /** The node of each leaf, tree after tree. */
  readonly leaves: readonly number[];
  readonly firstLeaf: readonly number[];
}

export interface TreeNodes extends Pick<Trees, 'leaves' | 'firstLeaf'> {
  /** Its output has the number of the leaf of each row in each tree, counted from the first leaf of the tree. */
  readonly node: GraphNode;
}

/**
 * The operator that finds the leaves of a row: their numbers, not their answers, so that no arithmetic of the runtime's can
 * change a bit. Before version 5 it gives 32-bit numbers, which are exact for as many leaves as a tree can have.
 *
 * @param rows that it is given; where a node takes zero for missing, each feature once more, without zeros
 * @param precision of the rows
 */
export function treeNodes(scorer: FlatScorer, rows: string, opset: OnnxOpset, precision: OnnxPrecision): TreeNodes {
  const trees = treesOf(scorer, opset);
  const node = (opset === 3 ? regressor : ensemble)(trees, rows, precision);
  return { leaves: trees.leaves, firstLeaf: trees.firstLeaf, node };
}

function treesOf(scorer: FlatScorer, opset: OnnxOpset): Trees {
  const { feature, next, nodeCount, roots, treeCount, zeroMissing } = scorer;
  const [leaves, firstLeaf, firstBranch]: number[][] = [[], [], []];
  const place = new Int32Array(nodeCount);
  const questions: (readonly Question[])[] = [];
  let branchCount = 0;
  for (let tree = 0; tree < treeCount; tree++) {
    firstLeaf.push(leaves.length);
    firstBranch.push(branchCount);
    for (let node = roots[tree]; node < roots[tree + 1]; node++) {
      questions.push(questionsAt(scorer, node, opset));
      place[node] = feature[node] < 0 ? leaves.push(node) - 1 : branchCount;
      branchCount += questions[node].length;
    }
    // Version 5 has no tree without a question.
    if (opset === 5 && feature[roots[tree]] < 0) {
      questions[roots[tree]] = [{ mode: 'BRANCH_LEQ', split: 0, members: [], missingTrue: 0 }];
      branchCount++;
    }
  }
  const target = (node: number): Target => ({ isLeaf: feature[node] < 0, index: place[node] });
  const branches: Branch[] = [];
  for (const [node, asked] of questions.entries()) {
    const sides = feature[node] < 0 ? [target(node), target(node)] : [target(node + 1), target(next[node])];
    for (const [index, question] of asked.entries()) {
      const isLast = index === asked.length - 1;
      branches.push({
        ...question,
        feature: Math.max(0, feature[node]) + (zeroMissing[node] === 1 ? scorer.features.length : 0),
        whenTrue: sides[0],
        whenFalse: isLast ? sides[1] : { isLeaf: false, index: branches.length + 1 },
      });
    }
  }
  return { branches, firstBranch: [...firstBranch, branchCount], leaves, firstLeaf: [...firstLeaf, leaves.length] };
}

/** A question of the operator: yes leads to the left child, no to the next question of the same node, or to the right child. */
type Question = Pick<Branch, 'mode' | 'split' | 'members' | 'missingTrue'>;

function questionsAt(scorer: FlatScorer, node: number, opset: OnnxOpset): Question[] {
  const { feature, missingLeft, sets, threshold } = scorer;
  if (feature[node] < 0) return [];
  const set = sets[node];
  const asked = { members: [], missingTrue: missingLeft[node] };
  if (set === null) return [{ ...asked, mode: 'BRANCH_LEQ', split: threshold[node] }];
  const members = [...set.categories, ...(set.unknown ? [UNKNOWN_CATEGORY] : [])];
  // No value is this one: an empty set.
  if (members.length === 0) members.push(UNKNOWN_CATEGORY - 1);
  if (opset === 5) return [{ ...asked, mode: 'BRANCH_MEMBER', split: 0, members }];
  // Before version 5 a set is a chain of questions for one category each.
  return members.map((split) => ({ ...asked, mode: 'BRANCH_EQ', split }));
}

function tensor(values: readonly number[], precision: OnnxPrecision): Tensor {
  return { type: precision, dims: [values.length], values };
}

/** What is compared with 32-bit numbers is rounded down: what was above a threshold, and is such a number, stays above. */
function splitsOf(branches: readonly Branch[], precision: OnnxPrecision): Tensor {
  const splits = branches.map(({ mode, split }) =>
    precision === 'float' && mode === 'BRANCH_LEQ' ? floatDown(split) : split,
  );
  return tensor(splits, precision);
}

const integers = <Item>(items: readonly Item[], of: (item: Item, index: number) => number) =>
  Int32Array.from(items, of);

/** The tree of each of the things that begin at these places. */
function treeOfEach(first: readonly number[]): Int32Array {
  const trees = new Int32Array(first.at(-1)!);
  for (let tree = 0; tree + 1 < first.length; tree++) trees.fill(tree, first[tree], first[tree + 1]);
  return trees;
}

/** The number of each leaf in its tree. */
function leafNumbers({ firstLeaf }: Trees): number[] {
  return Array.from(treeOfEach(firstLeaf), (tree, leaf) => leaf - firstLeaf[tree]);
}

/** ai.onnx.ml 5: branches and leaves have numbers of their own. */
function ensemble(trees: Trees, rows: string, precision: OnnxPrecision): GraphNode {
  const { branches, firstBranch, firstLeaf } = trees;
  const members = branches.flatMap(({ members, mode }) => (mode === 'BRANCH_MEMBER' ? [...members, Number.NaN] : []));
  return {
    op: 'TreeEnsemble',
    domain: 'ai.onnx.ml',
    inputs: [rows],
    outputs: ['leaf_number'],
    attributes: {
      aggregate_function: 1, // the sum, of one
      leaf_targetids: treeOfEach(firstLeaf),
      leaf_weights: tensor(leafNumbers(trees), precision),
      ...(members.length > 0 && { membership_values: tensor(members, precision) }),
      n_targets: firstLeaf.length - 1,
      nodes_falseleafs: integers(branches, ({ whenFalse }) => Number(whenFalse.isLeaf)),
      nodes_falsenodeids: integers(branches, ({ whenFalse }) => whenFalse.index),
      nodes_featureids: integers(branches, ({ feature }) => feature),
      nodes_missing_value_tracks_true: integers(branches, ({ missingTrue }) => missingTrue),
      nodes_modes: { type: 'uint8', dims: [branches.length], values: branches.map(({ mode }) => MODES[mode]) },
      nodes_splits: splitsOf(branches, precision),
      nodes_trueleafs: integers(branches, ({ whenTrue }) => Number(whenTrue.isLeaf)),
      nodes_truenodeids: integers(branches, ({ whenTrue }) => whenTrue.index),
      post_transform: 0,
      tree_roots: Int32Array.from(firstBranch.slice(0, -1)),
    },
  };
}

/** A list of 64-bit numbers has another name. */
function numbers(name: string, values: readonly number[], precision: OnnxPrecision): Record<string, Attribute> {
  return precision === 'double'
    ? { [`${name}_as_tensor`]: tensor(values, precision) }
    : { [name]: Float32Array.from(values) };
}

/** ai.onnx.ml 3: leaves are nodes, in each tree after its branches. */
function regressor(trees: Trees, rows: string, precision: OnnxPrecision): GraphNode {
  const { branches, firstBranch, firstLeaf } = trees;
  const splits = splitsOf(branches, precision).values as readonly number[];
  /** The branch that each node is; -1 of a leaf. */
  const nodes: number[] = [];
  const [treeIds, leafIds]: number[][] = [[], []];
  for (let tree = 0; tree + 1 < firstLeaf.length; tree++) {
    const before = nodes.length;
    for (let branch = firstBranch[tree]; branch < firstBranch[tree + 1]; branch++) nodes.push(branch);
    for (let leaf = firstLeaf[tree]; leaf < firstLeaf[tree + 1]; leaf++) leafIds.push(nodes.push(-1) - 1);
    for (let node = before; node < nodes.length; node++) treeIds.push(tree);
  }
  const branchIds = new Int32Array(branches.length);
  for (const [id, branch] of nodes.entries()) if (branch >= 0) branchIds[branch] = id;
  const idOf = ({ index, isLeaf }: Target) => (isLeaf ? leafIds[index] : branchIds[index]);
  const ofBranches = (value: (branch: Branch) => number) =>
    integers(nodes, (branch) => (branch < 0 ? 0 : value(branches[branch])));
  return {
    op: 'TreeEnsembleRegressor',
    domain: 'ai.onnx.ml',
    inputs: [rows],
    outputs: ['leaf_number'],
    attributes: {
      aggregate_function: 'SUM',
      n_targets: firstLeaf.length - 1,
      nodes_falsenodeids: ofBranches(({ whenFalse }) => idOf(whenFalse)),
      nodes_featureids: ofBranches(({ feature }) => feature),
      nodes_missing_value_tracks_true: ofBranches(({ missingTrue }) => missingTrue),
      nodes_modes: nodes.map((branch) => (branch < 0 ? 'LEAF' : branches[branch].mode)),
      nodes_nodeids: integers(nodes, (_, id) => id),
      nodes_treeids: Int32Array.from(treeIds),
      nodes_truenodeids: ofBranches(({ whenTrue }) => idOf(whenTrue)),
      ...numbers(
        'nodes_values',
        nodes.map((branch) => (branch < 0 ? 0 : splits[branch])),
        precision,
      ),
      post_transform: 'NONE',
      target_ids: treeOfEach(firstLeaf),
      target_nodeids: Int32Array.from(leafIds),
      target_treeids: treeOfEach(firstLeaf),
      ...numbers('target_weights', leafNumbers(trees), precision),
    },
  };
}
