import { refuseValue, wholeAt } from '../foreign-value.js';
import type { Attributes } from './attributes.js';
import { type LeafWeight, MODES, type NodeTable } from './node-table.js';

/**
 * The nodes of TreeEnsemble of ai.onnx.ml 5: branches and leaves have lists of their own, one for all trees. Here leaves come
 * after the branches.
 *
 * @throws ArtifactError
 */
export function readBranchLists(attributes: Attributes): NodeTable {
  const { path } = attributes;
  const modes = attributes.tensor('nodes_modes');
  const branches = modes.length;
  if (branches === 0) refuseValue(`${path}: nodes_modes`, 'at least one', modes);
  const outputs = attributes.integers('leaf_targetids');
  const values = attributes.tensor('leaf_weights');
  attributes.requireLength('leaf_weights', values, outputs.length);
  const integers = (name: string) => {
    const list = attributes.integers(name);
    attributes.requireLength(name, list, branches);
    return list;
  };
  const child = (side: 'true' | 'false') => {
    const isLeaf = integers(`nodes_${side}leafs`);
    return Int32Array.from(integers(`nodes_${side}nodeids`), (index, node) => {
      const most = (isLeaf[node] !== 0 ? outputs.length : branches) - 1;
      const found = wholeAt(index, `${path}: nodes_${side}nodeids[${node}]`, 0, most);
      return isLeaf[node] !== 0 ? branches + found : found;
    });
  };
  const [whenTrue, whenFalse] = [child('true'), child('false')];
  const split = attributes.tensor('nodes_splits');
  attributes.requireLength('nodes_splits', split, branches);
  attributes.tensor('nodes_hitrates');
  const tracks = attributes.integers('nodes_missing_value_tracks_true');
  if (tracks.length > 0) attributes.requireLength('nodes_missing_value_tracks_true', tracks, branches);
  const weights = new Map<number, readonly LeafWeight[]>();
  for (const [leaf, value] of values.entries()) {
    const output = wholeAt(outputs[leaf], `${path}: leaf_targetids[${leaf}]`, 0, 0xffff);
    weights.set(branches + leaf, [{ output, value }]);
  }
  const roots = Array.from(attributes.integers('tree_roots'), (root, tree) => {
    const node = wholeAt(root, `${path}: tree_roots[${tree}]`, 0, branches - 1);
    // A tree of one leaf has a branch that leads there whatever is asked.
    return whenTrue[node] === whenFalse[node] ? whenTrue[node] : node;
  });
  return {
    path,
    nodeCount: branches + outputs.length,
    roots,
    mode: Uint8Array.from({ length: branches + outputs.length }, (_, node) => modeOf(modes, node, path)),
    feature: integers('nodes_featureids'),
    split,
    members: membersOf(attributes, modes),
    missingTrue: tracks.length > 0 ? tracks : new Uint8Array(branches),
    whenTrue,
    whenFalse,
    weights,
  };
}

function modeOf(modes: readonly number[], node: number, path: string): number {
  if (node >= modes.length) return MODES.LEAF;
  return wholeAt(modes[node], `${path}: nodes_modes[${node}]`, 0, MODES.BRANCH_MEMBER);
}

/** The members of each set, one set after another, each ended by NaN. */
function membersOf(attributes: Attributes, modes: readonly number[]): ReadonlyMap<number, readonly number[]> {
  const values = attributes.tensor('membership_values');
  const path = `${attributes.path}: membership_values`;
  const members = new Map<number, readonly number[]>();
  let start = 0;
  for (const [node, mode] of modes.entries()) {
    if (mode !== MODES.BRANCH_MEMBER) continue;
    let end = start;
    while (end < values.length && !Number.isNaN(values[end])) end++;
    if (end === start) refuseValue(path, `members for node ${node}`, 'none');
    members.set(node, values.slice(start, end));
    start = end + 1;
  }
  if (start < values.length) refuseValue(path, `${members.size} sets`, 'more');
  return members;
}
