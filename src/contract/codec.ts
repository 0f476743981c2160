import { BYTES, FIXED64, VARINT, WireReader, WireWriter } from '../protobuf/wire.js';
import { type Contract, EXPLAIN, present } from './contract.js';

/** By hand: these messages are on the path of every unary call. */

/** A row as it was sent: by the contract's present fields, in their order. */
export interface ContractRequest {
  /** NaN where there is none, and of a category. */
  readonly values: Float64Array;
  /** Of a number, and where there is none, empty. */
  readonly texts: readonly string[];
  readonly explain: boolean;
}

/** @returns what decodes a request of the contract */
export function requestDecoder(contract: Contract): (bytes: Buffer) => ContractRequest {
  const tags = present(contract.fields).map(({ kind, number }) => number * 8 + (kind === 'number' ? FIXED64 : BYTES));
  const slots = new Map(tags.map((tag, slot) => [tag, slot]));
  const explainTag = EXPLAIN.number * 8 + VARINT;
  return (bytes) => {
    const values = new Float64Array(tags.length).fill(Number.NaN);
    const texts = new Array<string>(tags.length).fill('');
    let explain = false;
    const reader = new WireReader(bytes);
    // Writers keep the order of the numbers: the next field is looked for first.
    for (let tag = reader.tag(), next = 0; tag !== 0; tag = reader.tag()) {
      const slot = tags[next] === tag ? next : slots.get(tag);
      if (slot === undefined) {
        if (tag === explainTag) explain = reader.bool();
        else reader.skip(tag);
        continue;
      }
      if ((tag & 7) === FIXED64) values[slot] = reader.double();
      else texts[slot] = reader.string();
      next = slot + 1;
    }
    return { values, texts, explain };
  };
}

export interface ContractReply {
  readonly predicted_class: number;
  readonly class_name: string;
  readonly probabilities: ArrayLike<number>;
  readonly model_version: string;
}

/** Everything but the path, which may be appended: `path` has the highest field number. */
export function encodeContractReply(reply: ContractReply): Buffer {
  const writer = new WireWriter().int32(1, reply.predicted_class);
  if (reply.class_name !== '') writer.string(2, reply.class_name);
  return writer.packedDoubles(3, reply.probabilities).string(4, reply.model_version).finish();
}

/** A question of the path: about a number or about a category. */
export interface ContractStep {
  readonly feature: string;
  readonly value: number | string | null;
  readonly threshold?: number;
  readonly categories?: readonly string[];
  readonly wentLeft: boolean;
  readonly samples: number;
}

export function encodeContractPath(path: readonly ContractStep[]): Buffer {
  const writer = new WireWriter();
  for (const { categories = [], feature, samples, threshold, value, wentLeft } of path) {
    const step = new WireWriter(64);
    if (feature !== '') step.string(1, feature);
    if (typeof value === 'number') step.double(2, value);
    if (threshold !== undefined) step.double(3, threshold);
    if (wentLeft) step.bool(4, true);
    if (samples !== 0) step.int64(5, samples);
    if (typeof value === 'string') step.string(6, value);
    for (const category of categories) step.string(7, category);
    writer.message(5, step);
  }
  return writer.finish();
}
