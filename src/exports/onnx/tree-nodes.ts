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

export interface TreeNodes {
  /** The node of each leaf, by its number. */
  readonly leaves: readonly number[];
  /** Its output has the number of the leaf of each row. */
  readonly node: GraphNode;
}

/**
 * The operator that finds the leaf of a row: its number, not its answer, so that no arithmetic of the runtime's can change
 * a bit. Before version 5 it gives 32-bit numbers, which are exact for as many leaves as there can be.
 */
export function treeNodes(scorer: FlatScorer, opset: OnnxOpset, precision: OnnxPrecision): TreeNodes {
  const leaves: number[] = [];
  const leafNumber = new Int32Array(scorer.nodeCount).fill(-1);
  for (let node = 0; node < scorer.nodeCount; node++) {
    if (scorer.feature[node] < 0) leafNumber[node] = leaves.push(node) - 1;
  }
  const branches = branchesOf(scorer, leafNumber, opset);
  const node = (opset === 3 ? regressor : ensemble)(branches, leaves.length, precision);
  return { leaves, node };
}

function branchesOf(scorer: FlatScorer, leafNumber: Int32Array, opset: OnnxOpset): Branch[] {
  const { feature, missingLeft, next, nodeCount, sets, threshold } = scorer;
  // Before version 5 a set is a chain of questions for one category each.
  const membersOf = (node: number) => {
    const set = sets[node];
    return set === null ? [] : [...set.categories, ...(set.unknown ? [UNKNOWN_CATEGORY] : [])];
  };
  const place = new Int32Array(nodeCount);
  let end = 0;
  for (let node = 0; node < nodeCount; node++) {
    place[node] = end;
    if (feature[node] >= 0) end += opset === 3 && sets[node] !== null ? Math.max(1, membersOf(node).length) : 1;
  }
  const target = (node: number): Target =>
    feature[node] < 0 ? { isLeaf: true, index: leafNumber[node] } : { isLeaf: false, index: place[node] };
  const branches: Branch[] = [];
  for (let node = 0; node < nodeCount; node++) {
    if (feature[node] < 0) continue;
    const [whenTrue, whenFalse] = [target(node + 1), target(next[node])];
    const asked = { feature: feature[node], missingTrue: missingLeft[node], whenTrue, whenFalse, members: [] };
    if (sets[node] === null) branches.push({ ...asked, mode: 'BRANCH_LEQ', split: threshold[node] });
    else {
      const members = membersOf(node);
      // No value is this one: an empty set.
      if (members.length === 0) members.push(UNKNOWN_CATEGORY - 1);
      if (opset === 5) branches.push({ ...asked, mode: 'BRANCH_MEMBER', split: 0, members });
      else {
        for (const [index, split] of members.entries()) {
          const isLast = index === members.length - 1;
          const chained = isLast ? whenFalse : { isLeaf: false, index: branches.length + 1 };
          branches.push({ ...asked, mode: 'BRANCH_EQ', split, whenFalse: chained });
        }
      }
    }
  }
  return branches;
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

/** ai.onnx.ml 5: branches and leaves have numbers of their own. */
function ensemble(found: readonly Branch[], leafCount: number, precision: OnnxPrecision): GraphNode {
  const leaf = { isLeaf: true, index: 0 };
  const onlyLeaf: Branch = {
    mode: 'BRANCH_LEQ',
    feature: 0,
    split: 0,
    members: [],
    missingTrue: 0,
    whenTrue: leaf,
    whenFalse: leaf,
  };
  const branches = found.length === 0 ? [onlyLeaf] : found;
  const leaves = Array.from({ length: leafCount }, (_, index) => index);
  const members = branches.flatMap(({ members, mode }) => (mode === 'BRANCH_MEMBER' ? [...members, Number.NaN] : []));
  return {
    op: 'TreeEnsemble',
    domain: 'ai.onnx.ml',
    inputs: ['rows'],
    outputs: ['leaf_number'],
    attributes: {
      aggregate_function: 1, // the sum, of one
      leaf_targetids: integers(leaves, () => 0),
      leaf_weights: tensor(leaves, precision),
      ...(members.length > 0 && { membership_values: tensor(members, precision) }),
      n_targets: 1,
      nodes_falseleafs: integers(branches, ({ whenFalse }) => Number(whenFalse.isLeaf)),
      nodes_falsenodeids: integers(branches, ({ whenFalse }) => whenFalse.index),
      nodes_featureids: integers(branches, ({ feature }) => feature),
      nodes_missing_value_tracks_true: integers(branches, ({ missingTrue }) => missingTrue),
      nodes_modes: { type: 'uint8', dims: [branches.length], values: branches.map(({ mode }) => MODES[mode]) },
      nodes_splits: splitsOf(branches, precision),
      nodes_trueleafs: integers(branches, ({ whenTrue }) => Number(whenTrue.isLeaf)),
      nodes_truenodeids: integers(branches, ({ whenTrue }) => whenTrue.index),
      post_transform: 0,
      tree_roots: Int32Array.of(0),
    },
  };
}

/** A list of 64-bit numbers has another name. */
function numbers(name: string, values: readonly number[], precision: OnnxPrecision): Record<string, Attribute> {
  return precision === 'double'
    ? { [`${name}_as_tensor`]: tensor(values, precision) }
    : { [name]: Float32Array.from(values) };
}

/** ai.onnx.ml 3: leaves are nodes, here after the branches. */
function regressor(branches: readonly Branch[], leafCount: number, precision: OnnxPrecision): GraphNode {
  const leaves = Array.from({ length: leafCount }, (_, index) => index);
  const placeOf = ({ index, isLeaf }: Target) => (isLeaf ? branches.length + index : index);
  const all = branches.length + leafCount;
  const zeros = (count: number) => new Int32Array(count);
  const padded = (values: Int32Array) => Int32Array.from([...values, ...zeros(leafCount)]);
  const splits = splitsOf(branches, precision).values as readonly number[];
  return {
    op: 'TreeEnsembleRegressor',
    domain: 'ai.onnx.ml',
    inputs: ['rows'],
    outputs: ['leaf_number'],
    attributes: {
      aggregate_function: 'SUM',
      n_targets: 1,
      nodes_falsenodeids: padded(integers(branches, ({ whenFalse }) => placeOf(whenFalse))),
      nodes_featureids: padded(integers(branches, ({ feature }) => feature)),
      nodes_missing_value_tracks_true: padded(integers(branches, ({ missingTrue }) => missingTrue)),
      nodes_modes: [...branches.map(({ mode }) => mode), ...leaves.map(() => 'LEAF')],
      nodes_nodeids: Int32Array.from({ length: all }, (_, index) => index),
      nodes_treeids: zeros(all),
      nodes_truenodeids: padded(integers(branches, ({ whenTrue }) => placeOf(whenTrue))),
      ...numbers('nodes_values', [...splits, ...zeros(leafCount)], precision),
      post_transform: 'NONE',
      target_ids: zeros(leafCount),
      target_nodeids: integers(leaves, (leaf) => branches.length + leaf),
      target_treeids: zeros(leafCount),
      ...numbers('target_weights', leaves, precision),
    },
  };
}
