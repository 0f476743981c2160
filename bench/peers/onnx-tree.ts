import type { Tree } from '../../src/tree/tree.js';

/**
 * A tree as an ONNX model: input `rows` float [?, features], output `label` int64 [?], by the operator
 * TreeEnsembleClassifier of ai.onnx.ml 3. Field numbers are those of onnx.proto.
 *
 * @param classes predicted class of every node
 */
export function onnxModel(tree: Tree, classes: Int32Array): Uint8Array {
  const nodes = [...tree.feature.keys()];
  const inner = (node: number): boolean => tree.feature[node] >= 0;
  const leaves = nodes.filter((node) => !inner(node));
  const operator = [
    text(1, 'rows'),
    text(2, 'label'),
    text(2, 'scores'),
    text(4, 'TreeEnsembleClassifier'),
    text(7, 'ai.onnx.ml'),
    integers(
      'nodes_treeids',
      nodes.map(() => 0),
    ),
    integers('nodes_nodeids', nodes),
    integers(
      'nodes_featureids',
      nodes.map((node) => Math.max(tree.feature[node], 0)),
    ),
    strings(
      'nodes_modes',
      nodes.map((node) => (inner(node) ? 'BRANCH_LEQ' : 'LEAF')),
    ),
    floats(
      'nodes_values',
      nodes.map((node) => floatAtMost(tree.threshold[node])),
    ),
    integers(
      'nodes_truenodeids',
      nodes.map((node) => Math.max(tree.left[node], 0)),
    ),
    integers(
      'nodes_falsenodeids',
      nodes.map((node) => Math.max(tree.right[node], 0)),
    ),
    integers(
      'class_treeids',
      leaves.map(() => 0),
    ),
    integers('class_nodeids', leaves),
    integers(
      'class_ids',
      leaves.map((leaf) => classes[leaf]),
    ),
    floats(
      'class_weights',
      leaves.map(() => 1),
    ),
    integers('classlabels_int64s', [...Array(tree.classCount).keys()]),
  ];
  const graph = [
    bytes(1, operator.flat()),
    text(2, 'tree'),
    bytes(11, tensor('rows', 1, tree.featureCount)),
    bytes(12, tensor('label', 7)),
    bytes(12, tensor('scores', 1, tree.classCount)),
  ];
  const operatorSet = (domain: string, version: number): number[] =>
    bytes(8, [...text(1, domain), ...varint(2, version)]);
  return Uint8Array.from(
    [varint(1, 8), bytes(7, graph.flat()), operatorSet('', 15), operatorSet('ai.onnx.ml', 3)].flat(),
  );
}

/** The largest 32-bit float that is not above: for 32-bit inputs the same comparison. */
function floatAtMost(value: number): number {
  const nearest = Math.fround(value);
  if (nearest <= value) return nearest;
  const bits = new Int32Array(Float32Array.of(nearest).buffer);
  bits[0] += nearest > 0 ? -1 : 1;
  return new Float32Array(bits.buffer)[0];
}

/** ValueInfoProto: a tensor of the element type with a first dimension of any length. */
function tensor(name: string, elementType: number, columns?: number): number[] {
  const dimensions = [bytes(1, text(2, 'n')), columns === undefined ? [] : bytes(1, varint(1, columns))];
  const type = [...varint(1, elementType), ...bytes(2, dimensions.flat())];
  return [...text(1, name), ...bytes(2, bytes(1, type))];
}

/** AttributeProto, field 5 of NodeProto. */
function attribute(name: string, type: number, values: number[]): number[] {
  return bytes(5, [...text(1, name), ...values, ...varint(20, type)]);
}

function integers(name: string, values: number[]): number[] {
  return attribute(
    name,
    7,
    values.flatMap((value) => varint(8, value)),
  );
}

function floats(name: string, values: number[]): number[] {
  return attribute(
    name,
    6,
    values.flatMap((value) => [7 * 8 + 5, ...new Uint8Array(Float32Array.of(value).buffer)]),
  );
}

function strings(name: string, values: string[]): number[] {
  return attribute(
    name,
    8,
    values.flatMap((value) => text(9, value)),
  );
}

function text(field: number, value: string): number[] {
  return bytes(field, [...Buffer.from(value)]);
}

function bytes(field: number, content: number[]): number[] {
  return [...base128(field * 8 + 2), ...base128(content.length), ...content];
}

function varint(field: number, value: number): number[] {
  return [...base128(field * 8), ...base128(value)];
}

function base128(value: number): number[] {
  const low = value % 128;
  return value < 128 ? [low] : [low + 128, ...base128((value - low) / 128)];
}
