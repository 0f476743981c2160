import { describe, expect, it } from 'vitest';
import { matrix as jsonMatrix, serveHttp } from '../../http/calling.js';
import { mixedModel } from '../../models.js';
import { type Message, serveAndConnect } from '../../serving.js';

const matrix = {
  name: 'features',
  datatype: 'FP64',
  shape: [1, 4],
  contents: { fp64_contents: [5, 3.6, 1.3, 0.25] },
};

/** A parameter that asks for what is not done → where it stands, and what is said of it. */
const refused: [
  what: string,
  where: 'request' | 'input' | 'output',
  name: string,
  value: unknown,
  violation: string,
][] = [
  [
    'a priority',
    'request',
    'priority',
    3,
    'parameters.priority: expected 0 or none, as all calls have the same priority, found 3',
  ],
  [
    'a timeout',
    'request',
    'timeout',
    1000,
    'parameters.timeout: expected 0 or none: a deadline is set for the call, found 1000',
  ],
  [
    'a sequence',
    'request',
    'sequence_id',
    42,
    'parameters.sequence_id: expected none, as the model keeps no state between calls, found 42',
  ],
  [
    'a named sequence',
    'request',
    'sequence_id',
    'a',
    'parameters.sequence_id: expected none, as the model keeps no state between calls, found "a"',
  ],
  [
    'the start of a sequence',
    'request',
    'sequence_start',
    true,
    'parameters.sequence_start: expected none, as the model keeps no state between calls, found true',
  ],
  [
    'the end of a sequence',
    'request',
    'sequence_end',
    true,
    'parameters.sequence_end: expected none, as the model keeps no state between calls, found true',
  ],
  [
    'a last response by a word',
    'request',
    'triton_enable_empty_final_response',
    'yes',
    'parameters.triton_enable_empty_final_response: expected true or false, found "yes"',
  ],
  [
    'a content type that is decoded elsewhere',
    'request',
    'content_type',
    'json',
    'parameters.content_type: expected np or pd or str, as nothing else is decoded, found "json"',
  ],
  [
    'what nobody knows',
    'request',
    'temperature',
    0.5,
    'parameters: expected no parameter "temperature", which this server does not know',
  ],
  [
    'the name of a method of objects',
    'request',
    'toString',
    true,
    'parameters: expected no parameter "toString", which this server does not know',
  ],
  [
    'an input in shared memory',
    'input',
    'shared_memory_region',
    'r',
    'inputs[0].parameters.shared_memory_region: expected none, as this server has no shared memory, found "r"',
  ],
  [
    'an input of base64',
    'input',
    'content_type',
    'base64',
    'inputs[0].parameters.content_type: expected np, as nothing else is decoded, found "base64"',
  ],
  [
    'an input of what nobody knows',
    'input',
    'scale',
    2,
    'inputs[0].parameters: expected no parameter "scale", which this server does not know',
  ],
  [
    'an output in shared memory',
    'output',
    'shared_memory_region',
    'r',
    'outputs[0].parameters.shared_memory_region: expected none, as this server has no shared memory, found "r"',
  ],
  [
    'the size of shared memory',
    'output',
    'shared_memory_byte_size',
    8,
    'outputs[0].parameters.shared_memory_byte_size: expected none, as this server has no shared memory, found 8',
  ],
  [
    'a classification of leaves',
    'output',
    'classification',
    3,
    'outputs[0].parameters.classification: expected none, as probabilities alone is of classes, found 3',
  ],
  [
    'an output of what nobody knows',
    'output',
    'round',
    2,
    'outputs[0].parameters: expected no parameter "round", which this server does not know',
  ],
];

/** Those that ask for nothing, as clients write them. */
const accepted: [where: 'request' | 'input' | 'output', name: string, value: unknown][] = [
  ['request', 'priority', 0],
  ['request', 'timeout', 0],
  ['request', 'sequence_id', 0],
  ['request', 'sequence_id', ''],
  ['request', 'sequence_start', false],
  ['request', 'sequence_end', false],
  ['request', 'triton_enable_empty_final_response', false],
  ['request', 'triton_enable_empty_final_response', true],
  ['request', 'content_type', 'pd'],
  ['input', 'content_type', 'np'],
  ['output', 'classification', 0],
];

/** As Triton's and MLServer's clients send it: whole numbers as int64, but for a priority. */
function onWire(name: string, value: unknown): Message {
  if (typeof value === 'string') return { string_param: value };
  if (typeof value === 'boolean') return { bool_param: value };
  if (name === 'priority') return { uint64_param: value };
  return Number.isInteger(value) ? { int64_param: value } : { double_param: value };
}

function requestWith(where: string, input: Message, parameters: Message): Message {
  return {
    inputs: [where === 'input' ? { ...input, parameters } : input],
    outputs: [where === 'output' ? { name: 'leaf', parameters } : { name: 'leaf' }],
    ...(where === 'request' ? { parameters } : {}),
  };
}

describe('parameters over gRPC', () => {
  it.each(refused)('that ask for %s are refused', async (_, where, name, value, violation) => {
    const client = await serveAndConnect();
    const request = requestWith(where, matrix, { [name]: onWire(name, value) });
    const reply = await client.call('inference', 'ModelInfer', { model_name: 'iris', ...request });
    expect(reply).toMatchObject({ code: 'INVALID_ARGUMENT', message: violation });
  });

  it.each(accepted)('that ask for nothing are accepted: %s %s', async (where, name, value) => {
    const client = await serveAndConnect();
    const request = requestWith(where, matrix, { [name]: onWire(name, value) });
    const reply = await client.call('inference', 'ModelInfer', { model_name: 'iris', ...request });
    expect(reply).toMatchObject({ outputs: [{ contents: { int_contents: [1] } }] });
  });

  it('may say how long the raw contents of an input are, and nothing else of them', async () => {
    const client = await serveAndConnect();
    const raw = Buffer.from(Float64Array.of(5, 3.6, 1.3, 0.25).buffer);
    const ask = (size: number, contents: Message) =>
      client.call('inference', 'ModelInfer', {
        model_name: 'iris',
        ...contents,
        ...requestWith('input', { ...matrix, ...contents }, { binary_data_size: { int64_param: size } }),
      });
    const rawContents = { contents: undefined, raw_input_contents: [raw] };
    expect(await ask(32, rawContents)).toMatchObject({ outputs: [{ name: 'leaf' }] });
    const field = 'inputs[0].parameters.binary_data_size: expected';
    expect(await ask(24, rawContents)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `${field} 32, the length of its raw contents, found 24`,
    });
    expect(await ask(32, {})).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `${field} none, as the input has no raw contents, found 32`,
    });
  });

  it('of binary answers are of HTTP alone', async () => {
    const client = await serveAndConnect();
    const request = requestWith('output', matrix, { binary_data: { bool_param: true } });
    const reply = await client.call('inference', 'ModelInfer', { model_name: 'iris', ...request });
    expect(reply).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('parameters over HTTP', () => {
  it.each(refused)('that ask for %s are refused', async (_, where, name, value, violation) => {
    const { infer } = await serveHttp();
    const { json, status } = await infer(requestWith(where, jsonMatrix, { [name]: value }));
    expect([status, json.error]).toEqual([400, violation]);
  });

  it.each(accepted)('that ask for nothing are accepted: %s %s', async (where, name, value) => {
    const { infer } = await serveHttp();
    const { json, status } = await infer(requestWith(where, jsonMatrix, { [name]: value }));
    expect([status, json.outputs?.[0].data]).toEqual([200, [1, 3, 4]]);
  });

  it('say how texts were made', async () => {
    const { infer } = await serveHttp({ model: mixedModel() });
    const inputs = [
      { name: 'colour', datatype: 'BYTES', shape: [1], data: ['red'], parameters: { content_type: 'str' } },
      { name: 'size', datatype: 'FP64', shape: [1], data: [9], parameters: { content_type: 'np' } },
    ];
    expect((await infer({ inputs, parameters: { content_type: 'pd' } })).status).toBe(200);
  });

  it.each([
    [
      'outputs',
      'outputs[0].parameters.binary_data',
      { outputs: [{ name: 'leaf', parameters: { binary_data: 'yes' } }] },
    ],
    ['the request', 'parameters.binary_data_output', { parameters: { binary_data_output: 1 } }],
  ])('of binary data are true or false, in %s', async (_, field, change) => {
    const { infer } = await serveHttp();
    const { json, status } = await infer({ inputs: [jsonMatrix], ...change });
    expect([status, json.details[0].field]).toEqual([400, field]);
    expect(json.error).toMatch(/expected true or false, found ("yes"|1)$/);
  });
});

describe('null over HTTP', () => {
  it('is an absent id, output, parameter', async () => {
    const { infer } = await serveHttp();
    const plain = await infer({ inputs: [jsonMatrix] });
    const nulls = await infer({
      id: null,
      parameters: null,
      inputs: [{ ...jsonMatrix, parameters: null }],
      outputs: null,
    });
    expect(nulls.status).toBe(200);
    expect(nulls.json).toEqual(plain.json);
    const inside = await infer({
      parameters: { priority: null, content_type: null },
      inputs: [{ ...jsonMatrix, parameters: { content_type: null } }],
      outputs: [{ name: 'leaf', parameters: null }],
    });
    expect([inside.status, inside.json.outputs?.[0].data]).toEqual([200, [1, 3, 4]]);
  });
});
