import { WireWriter } from '../../../protobuf/wire.js';
import type { TensorMetadata } from '../../../protocol/messages.js';
import { type InferLimits, replyTooLarge } from '../../calls/reply-limit.js';
import { describeOutputs } from './metadata.js';
import { type Describe, eachInput } from './model-descriptions.js';
import { platformOf } from './platform.js';

/** Triton's names and numbers of the datatypes that a model is described with. */
const dataTypes: Readonly<Record<string, readonly [name: string, number: number]>> = {
  INT32: ['TYPE_INT32', 8],
  FP64: ['TYPE_FP64', 12],
  BYTES: ['TYPE_STRING', 13],
};

const BACKEND = 'iris';

/** The first size of every tensor is the number of rows. Triton has no empty dims, and its clients take none. */
const dimsOf = ({ shape }: TensorMetadata): readonly number[] => (shape.length > 1 ? shape.slice(1) : [1]);

/** An int32. */
const maxBatchSize = ({ maxBatchRows }: InferLimits): number => Math.min(maxBatchRows, 2 ** 31 - 1);

/**
 * ModelConfigResponse: config = 1 {name = 1, platform = 2, max_batch_size = 4, input = 5 {name = 1, data_type = 2, dims = 4},
 * output = 6 {name = 1, data_type = 2, dims = 3}, backend = 17, model_transaction_policy = 19}.
 */
export const configInMessage: Describe = async (served, _versions, perFeature, limits) => {
  const config = new WireWriter(1024);
  if (served.name !== '') config.string(1, served.name);
  config.string(2, platformOf(served.model)).int32(4, maxBatchSize(limits));
  await eachInput(served, perFeature, (input) => {
    if (config.message(5, tensorMessage(input, 4)).byteLength > limits.maxMessageBytes) throw replyTooLarge(limits);
  });
  for (const output of describeOutputs(served)) config.message(6, tensorMessage(output, 3));
  config.string(17, BACKEND).message(19, new WireWriter());
  return Buffer.from(new WireWriter(config.byteLength + 16).message(1, config).finish());
};

export const configInJson: Describe = async (served, _versions, perFeature, limits) => {
  const head = {
    name: served.name,
    platform: platformOf(served.model),
    backend: BACKEND,
    max_batch_size: maxBatchSize(limits),
  };
  const inputs: Buffer[] = [];
  let byteLength = 0;
  await eachInput(served, perFeature, (input) => {
    const text = Buffer.from((inputs.length > 0 ? ',' : '') + JSON.stringify(inputConfig(input)));
    byteLength += text.byteLength;
    if (byteLength > limits.maxMessageBytes) throw replyTooLarge(limits);
    inputs.push(text);
  });
  const rest = { output: describeOutputs(served).map(tensorConfig), model_transaction_policy: { decoupled: false } };
  return Buffer.concat([
    Buffer.from(`${JSON.stringify(head).slice(0, -1)},"input":[`),
    ...inputs,
    Buffer.from(`],${JSON.stringify(rest).slice(1)}`),
  ]);
};

function tensorMessage(tensor: TensorMetadata, dimsField: number): WireWriter {
  const writer = new WireWriter();
  if (tensor.name !== '') writer.string(1, tensor.name);
  return writer.int32(2, dataTypes[tensor.datatype][1]).packedIntegers(dimsField, dimsOf(tensor));
}

const tensorConfig = (tensor: TensorMetadata) => ({
  name: tensor.name,
  data_type: dataTypes[tensor.datatype][0],
  dims: dimsOf(tensor),
});

/** Triton's own clients look for a format. */
const inputConfig = (tensor: TensorMetadata) => ({ ...tensorConfig(tensor), format: 'FORMAT_NONE' });
