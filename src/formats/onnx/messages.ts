/**
 * The messages of onnx.proto that a file of trees has: the numbers are its fields, and what is not asked for is skipped. Lists
 * of numbers come packed and one by one.
 */
import { ArtifactError } from '../../ground/errors.js';
import { BYTES, FIXED32, FIXED64, VARINT, WireError, WireReader } from '../../protobuf/wire.js';
import { refuseUnsupported, refuseValue } from '../foreign-value.js';

export const ELEMENT = { float: 1, uint8: 2, int32: 6, int64: 7, string: 8, bool: 9, double: 11 } as const;

export interface OnnxTensor {
  readonly name: string;
  /** One of `ELEMENT`, or another. */
  readonly type: number;
  readonly values: readonly number[] | readonly string[];
}

export interface OnnxAttribute {
  readonly integer: number | null;
  readonly text: string | null;
  readonly tensor: OnnxTensor | null;
  readonly floats: readonly number[];
  readonly integers: readonly number[];
  readonly texts: readonly string[];
}

export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** What a graph takes: a tensor of rows, if it has two sizes. */
export interface OnnxInput {
  readonly name: string;
  readonly type: number;
  /** Null where a size may be any. */
  readonly shape: readonly (number | null)[];
}

export interface OnnxFile {
  /** Who wrote it, as in `skl2onnx 1.20.0`; empty where it does not say. */
  readonly producer: string;
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly tensors: ReadonlyMap<string, OnnxTensor>;
  readonly inputs: readonly OnnxInput[];
  readonly outputs: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** A ModelProto. @throws ArtifactError */
export function readOnnxFile(bytes: Uint8Array): OnnxFile {
  try {
    return readModel(new WireReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw new ArtifactError('value', `protobuf: ${cause.message}`, { cause });
  }
}

/** What reads a field, by its number; others are skipped. */
type Fields = Readonly<Record<number, (reader: WireReader, wireType: number) => void>>;

function readFields(reader: WireReader, fields: Fields): void {
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    const read = fields[tag >>> 3];
    if (read === undefined) reader.skip(tag);
    else read(reader, tag & 7);
  }
}

/** What has another type than its field is no message of ONNX. */
function expectType(found: number, expected: number): void {
  if (found !== expected) throw new WireError(`wire type ${expected} expected, ${found} found`);
}

type Read = Fields[number];
const textTo = (take: (text: string) => void): Read => {
  return (reader, wireType) => {
    expectType(wireType, BYTES);
    take(reader.string());
  };
};
const messageTo = (take: (message: WireReader) => void): Read => {
  return (reader, wireType) => {
    expectType(wireType, BYTES);
    take(reader.message());
  };
};
const integerTo = (take: (value: number) => void): Read => {
  return (reader, wireType) => {
    expectType(wireType, VARINT);
    take(reader.int64());
  };
};

/** Numbers of a list, packed or not. */
function listTo(values: number[], elementType: number, read: (reader: WireReader) => number): Read {
  return (reader, wireType) => {
    if (wireType !== BYTES) {
      expectType(wireType, elementType);
      values.push(read(reader));
      return;
    }
    const packed = reader.message();
    while (packed.position < packed.end) values.push(read(packed));
  };
}

const integersTo = (values: number[]) => listTo(values, VARINT, (reader) => reader.int64());
const floatsTo = (values: number[]) => listTo(values, FIXED32, (reader) => reader.float());
const doublesTo = (values: number[]) => listTo(values, FIXED64, (reader) => reader.double());

function readModel(reader: WireReader): OnnxFile {
  let [name, version] = ['', ''];
  let graph: Omit<OnnxFile, 'producer' | 'metadata'> | null = null;
  const metadata = new Map<string, string>();
  readFields(reader, {
    2: textTo((text) => (name = text)),
    3: textTo((text) => (version = text)),
    7: messageTo((message) => (graph = readGraph(message))),
    14: messageTo((message) => {
      let [key, value] = ['', ''];
      readFields(message, { 1: textTo((text) => (key = text)), 2: textTo((text) => (value = text)) });
      metadata.set(key, value);
    }),
    25: () => refuseUnsupported('functions of its own are not read: one ensemble of trees is'),
  });
  if (graph === null) return refuseValue('the model', 'a graph', undefined);
  return { ...(graph as Omit<OnnxFile, 'producer' | 'metadata'>), producer: `${name} ${version}`.trim(), metadata };
}

function readGraph(reader: WireReader): Omit<OnnxFile, 'producer' | 'metadata'> {
  let name = '';
  const nodes: OnnxNode[] = [];
  const tensors = new Map<string, OnnxTensor>();
  const inputs: OnnxInput[] = [];
  const outputs: string[] = [];
  readFields(reader, {
    1: messageTo((message) => nodes.push(readNode(message))),
    2: textTo((text) => (name = text)),
    5: messageTo((message) => {
      const tensor = readTensor(message);
      tensors.set(tensor.name, tensor);
    }),
    11: messageTo((message) => inputs.push(readInput(message))),
    12: messageTo((message) => outputs.push(readInput(message).name)),
    15: () => refuseUnsupported('sparse tensors are not read'),
  });
  return { name, nodes, tensors, inputs, outputs };
}

function readNode(reader: WireReader): OnnxNode {
  let [op, domain] = ['', ''];
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  readFields(reader, {
    1: textTo((text) => inputs.push(text)),
    2: textTo((text) => outputs.push(text)),
    4: textTo((text) => (op = text)),
    5: messageTo((message) => {
      const [name, attribute] = readAttribute(message);
      if (attributes.has(name)) refuseValue('a node', 'every attribute once', name);
      attributes.set(name, attribute);
    }),
    7: textTo((text) => (domain = text)),
  });
  return { op, domain, inputs, outputs, attributes };
}

function readAttribute(reader: WireReader): [name: string, attribute: OnnxAttribute] {
  let name = '';
  let integer: number | null = null;
  let text: string | null = null;
  let tensor: OnnxTensor | null = null;
  const floats: number[] = [];
  const integers: number[] = [];
  const texts: string[] = [];
  readFields(reader, {
    1: textTo((value) => (name = value)),
    3: integerTo((value) => (integer = value)),
    4: textTo((value) => (text = value)),
    5: messageTo((message) => (tensor = readTensor(message))),
    6: () => refuseUnsupported('graphs within a node are not read'),
    7: floatsTo(floats),
    8: integersTo(integers),
    9: textTo((value) => texts.push(value)),
  });
  return [name, { integer, text, tensor, floats, integers, texts }];
}

function readTensor(reader: WireReader): OnnxTensor {
  let [name, type] = ['', 0];
  const dims: number[] = [];
  const floats: number[] = [];
  const integers: number[] = [];
  const texts: string[] = [];
  const doubles: number[] = [];
  let raw: Buffer | null = null;
  readFields(reader, {
    1: integersTo(dims),
    2: integerTo((value) => (type = value)),
    4: floatsTo(floats),
    5: integersTo(integers),
    6: textTo((value) => texts.push(value)),
    7: integersTo(integers),
    8: textTo((value) => (name = value)),
    9: (field, wireType) => {
      expectType(wireType, BYTES);
      raw = field.bytes();
    },
    10: doublesTo(doubles),
    13: () => refuseUnsupported('tensors in other files are not read: save the model as one file'),
  });
  const values =
    raw === null ? [floats, integers, texts, doubles].find((list) => list.length > 0) : rawValues(type, raw);
  const count = dims.reduce((product, size) => product * size, 1);
  if ((values ?? []).length !== count) refuseValue(`the tensor ${name}`, `${count} elements`, values ?? []);
  return { name, type, values: values ?? [] };
}

/** Little-endian. */
function rawValues(type: number, raw: Buffer): number[] {
  const size =
    { [ELEMENT.float]: 4, [ELEMENT.uint8]: 1, [ELEMENT.int32]: 4, [ELEMENT.int64]: 8, [ELEMENT.bool]: 1 }[type] ?? 8;
  const read: Record<number, (at: number) => number> = {
    [ELEMENT.float]: (at) => raw.readFloatLE(at),
    [ELEMENT.uint8]: (at) => raw[at],
    [ELEMENT.int32]: (at) => raw.readInt32LE(at),
    [ELEMENT.int64]: (at) => Number(raw.readBigInt64LE(at)),
    [ELEMENT.bool]: (at) => raw[at],
    [ELEMENT.double]: (at) => raw.readDoubleLE(at),
  };
  const element = read[type] ?? refuseUnsupported(`tensors with elements of type ${type} are not read`);
  return Array.from({ length: Math.floor(raw.length / size) }, (_, index) => element(index * size));
}

/** A ValueInfoProto. */
function readInput(reader: WireReader): OnnxInput {
  let [name, type] = ['', 0];
  const shape: (number | null)[] = [];
  const readDimension = (message: WireReader) => {
    let size: number | null = null;
    readFields(message, { 1: integerTo((value) => (size = value)) });
    shape.push(size);
  };
  const readTensorType = (message: WireReader) =>
    readFields(message, {
      1: integerTo((value) => (type = value)),
      2: messageTo((sizes) => readFields(sizes, { 1: messageTo(readDimension) })),
    });
  readFields(reader, {
    1: textTo((text) => (name = text)),
    2: messageTo((message) => readFields(message, { 1: messageTo(readTensorType) })),
  });
  return { name, type, shape };
}
