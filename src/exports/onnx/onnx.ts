import { origin } from '../exported-file.js';
import type { FlatScorer } from '../flat-scorer.js';
import { addEnsemble } from './ensemble.js';
import { Graph } from './graph.js';
import { type NamedType, onnxBytes } from './messages.js';
import { refusal } from './refusal.js';
import { type OnnxOpset, type OnnxPrecision, treeNodes } from './tree-nodes.js';

export interface OnnxOptions {
  /** Of the operators for trees, ai.onnx.ml. */
  readonly opset: OnnxOpset;
  /** Of rows, thresholds and probabilities. */
  readonly precision: OnnxPrecision;
}

/** The oldest version of the usual operators with all that is used: older runtimes read it too. */
const OPSET = 13;

/** A graph that takes rows, and answers what the model answers. */
export function onnxModel(scorer: FlatScorer, name: string, { opset, precision }: OnnxOptions): Uint8Array {
  const { classes, features, sha256, together, version } = scorer;
  const graph = new Graph();
  const refused = refusal(graph, scorer, precision);
  if (together === null) addTree(graph, scorer, refused, opset, precision);
  else addEnsemble(graph, scorer, refused, opset, precision);
  const outputs: NamedType[] = [
    { name: 'label', type: 'string', shape: ['rows'] },
    { name: 'class_index', type: 'int64', shape: ['rows'] },
    { name: 'probabilities', type: precision, shape: ['rows', classes.length] },
  ];
  outputs.push({ name: 'leaf', type: 'int64', shape: together === null ? ['rows'] : ['rows', scorer.treeCount] });
  if (together?.kind === 'boosted') {
    outputs.push({ name: 'margins', type: precision, shape: ['rows', together.combine.outputs] });
  }
  return onnxBytes({
    name,
    description: origin(scorer).join('\n'),
    opsets: { '': OPSET, 'ai.onnx.ml': opset },
    metadata: {
      'iris.version': version,
      'iris.sha256': sha256,
      'iris.features': JSON.stringify(features),
      'iris.classes': JSON.stringify(classes),
    },
    inputs: [{ name: 'rows', type: precision, shape: ['rows', features.length] }],
    outputs,
    initializers: graph.initializers,
    nodes: graph.nodes,
  });
}

/**
 * Adds the nodes that find the number of a row's leaf, and look up what that answers; a row that the model refuses has a number
 * of its own, the one after the leaves.
 */
function addTree(graph: Graph, scorer: FlatScorer, refused: string, opset: OnnxOpset, precision: OnnxPrecision): void {
  const { answers, classes, next } = scorer;
  const { leaves, node } = treeNodes(scorer, 'rows', opset, precision);
  graph.nodes.push(node);
  const found = graph.cast('leaf_number', 'int64', 'found_leaf');
  const chosen = graph.add('Where', [refused, graph.constant(leaves.length, 'int64'), found], {}, 'answer_column');
  const answer = graph.add('Reshape', [chosen, graph.constant(-1, 'int64')], {}, 'answer');
  const shares = leaves.map((leaf) => [
    ...answers.subarray(next[leaf] * classes.length, (next[leaf] + 1) * classes.length),
  ]);
  const labels = shares.map((one) => one.indexOf(Math.max(...one)));
  const rows = leaves.length + 1;
  const lookUp = (output: string, table: string) => graph.add('Gather', [table, answer], {}, output);
  lookUp('label', graph.table('label_table', 'string', [rows], [...labels.map((label) => classes[label]), '']));
  lookUp('class_index', graph.table('class_index_table', 'int64', [rows], [...labels, -1]));
  const all = [...shares.flat(), ...classes.map(() => Number.NaN)];
  lookUp('probabilities', graph.table('probabilities_table', precision, [rows, classes.length], all));
  lookUp('leaf', graph.table('leaf_table', 'int64', [rows], [...leaves, -1]));
}
