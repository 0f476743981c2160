import { origin } from '../exported-file.js';
import type { FlatScorer } from '../flat-scorer.js';
import { type GraphNode, type OnnxModel, onnxBytes, type Tensor } from './messages.js';
import { type OnnxOpset, type OnnxPrecision, treeNodes } from './tree-nodes.js';

export interface OnnxOptions {
  /** Of the operators for trees, ai.onnx.ml. */
  readonly opset: OnnxOpset;
  /** Of rows, thresholds and probabilities. */
  readonly precision: OnnxPrecision;
}

/** The oldest version of the usual operators with all that is used: older runtimes read it too. */
const OPSET = 13;

/**
 * A graph that finds the number of a row's leaf, and looks up what that answers; a row that the model refuses has a number
 * of its own, the one after the leaves.
 */
export function onnxModel(scorer: FlatScorer, name: string, { opset, precision }: OnnxOptions): Uint8Array {
  const { classes, features, sha256, version } = scorer;
  const tree = treeNodes(scorer, opset, precision);
  const refused = refusal(scorer, precision);
  const model: OnnxModel = {
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
    outputs: [
      { name: 'label', type: 'string', shape: ['rows'] },
      { name: 'class_index', type: 'int64', shape: ['rows'] },
      { name: 'probabilities', type: precision, shape: ['rows', classes.length] },
      { name: 'leaf', type: 'int64', shape: ['rows'] },
    ],
    initializers: { ...refused.initializers, ...answerTables(scorer, tree.leaves, precision) },
    nodes: [
      tree.node,
      { op: 'Cast', inputs: ['leaf_number'], outputs: ['found_leaf'], attributes: { to: 7 } },
      ...refused.nodes,
      { op: 'Where', inputs: ['refused', 'no_leaf', 'found_leaf'], outputs: ['answer_column'] },
      { op: 'Reshape', inputs: ['answer_column', 'flat'], outputs: ['answer'] },
      ...['label', 'class_index', 'probabilities', 'leaf'].map((output) => ({
        op: 'Gather',
        inputs: [`${output}_table`, 'answer'],
        outputs: [output],
      })),
    ],
  };
  return onnxBytes(model);
}

/** What leaves answer, by their number; then what is answered to a row that the model refuses. */
function answerTables(
  { answers, classes, next }: FlatScorer,
  leaves: readonly number[],
  precision: OnnxPrecision,
): Record<string, Tensor> {
  const shares = leaves.map((leaf) => [
    ...answers.subarray(next[leaf] * classes.length, (next[leaf] + 1) * classes.length),
  ]);
  const labels = shares.map((one) => one.indexOf(Math.max(...one)));
  const rows = leaves.length + 1;
  return {
    no_leaf: { type: 'int64', dims: [1], values: [leaves.length] },
    flat: { type: 'int64', dims: [1], values: [-1] },
    label_table: { type: 'string', dims: [rows], values: [...labels.map((label) => classes[label]), ''] },
    class_index_table: { type: 'int64', dims: [rows], values: [...labels, -1] },
    probabilities_table: {
      type: precision,
      dims: [rows, classes.length],
      values: [...shares.flat(), ...classes.map(() => Number.NaN)],
    },
    leaf_table: { type: 'int64', dims: [rows], values: [...leaves, -1] },
  };
}

/** Nodes that end in `refused`: whether the model refuses a row, one per row. */
function refusal(
  { features, hasCategories, hasMissing }: FlatScorer,
  precision: OnnxPrecision,
): { readonly nodes: readonly GraphNode[]; readonly initializers: Readonly<Record<string, Tensor>> } {
  const perFeature = (values: readonly number[], type: 'bool' | OnnxPrecision): Tensor => ({
    type,
    dims: [features.length],
    values,
  });
  const initializers: Record<string, Tensor> = {};
  const nodes: GraphNode[] = [
    { op: 'IsInf', inputs: ['rows'], outputs: ['infinite'] },
    { op: 'IsNaN', inputs: ['rows'], outputs: ['missing'] },
  ];
  let missing = 'missing';
  if (hasMissing) {
    initializers['required'] = perFeature(
      features.map((feature) => Number(!feature.missing)),
      'bool',
    );
    nodes.push({ op: 'And', inputs: ['missing', 'required'], outputs: ['missing_required'] });
    missing = 'missing_required';
  }
  nodes.push({ op: 'Or', inputs: ['infinite', missing], outputs: ['bad_number'] });
  let bad = 'bad_number';
  if (hasCategories) {
    const most = features.map((feature) =>
      feature.kind === 'category' ? feature.categories.length - 1 : Number.POSITIVE_INFINITY,
    );
    const least = features.map(({ kind }) => (kind === 'category' ? -1 : Number.NEGATIVE_INFINITY));
    initializers['least'] = perFeature(least, precision);
    initializers['most'] = perFeature(most, precision);
    initializers['category'] = perFeature(
      features.map(({ kind }) => Number(kind === 'category')),
      'bool',
    );
    nodes.push(
      { op: 'Less', inputs: ['rows', 'least'], outputs: ['below'] },
      { op: 'Greater', inputs: ['rows', 'most'], outputs: ['above'] },
      { op: 'Floor', inputs: ['rows'], outputs: ['whole'] },
      // Less, as what is missing equals nothing.
      { op: 'Less', inputs: ['whole', 'rows'], outputs: ['fraction'] },
      { op: 'And', inputs: ['fraction', 'category'], outputs: ['broken'] },
      { op: 'Or', inputs: ['below', 'above'], outputs: ['outside'] },
      { op: 'Or', inputs: ['outside', 'broken'], outputs: ['bad_category'] },
      { op: 'Or', inputs: ['bad_number', 'bad_category'], outputs: ['bad'] },
    );
    bad = 'bad';
  }
  nodes.push(
    { op: 'Cast', inputs: [bad], outputs: ['bad_values'], attributes: { to: 7 } },
    {
      op: 'ReduceMax',
      inputs: ['bad_values'],
      outputs: ['worst'],
      attributes: { axes: Int32Array.of(1), keepdims: 1 },
    },
    { op: 'Cast', inputs: ['worst'], outputs: ['refused'], attributes: { to: 9 } },
  );
  return { nodes, initializers };
}
