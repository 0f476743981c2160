import type { FlatScorer } from '../flat-scorer.js';
import { leafAnswer } from '../flat-scorer.js';
import type { Graph } from './graph.js';
import { shares } from './link.js';
import { type OnnxOpset, type OnnxPrecision, type TreeNodes, treeNodes } from './tree-nodes.js';

/**
 * Adds the nodes that answer for several trees: `label`, `class_index`, `probabilities`, of boosted trees `margins`, and `leaf`,
 * the leaf of each tree as the number of its node in the tree. Rows are compared, sums added and shares computed in the arithmetic of the model, in its order.
 *
 * @param refused whether the model refuses a row, one column
 */
export function addEnsemble(
  graph: Graph,
  scorer: FlatScorer,
  refused: string,
  opset: OnnxOpset,
  precision: OnnxPrecision,
): void {
  const { classes } = scorer;
  const together = scorer.together!;
  const trees = treeNodes(scorer, preparedRows(graph, scorer, precision), opset, 'double');
  graph.nodes.push(trees.node);
  const found = graph.add('Add', [
    graph.cast('leaf_number', 'int64'),
    graph.table('first_leaf', 'int64', [scorer.treeCount], trees.firstLeaf.slice(0, -1)),
  ]);
  addLeafNodes(graph, scorer, trees, found, refused);
  const sums = addLeaves(graph, scorer, trees, found);
  const answered = (values: string, output: string) => {
    const known = graph.choice(refused, Number.NaN, values);
    if (precision === 'double') graph.add('Identity', [known], {}, output);
    else graph.cast(known, 'float', output);
  };
  if (together.kind === 'boosted') answered(sums, 'margins');
  const probabilities = shares(graph, sums, together);
  answered(probabilities, 'probabilities');
  const best = graph.add('ArgMax', [probabilities], { axis: 1, keepdims: 1 });
  const chosen = graph.choice(refused, graph.constant(classes.length, 'int64'), best);
  const answer = graph.add('Reshape', [chosen, graph.constant(-1, 'int64')]);
  const labels = graph.table('label_table', 'string', [classes.length + 1], [...classes, '']);
  const indices = [...classes.keys(), -1];
  graph.add('Gather', [labels, answer], {}, 'label');
  graph.add(
    'Gather',
    [graph.table('class_index_table', 'int64', [indices.length], indices), answer],
    {},
    'class_index',
  );
}

function addLeafNodes(
  graph: Graph,
  { roots, treeCount }: FlatScorer,
  { firstLeaf, leaves }: TreeNodes,
  found: string,
  refused: string,
): void {
  const nodes: number[] = [];
  for (let tree = 0; tree < treeCount; tree++) {
    for (let leaf = firstLeaf[tree]; leaf < firstLeaf[tree + 1]; leaf++) nodes.push(leaves[leaf] - roots[tree]);
  }
  const inTrees = graph.add('Gather', [graph.table('leaf_table', 'int64', [nodes.length], nodes), found]);
  graph.add('Where', [refused, graph.constant(-1, 'int64'), inTrees], {}, 'leaf');
}

/** The rows as doubles, as the trees ask for them. */
function preparedRows(graph: Graph, { hasZeroMissing, together }: FlatScorer, precision: OnnxPrecision): string {
  const { input, zero } = together!.arithmetic;
  let rows = 'rows';
  if (precision === 'float') rows = graph.cast(rows, 'double');
  else if (input === 'float32') rows = graph.rounded(rows);
  if (zero > 0) {
    const isNear = graph.add('Not', [graph.isAbove(graph.add('Abs', [rows]), zero)]);
    const isZero = graph.add('And', [isNear, graph.add('Not', ['missing'])]);
    rows = graph.choice(isZero, 0, rows);
  }
  if (!hasZeroMissing) return rows;
  const isZero = graph.add('Equal', [rows, graph.constant(0)]);
  return graph.add('Concat', [rows, graph.choice(isZero, Number.NaN, rows)], { axis: 1 });
}

/**
 * Adds what the leaves of each output's trees add to it, one after another, to its base. An output with fewer trees than others
 * gets -0 for the rest, which changes no number.
 *
 * @param found the leaf of each row in each tree, among all leaves
 * @returns doubles, one column per output
 */
function addLeaves(graph: Graph, scorer: FlatScorer, { firstLeaf, leaves }: TreeNodes, found: string): string {
  const { answerWidth, answers, next, treeCount } = scorer;
  const { arithmetic, combine, output } = scorer.together!;
  const { outputs } = combine;
  // What can be added: the bases, -0, the answers of leaves with several, and of those with one.
  const values = [...Array.from({ length: outputs }, (_, k) => combine.base?.[k] ?? 0), -0];
  const firstAnswer = values.length;
  for (const value of answers) values.push(value);
  const place: number[] = [];
  for (let tree = 0; tree < treeCount; tree++) {
    for (let leaf = firstLeaf[tree]; leaf < firstLeaf[tree + 1]; leaf++) {
      if (output[tree] < 0) place.push(firstAnswer + next[leaves[leaf]] * answerWidth);
      else place.push(values.push(leafAnswer(scorer, tree, leaves[leaf])[0]) - 1);
    }
  }
  const columns: number[][] = Array.from({ length: outputs }, () => []);
  for (let tree = 0; tree < treeCount; tree++) {
    for (let k = 0; k < outputs; k++) if (output[tree] === k || output[tree] < 0) columns[k].push(tree);
  }
  const turns = Math.max(...columns.map(({ length }) => length)) + 1;
  const slots = Array.from({ length: turns * outputs }, (_, slot) => {
    const [turn, k] = [Math.floor(slot / outputs) - 1, slot % outputs];
    const tree = turn < 0 ? undefined : columns[k][turn];
    if (tree === undefined) return { tree: 0, factor: 0, offset: turn < 0 ? k : outputs };
    return { tree, factor: 1, offset: output[tree] < 0 ? k : 0 };
  });
  const perSlot = (name: string, of: (slot: (typeof slots)[number]) => number) =>
    graph.table(name, 'int64', [slots.length], slots.map(of));
  const places = graph.add('Gather', [graph.table('leaf_place', 'int64', [place.length], place), found]);
  const inSlots = graph.add('Gather', [places, perSlot('slot_tree', ({ tree }) => tree)], { axis: 1 });
  const chosen = graph.add('Mul', [inSlots, perSlot('slot_factor', ({ factor }) => factor)]);
  const all = graph.add('Add', [chosen, perSlot('slot_offset', ({ offset }) => offset)]);
  const shape = graph.table('slot_shape', 'int64', [3], [0, turns, outputs]);
  const type = arithmetic.sum === 'float32' ? 'float' : 'double';
  const table = graph.table('leaf_values', type, [values.length], values);
  const added = graph.add('Gather', [table, graph.add('Reshape', [all, shape])]);
  const last = graph.lastSum(added, turns);
  const sums = graph.add('Reshape', [last, graph.table('sum_shape', 'int64', [2], [0, outputs])]);
  return type === 'float' ? graph.cast(sums, 'double') : sums;
}
