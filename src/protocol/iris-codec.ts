import { WireReader, WireWriter } from '../protobuf/wire.js';
import type { DecisionStep, IrisPredictReply, IrisPredictRequest } from './messages.js';

/** IrisPredictRequest and IrisPredictReply by hand: they are on the path of every unary call. */

export function decodeIrisRequest(bytes: Buffer): IrisPredictRequest {
  const request = { sepal_length: 0, sepal_width: 0, petal_length: 0, petal_width: 0, explain: false };
  const reader = new WireReader(bytes);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x09) request.sepal_length = reader.double();
    else if (tag === 0x11) request.sepal_width = reader.double();
    else if (tag === 0x19) request.petal_length = reader.double();
    else if (tag === 0x21) request.petal_width = reader.double();
    else if (tag === 0x28) request.explain = reader.bool();
    else reader.skip(tag);
  }
  return request;
}

/** Everything but the path, which may be appended: `path` has the highest field number. */
export function encodeIrisReply(reply: Omit<IrisPredictReply, 'path'>): Buffer {
  const writer = new WireWriter();
  if (reply.species !== 0) writer.int32(1, reply.species);
  writer.string(2, reply.species_name);
  if (reply.probabilities.length > 0) writer.packedDoubles(3, reply.probabilities);
  return writer.string(4, reply.model_version).finish();
}

export function encodeIrisPath(path: readonly DecisionStep[]): Buffer {
  const writer = new WireWriter();
  for (const { feature, value, threshold, went_left, samples } of path) {
    const step = new WireWriter(64).string(1, feature);
    if (value !== 0) step.double(2, value);
    if (threshold !== 0) step.double(3, threshold);
    if (went_left) step.bool(4, true);
    if (samples !== 0) step.int64(5, samples);
    writer.message(5, step);
  }
  return writer.finish();
}
