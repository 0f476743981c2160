import { WireWriter } from '../../protobuf/wire.js';

/** The messages of onnx.proto that a graph of ours needs; the numbers are its fields. */

const DATA_TYPE = { float: 1, uint8: 2, int64: 7, string: 8, bool: 9, double: 11 } as const;
export type ElementType = keyof typeof DATA_TYPE;

export interface Tensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly values: ArrayLike<number> | readonly string[];
}

/** A list of texts is one of tensors where it is an attribute of strings. */
export type Attribute = number | string | Int32Array | Float32Array | readonly string[] | Tensor;

export interface GraphNode {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface NamedType {
  readonly name: string;
  readonly type: ElementType;
  /** A text stands for any number of rows. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly name: string;
  readonly description: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly inputs: readonly NamedType[];
  readonly outputs: readonly NamedType[];
  readonly initializers: Readonly<Record<string, Tensor>>;
  readonly nodes: readonly GraphNode[];
}

/** The version of the format that ONNX 1.10 introduced. */
const IR_VERSION = 8;

/** A ModelProto. */
export function onnxBytes({ description, metadata, opsets, ...graph }: OnnxModel): Uint8Array {
  const model = new WireWriter(1 << 16).int64(1, IR_VERSION).string(2, 'iris').string(6, description);
  model.message(7, graphMessage(graph));
  for (const [domain, version] of Object.entries(opsets)) {
    model.message(8, new WireWriter().string(1, domain).int64(2, version));
  }
  for (const [key, value] of Object.entries(metadata))
    model.message(14, new WireWriter().string(1, key).string(2, value));
  return model.finish();
}

function graphMessage({
  initializers,
  inputs,
  name,
  nodes,
  outputs,
}: Omit<OnnxModel, 'description' | 'metadata' | 'opsets'>) {
  const graph = new WireWriter(1 << 16);
  for (const node of nodes) graph.message(1, nodeMessage(node));
  graph.string(2, name);
  for (const [key, tensor] of Object.entries(initializers)) graph.message(5, tensorMessage(tensor, key));
  for (const input of inputs) graph.message(11, typeMessage(input));
  for (const output of outputs) graph.message(12, typeMessage(output));
  return graph;
}

function nodeMessage({ attributes = {}, domain, inputs, op, outputs }: GraphNode): WireWriter {
  const node = new WireWriter(1 << 12);
  for (const input of inputs) node.string(1, input);
  for (const output of outputs) node.string(2, output);
  node.string(3, outputs[0]).string(4, op);
  for (const [name, value] of Object.entries(attributes)) node.message(5, attributeMessage(name, value));
  return domain === undefined ? node : node.string(7, domain);
}

function attributeMessage(name: string, value: Attribute): WireWriter {
  const attribute = new WireWriter().string(1, name);
  if (typeof value === 'number') return attribute.int64(3, value).int32(20, 2);
  if (typeof value === 'string') return attribute.string(4, value).int32(20, 3);
  if (value instanceof Int32Array) return attribute.packedIntegers(8, value).int32(20, 7);
  if (value instanceof Float32Array) return attribute.bytes(7, rawBytes('float', value)).int32(20, 6);
  if ('dims' in value) return attribute.message(5, tensorMessage(value)).int32(20, 4);
  for (const text of value) attribute.string(9, text);
  return attribute.int32(20, 8);
}

function tensorMessage({ dims, type, values }: Tensor, name?: string): WireWriter {
  const tensor = new WireWriter(1 << 12).packedIntegers(1, dims).int32(2, DATA_TYPE[type]);
  if (type === 'string') for (const text of values as readonly string[]) tensor.string(6, text);
  if (name !== undefined) tensor.string(8, name);
  return type === 'string' ? tensor : tensor.bytes(9, rawBytes(type, values as ArrayLike<number>));
}

/** Little-endian, as ONNX has it on every machine. */
function rawBytes(type: Exclude<ElementType, 'string'>, values: ArrayLike<number>): Uint8Array {
  const size = { float: 4, uint8: 1, int64: 8, bool: 1, double: 8 }[type];
  const view = new DataView(new ArrayBuffer(size * values.length));
  for (let index = 0; index < values.length; index++) {
    const at = index * size;
    if (type === 'float') view.setFloat32(at, values[index], true);
    else if (type === 'double') view.setFloat64(at, values[index], true);
    else if (type === 'int64') view.setBigInt64(at, BigInt(values[index]), true);
    else view.setUint8(at, values[index]);
  }
  return new Uint8Array(view.buffer);
}

function typeMessage({ name, shape, type }: NamedType): WireWriter {
  const dims = new WireWriter();
  for (const dim of shape) {
    dims.message(1, typeof dim === 'number' ? new WireWriter().int64(1, dim) : new WireWriter().string(2, dim));
  }
  const tensor = new WireWriter().int32(1, DATA_TYPE[type]).message(2, dims);
  return new WireWriter().string(1, name).message(2, new WireWriter().message(1, tensor));
}
