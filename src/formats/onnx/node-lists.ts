import { quote } from '../../ground/quote.js';
import { refuseUnsupported, refuseValue, wholeAt } from '../foreign-value.js';
import type { Attributes } from './attributes.js';
import { type LeafWeight, MODES, type NodeTable } from './node-table.js';

/**
 * The nodes of TreeEnsembleClassifier and TreeEnsembleRegressor: lists with an entry per node, leaves too, in runs of one tree
 * each; the first node of a run is its root.
 *
 * @param what a leaf adds to: `class` or `target`, as attributes are called
 * @throws ArtifactError
 */
export function readNodeLists(attributes: Attributes, what: 'class' | 'target'): NodeTable {
  const { path } = attributes;
  const ids = attributes.integers('nodes_nodeids');
  const nodeCount = ids.length;
  const integers = (name: string) => {
    const list = attributes.integers(name);
    attributes.requireLength(name, list, nodeCount);
    return list;
  };
  const trees = integers('nodes_treeids');
  const places = placesOf(path, trees, ids);
  const mode = modesOf(attributes, nodeCount);
  const child = (list: readonly number[], name: string) =>
    Int32Array.from(list, (id, node) =>
      mode[node] === MODES.LEAF ? -1 : placeAt(places, trees[node], id, `${path}: ${name}[${node}]`),
    );
  const split = attributes.numbers('nodes_values');
  attributes.requireLength('nodes_values', split, nodeCount);
  // How often nodes were passed in training, for nobody.
  attributes.numbers('nodes_hitrates');
  const tracks = attributes.integers('nodes_missing_value_tracks_true');
  if (tracks.length > 0) attributes.requireLength('nodes_missing_value_tracks_true', tracks, nodeCount);
  return {
    path,
    nodeCount,
    roots: trees.flatMap((tree, node) => (node === 0 || trees[node - 1] !== tree ? [node] : [])),
    mode,
    feature: integers('nodes_featureids'),
    split,
    members: new Map(),
    missingTrue: tracks.length > 0 ? tracks : new Uint8Array(nodeCount),
    whenTrue: child(integers('nodes_truenodeids'), 'nodes_truenodeids'),
    whenFalse: child(integers('nodes_falsenodeids'), 'nodes_falsenodeids'),
    weights: weightsOf(attributes, what, places, mode),
  };
}

/** Where the nodes of each tree are, by tree and number. */
type Places = ReadonlyMap<number, ReadonlyMap<number, number>>;

function placesOf(path: string, trees: readonly number[], ids: readonly number[]): Places {
  const places = new Map<number, Map<number, number>>();
  let own = new Map<number, number>();
  for (const [node, tree] of trees.entries()) {
    if (node === 0 || trees[node - 1] !== tree) {
      if (places.has(tree)) refuseValue(`${path}: nodes_treeids`, 'the nodes of a tree together', `tree ${tree} twice`);
      own = new Map();
      places.set(tree, own);
    }
    if (own.has(ids[node])) {
      refuseValue(`${path}: nodes_nodeids`, 'every node of a tree once', `node ${ids[node]} of tree ${tree} twice`);
    }
    own.set(ids[node], node);
  }
  return places;
}

function placeAt(places: Places, tree: number, id: number, path: string): number {
  return places.get(tree)?.get(id) ?? refuseValue(path, `a node of tree ${tree}`, id);
}

function modesOf(attributes: Attributes, nodeCount: number): Uint8Array {
  const words = attributes.texts('nodes_modes');
  attributes.requireLength('nodes_modes', words, nodeCount);
  const known = new Map<string, number>(Object.entries(MODES));
  // Only the operator of version 5 has sets.
  known.delete('BRANCH_MEMBER');
  return Uint8Array.from(words, (word, node) => {
    return known.get(word) ?? refuseUnsupported(`${attributes.path}: nodes_modes[${node}]: ${quote(word)} is not read`);
  });
}

function weightsOf(
  attributes: Attributes,
  what: 'class' | 'target',
  places: Places,
  mode: Uint8Array,
): ReadonlyMap<number, readonly LeafWeight[]> {
  const { path } = attributes;
  const [trees, nodes] = [attributes.integers(`${what}_treeids`), attributes.integers(`${what}_nodeids`)];
  const [outputs, values] = [attributes.integers(`${what}_ids`), attributes.numbers(`${what}_weights`)];
  for (const [name, list] of Object.entries({ nodeids: nodes, ids: outputs, weights: values })) {
    attributes.requireLength(`${what}_${name}`, list, trees.length);
  }
  const weights = new Map<number, LeafWeight[]>();
  for (const [index, value] of values.entries()) {
    const at = `${path}: ${what}_nodeids[${index}]`;
    const leaf = placeAt(places, trees[index], nodes[index], at);
    if (mode[leaf] !== MODES.LEAF) refuseValue(at, 'a leaf', nodes[index]);
    const output = wholeAt(outputs[index], `${path}: ${what}_ids[${index}]`, 0, 0xffff);
    const own = weights.get(leaf) ?? [];
    if (own.some((other) => other.output === output)) refuseValue(at, `one weight per ${what}`, `two for ${output}`);
    own.push({ output, value });
    weights.set(leaf, own);
  }
  return weights;
}
