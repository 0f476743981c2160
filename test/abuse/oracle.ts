import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Document } from '../formats/iris-json/document.js';
import { walk, weightsAt } from '../formats/iris-json/walker.js';
import { decode, type Message } from './messages.js';

/** What is right, by the words of the artifact's format alone. */

/** Version on the wire → the artifact's JSON. */
export type Models = ReadonlyMap<string, Document>;

export function readModels(...files: readonly string[]): Models {
  const documents = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Document);
  return new Map(documents.map((document) => [document.sha256.slice(0, 12), document]));
}

interface Right {
  readonly leaf: number;
  readonly class: number;
  readonly label: string;
  readonly shares: readonly number[];
}

export function rightAnswer(document: Document, row: readonly number[]): Right {
  const { class: index, leaf } = walk(
    document,
    row.map((value) => (Number.isNaN(value) ? null : value)),
  );
  const weights = weightsAt(document, leaf);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    leaf,
    class: index,
    label: document.classes[index],
    shares: weights.map((weight) => weight / total),
  };
}

const measurements = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'] as const;

export function rowOf(request: Message): number[] {
  return measurements.map((name) => request[name] as number);
}

/** Whether a reply of ml.IrisPredictor is whole and right for the model that it names. */
export function expectRightFlower(models: Models, request: Message, bytes: Buffer): void {
  const reply = decode('ml.IrisPredictReply', bytes);
  const document = models.get(reply['model_version'] as string);
  if (!document) throw new Error(`no such model: ${reply['model_version']}`);
  const right = rightAnswer(document, rowOf(request));
  if (reply['species'] !== right.class || reply['species_name'] !== right.label) {
    throw new Error(`wrong answer: ${JSON.stringify({ request, reply, right })}`);
  }
  expectClose(reply['probabilities'] as number[], right.shares);
}

/** What a request that names no outputs gets. */
const defaultOutputs = ['label', 'class_index', 'probabilities', 'leaf'];

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly contents?: Readonly<Record<string, ArrayLike<number>>> | null;
}

const readers: Readonly<Record<string, readonly [size: number, read: (view: DataView, at: number) => number]>> = {
  FP64: [8, (view, at) => view.getFloat64(at, true)],
  FP32: [4, (view, at) => view.getFloat32(at, true)],
  INT8: [1, (view, at) => view.getInt8(at)],
  UINT8: [1, (view, at) => view.getUint8(at)],
  INT16: [2, (view, at) => view.getInt16(at, true)],
  UINT16: [2, (view, at) => view.getUint16(at, true)],
  INT32: [4, (view, at) => view.getInt32(at, true)],
  UINT32: [4, (view, at) => view.getUint32(at, true)],
  INT64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  UINT64: [8, (view, at) => Number(view.getBigUint64(at, true))],
  BOOL: [1, (view, at) => view.getUint8(at)],
  FP16: [2, (view, at) => half(view.getUint16(at, true))],
};

/** IEEE 754, binary16: a sign, five bits of exponent, ten of fraction. */
function half(bits: number): number {
  const [exponent, fraction] = [(bits >>> 10) & 31, bits & 1023];
  const size = exponent === 0 ? fraction / 2 ** 24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return (bits >>> 15 ? -1 : 1) * (exponent === 31 ? (fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN) : size);
}

/** The values of one input, raw or typed. */
function valuesOf(tensor: Tensor, raw: Buffer | undefined): number[] {
  if (raw === undefined) {
    return Object.values(tensor.contents ?? {})
      .filter((values) => values.length > 0)
      .flatMap((values) => Array.from(values, Number));
  }
  const [size, read] = readers[tensor.datatype]!;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: raw.byteLength / size }, (_, index) => read(view, index * size));
}

/** The rows of a request that a server accepted: one tensor `features`, or one per feature. */
function rowsOf(document: Document, request: Message): number[][] {
  const inputs = request['inputs'] as Tensor[];
  const raws = request['raw_input_contents'] as Buffer[];
  const values = inputs.map((tensor, index) => valuesOf(tensor, raws[index] && Buffer.from(raws[index])));
  const width = document.features.length;
  if (inputs.length === 1 && inputs[0]!.name === 'features') {
    return Array.from({ length: values[0]!.length / width }, (_, row) =>
      values[0]!.slice(row * width, (row + 1) * width),
    );
  }
  const columns = document.features.map(
    ({ name }: { name: string }) => values[inputs.findIndex((input) => input.name === name)]!,
  );
  return Array.from({ length: columns[0].length }, (_, row) => columns.map((column: number[]) => column[row]));
}

/** Whether a ModelInferResponse is whole and right for the model that it names: labels, indices, shares, leaves. */
export function expectRightBatch(models: Models, requestBytes: Uint8Array, replyBytes: Uint8Array): number {
  const request = decode('inference.ModelInferRequest', requestBytes);
  const reply = decode('inference.ModelInferResponse', replyBytes);
  const document = models.get(reply['model_version'] as string);
  if (!document) throw new Error(`no such model: ${reply['model_version']}`);
  const right = rowsOf(document, request).map((row) => rightAnswer(document, row));
  const asked = (request['outputs'] as Tensor[]).map(({ name }) => name);
  const outputs = reply['outputs'] as Tensor[];
  expect(outputs.map(({ name }) => name)).toEqual(asked.length > 0 ? asked : defaultOutputs);
  const raws = reply['raw_output_contents'] as Buffer[];
  for (const [index, output] of outputs.entries()) {
    if (output.name === 'decision_path') continue;
    if (output.name === 'label') {
      expect(textsOf(output, raws[index] && Buffer.from(raws[index]))).toEqual(right.map(({ label }) => label));
      continue;
    }
    const found = valuesOf(output, raws[index] && Buffer.from(raws[index]));
    if (output.name === 'probabilities')
      expectClose(
        found,
        right.flatMap(({ shares }) => shares),
      );
    else expect(found).toEqual(right.map((answer) => (output.name === 'leaf' ? answer.leaf : answer.class)));
  }
  expect(reply['id']).toBe(request['id']);
  return right.length;
}

function textsOf({ contents }: Tensor, raw: Buffer | undefined): string[] {
  if (raw === undefined)
    return Array.from((contents?.['bytes_contents'] ?? []) as unknown as Uint8Array[], (text) =>
      Buffer.from(text).toString(),
    );
  const texts: string[] = [];
  for (let at = 0; at < raw.length; ) {
    const end = at + 4 + raw.readUInt32LE(at);
    texts.push(raw.subarray(at + 4, end).toString());
    at = end;
  }
  return texts;
}

function expectClose(found: readonly number[], right: readonly number[]): void {
  const same = found.length === right.length && found.every((share, index) => Math.abs(share - right[index]!) < 1e-12);
  if (!same) throw new Error(`wrong shares: ${found} instead of ${right}`);
}
