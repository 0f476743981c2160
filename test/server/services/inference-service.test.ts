import { once } from 'node:events';
import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { irisModel, mixedModel } from '../models.js';
import { type Message, serveAndConnect, type TestClient } from '../serving.js';

const flowers = [5, 3.6, 1.3, 0.25, 6, 3, 4.5, 1.5, 6.3, 3.3, 6, 2.5];
const { version } = irisModel();

function doubles(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [index, value] of values.entries()) bytes.writeDoubleLE(value, index * 8);
  return bytes;
}

function texts(...values: string[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(value));
      return Buffer.concat([length, Buffer.from(value)]);
    }),
  );
}

function infer(client: TestClient, request: Message): Promise<Message> {
  return client.call('inference', 'ModelInfer', { model_name: 'iris', ...request });
}

/** The outputs by name: the one filled field of their contents. */
function contents(reply: Message): Record<string, unknown> {
  const outputs = reply['outputs'] as { name: string; contents: Record<string, unknown[]> }[];
  return Object.fromEntries(
    outputs.map(({ contents, name }) => {
      const filled = Object.entries(contents).filter(([, values]) => values.length > 0);
      expect(filled).toHaveLength(1);
      return [name, Object.fromEntries(filled)];
    }),
  );
}

const matrix = { name: 'features', datatype: 'FP64', shape: [3, 4], contents: { fp64_contents: flowers } };
const labels = ['setosa', 'versicolor', 'virginica'].map((label) => Buffer.from(label));

describe('the metadata methods', () => {
  it('tell that the server lives, is ready, and what it is', async () => {
    const client = await serveAndConnect();
    expect(await client.call('inference', 'ServerLive', {})).toEqual({ live: true });
    expect(await client.call('inference', 'ServerReady', {})).toEqual({ ready: true });
    expect(await client.call('inference', 'ServerMetadata', {})).toEqual({
      name: 'iris',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      extensions: [
        'binary_tensor_data',
        'classification',
        'model_configuration',
        'model_repository',
        'model_repository(unload_dependents)',
        'statistics',
      ],
    });
  });

  it('tell that a model is ready, by name and by version', async () => {
    const client = await serveAndConnect({ name: 'flowers' });
    expect(await client.call('inference', 'ModelReady', { name: 'flowers' })).toEqual({ ready: true });
    expect(await client.call('inference', 'ModelReady', { name: 'flowers', version })).toEqual({ ready: true });
  });

  it('describe a model of numbers as one tensor, with empty properties', async () => {
    const client = await serveAndConnect();
    const reply = await client.call('inference', 'ModelMetadata', { name: 'iris', version });
    expect(reply).toEqual({
      name: 'iris',
      versions: [version],
      platform: 'iris_decision_tree',
      inputs: [{ name: 'features', datatype: 'FP64', shape: ['-1', '4'] }],
      outputs: [
        { name: 'label', datatype: 'BYTES', shape: ['-1'] },
        { name: 'class_index', datatype: 'INT32', shape: ['-1'] },
        { name: 'probabilities', datatype: 'FP64', shape: ['-1', '3'] },
        { name: 'leaf', datatype: 'INT32', shape: ['-1'] },
        { name: 'decision_path', datatype: 'BYTES', shape: ['-1'] },
        { name: 'contributions', datatype: 'FP64', shape: ['-1', '3', '6'] },
      ],
      properties: {},
    });
  });

  it('tell the config of a model', async () => {
    const client = await serveAndConnect({ maxBatchRows: 500 });
    expect(await client.call('inference', 'ModelConfig', { name: 'iris', version })).toMatchObject({
      config: { name: 'iris', max_batch_size: 500, input: [{ name: 'features', data_type: 'TYPE_FP64', dims: ['4'] }] },
    });
  });

  it('tell what was inferred with a model', async () => {
    const client = await serveAndConnect();
    await infer(client, { inputs: [matrix] });
    await infer(client, { inputs: [{ ...matrix, shape: [3, 3] }] });
    await infer(client, { inputs: [matrix], model_name: 'another' });
    const told = await client.call('inference', 'ModelStatistics', {});
    expect(told).toMatchObject({
      model_stats: [
        {
          name: 'iris',
          version,
          inference_count: '3',
          execution_count: '1',
          inference_stats: { success: { count: '1' }, fail: { count: '1' }, compute_infer: { count: '1' } },
          batch_stats: [{ batch_size: '3', compute_output: { count: '1' } }],
        },
      ],
    });
    expect(await client.call('inference', 'ModelStatistics', { name: 'iris', version })).toEqual(told);
  });

  it('describe a model with categories as one tensor per feature', async () => {
    const client = await serveAndConnect({ model: mixedModel() });
    expect(await client.call('inference', 'ModelMetadata', { name: 'iris' })).toMatchObject({
      inputs: [
        { name: 'size', datatype: 'FP64', shape: ['-1'] },
        { name: 'colour', datatype: 'BYTES', shape: ['-1'] },
      ],
    });
  });

  it('describe every model as one tensor per feature to who asks for that', async () => {
    const client = await serveAndConnect();
    const metadata = new Metadata();
    metadata.set('iris-inputs', 'per-feature');
    expect(await client.call('inference', 'ModelMetadata', { name: 'iris' }, { metadata })).toMatchObject({
      inputs: ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'].map((name) => ({
        name,
        datatype: 'FP64',
        shape: ['-1'],
      })),
    });
  });

  it('list the one model of the repository', async () => {
    const client = await serveAndConnect();
    const models = [{ name: 'iris', version, state: 'READY' }];
    expect(await client.call('inference', 'RepositoryIndex', {})).toMatchObject({ models });
    expect(await client.call('inference', 'RepositoryIndex', { ready: true })).toMatchObject({ models });
  });
});

describe('ModelInfer', () => {
  it('answers typed contents with typed contents: all outputs but the paths, unless it asks for some', async () => {
    const client = await serveAndConnect();
    const reply = await infer(client, { id: 'batch 7', inputs: [matrix] });
    expect(reply).toMatchObject({ model_name: 'iris', model_version: version, id: 'batch 7', raw_output_contents: [] });
    expect(reply['outputs']).toMatchObject([
      { name: 'label', datatype: 'BYTES', shape: ['3'] },
      { name: 'class_index', datatype: 'INT32', shape: ['3'] },
      { name: 'probabilities', datatype: 'FP64', shape: ['3', '3'] },
      { name: 'leaf', datatype: 'INT32', shape: ['3'] },
    ]);
    expect(contents(reply)).toEqual({
      label: { bytes_contents: labels },
      class_index: { int_contents: [0, 1, 2] },
      probabilities: { fp64_contents: [1, 0, 0, 0, 0.9, 0.1, 0, 0.25, 0.75] },
      leaf: { int_contents: [1, 3, 4] },
    });
  });

  it('answers raw contents with raw contents', async () => {
    const client = await serveAndConnect();
    const reply = await infer(client, {
      inputs: [{ ...matrix, contents: undefined }],
      raw_input_contents: [doubles(...flowers)],
    });
    expect((reply['outputs'] as Message[]).map(({ contents }) => contents)).toEqual(Array(4).fill(undefined));
    expect(reply['raw_output_contents']).toEqual([
      texts('setosa', 'versicolor', 'virginica'),
      Buffer.from(Int32Array.of(0, 1, 2).buffer),
      doubles(1, 0, 0, 0, 0.9, 0.1, 0, 0.25, 0.75),
      Buffer.from(Int32Array.of(1, 3, 4).buffer),
    ]);
  });

  it('reads raw doubles wherever they begin in the message', async () => {
    const client = await serveAndConnect();
    for (let padding = 0; padding < 8; padding++) {
      const reply = await infer(client, {
        id: 'x'.repeat(padding),
        inputs: [{ ...matrix, contents: undefined }],
        outputs: [{ name: 'class_index' }],
        raw_input_contents: [doubles(...flowers)],
      });
      expect(reply['raw_output_contents']).toEqual([Buffer.from(Int32Array.of(0, 1, 2).buffer)]);
    }
  });

  it('gives the outputs that were asked for, in that order', async () => {
    const client = await serveAndConnect();
    const outputs = [{ name: 'decision_path' }, { name: 'leaf' }];
    const reply = await infer(client, { inputs: [{ ...matrix }], outputs });
    const { decision_path: paths, leaf } = contents(reply) as Record<string, { bytes_contents: Buffer[] }>;
    expect((reply['outputs'] as Message[]).map(({ name }) => name)).toEqual(['decision_path', 'leaf']);
    expect(leaf).toEqual({ int_contents: [1, 3, 4] });
    expect(paths.bytes_contents.map((path) => JSON.parse(path.toString()))).toEqual([
      [
        {
          feature: 'petal_length',
          value: 1.3,
          threshold: 2.5,
          wentLeft: true,
          samples: 32,
          words: 'petal_length 1.3 <= 2.5',
        },
      ],
      [
        {
          feature: 'petal_length',
          value: 4.5,
          threshold: 2.5,
          wentLeft: false,
          samples: 32,
          words: 'petal_length 4.5 > 2.5',
        },
        {
          feature: 'petal_width',
          value: 1.5,
          threshold: 1.7,
          wentLeft: true,
          samples: 22,
          words: 'petal_width 1.5 <= 1.7',
        },
      ],
      [
        {
          feature: 'petal_length',
          value: 6,
          threshold: 2.5,
          wentLeft: false,
          samples: 32,
          words: 'petal_length 6 > 2.5',
        },
        {
          feature: 'petal_width',
          value: 2.5,
          threshold: 1.7,
          wentLeft: false,
          samples: 22,
          words: 'petal_width 2.5 > 1.7',
        },
      ],
    ]);
  });

  it('names the classes of the probabilities in a parameter', async () => {
    const client = await serveAndConnect();
    const reply = await infer(client, { inputs: [matrix], outputs: [{ name: 'probabilities' }] });
    const [{ parameters }] = reply['outputs'] as { parameters: Record<string, { string_param: string }> }[];
    expect(JSON.parse(parameters['classes'].string_param)).toEqual(['setosa', 'versicolor', 'virginica']);
  });

  it('takes one tensor per feature, in any order, flat or as a column', async () => {
    const client = await serveAndConnect();
    const column = (name: string, shape: number[], ...values: number[]) => ({
      name,
      shape,
      datatype: 'FP64',
      contents: { fp64_contents: values },
    });
    const inputs = [
      column('petal_width', [3], 0.25, 1.5, 2.5),
      column('sepal_width', [3, 1], 3.6, 3, 3.3),
      column('sepal_length', [3], 5, 6, 6.3),
      column('petal_length', [3, 1], 1.3, 4.5, 6),
    ];
    const reply = await infer(client, { inputs, outputs: [{ name: 'class_index' }] });
    expect(contents(reply)).toEqual({ class_index: { int_contents: [0, 1, 2] } });
  });

  it.each([
    ['FP32', 'fp32_contents', Float32Array],
    ['INT8', 'int_contents', Int8Array],
    ['INT16', 'int_contents', Int16Array],
    ['INT32', 'int_contents', Int32Array],
    ['INT64', 'int64_contents', BigInt64Array],
    ['UINT8', 'uint_contents', Uint8Array],
    ['UINT16', 'uint_contents', Uint16Array],
    ['UINT32', 'uint_contents', Uint32Array],
    ['UINT64', 'uint64_contents', BigUint64Array],
  ] as const)('takes %s, typed and raw', async (datatype, field, Type) => {
    const client = await serveAndConnect();
    const whole = [5, 3, 1, 1, 6, 3, 4, 1, 6, 3, 6, 2];
    const input = { name: 'features', datatype, shape: [3, 4] };
    const outputs = [{ name: 'leaf' }];
    const typed = await infer(client, { inputs: [{ ...input, contents: { [field]: whole } }], outputs });
    expect(contents(typed)).toEqual({ leaf: { int_contents: [1, 3, 4] } });
    const array = Type.name.startsWith('Big')
      ? new (Type as typeof BigInt64Array)(whole.map(BigInt))
      : new (Type as typeof Int32Array)(whole);
    const raw = await infer(client, { inputs: [input], outputs, raw_input_contents: [Buffer.from(array.buffer)] });
    expect(raw['raw_output_contents']).toEqual([Buffer.from(Int32Array.of(1, 3, 4).buffer)]);
  });

  it('widens FP32 exactly', async () => {
    // As a float 2.3 is 2.2999999523162842, which a threshold just below tells from 2.3.
    const client = await serveAndConnect({ model: irisModel({ threshold: 2.29999996 }) });
    const values = [5, 3, 2.3, 0.25];
    const outputs = [{ name: 'leaf' }];
    const leafOf = async (datatype: string, field: string) =>
      contents(
        await infer(client, {
          inputs: [{ name: 'features', datatype, shape: [1, 4], contents: { [field]: values } }],
          outputs,
        }),
      )['leaf'];
    expect(await leafOf('FP32', 'fp32_contents')).toEqual({ int_contents: [1] });
    expect(await leafOf('FP64', 'fp64_contents')).toEqual({ int_contents: [3] });
  });

  it('takes categories as BYTES, unknown and missing values too', async () => {
    const client = await serveAndConnect({ model: mixedModel() });
    const colours = ['red', 'green', 'blue', 'blue', 'blue', 'pink'];
    const sizes = [9, 9, 5, 5.1, Number.NaN, 4];
    const leaves = [1, 1, 3, 4, 3, 3]; // pink is unknown: it follows the heavier child, the right one
    const outputs = [{ name: 'leaf' }];
    const inputs = [
      { name: 'colour', datatype: 'BYTES', shape: [6] },
      { name: 'size', datatype: 'FP64', shape: [6] },
    ];
    const typed = await infer(client, {
      inputs: [
        { ...inputs[0], contents: { bytes_contents: colours.map((colour) => Buffer.from(colour)) } },
        { ...inputs[1], contents: { fp64_contents: sizes } },
      ],
      outputs,
    });
    expect(contents(typed)).toEqual({ leaf: { int_contents: leaves } });
    const raw = await infer(client, { inputs, outputs, raw_input_contents: [texts(...colours), doubles(...sizes)] });
    expect(raw['raw_output_contents']).toEqual([Buffer.from(Int32Array.from(leaves).buffer)]);
  });

  it('answers no rows with empty tensors', async () => {
    const client = await serveAndConnect();
    const reply = await infer(client, { inputs: [{ name: 'features', datatype: 'FP64', shape: [0, 4] }] });
    expect((reply['outputs'] as Message[]).map(({ shape }) => shape)).toEqual([['0'], ['0'], ['0', '3'], ['0']]);
  });

  it('answers a batch of several slices as it answers its rows', async () => {
    const client = await serveAndConnect();
    const rowCount = 20_001;
    const rows = Array.from({ length: rowCount }, (_, row) => flowers.slice((row % 3) * 4, (row % 3) * 4 + 4)).flat();
    const reply = await infer(client, {
      inputs: [{ name: 'features', datatype: 'FP64', shape: [rowCount, 4] }],
      outputs: [{ name: 'class_index' }],
      raw_input_contents: [doubles(...rows)],
    });
    const [bytes] = reply['raw_output_contents'] as Buffer[];
    const classes = Array.from({ length: rowCount }, (_, row) => bytes.readInt32LE(row * 4));
    expect(classes.findIndex((index, row) => index !== row % 3)).toBe(-1);
  });
});

describe('ModelStreamInfer', () => {
  it('answers in order, and goes on after a bad request', async () => {
    const client = await serveAndConnect();
    const stream = client.stream('inference', 'ModelStreamInfer');
    const request = { model_name: 'iris', inputs: [matrix], outputs: [{ name: 'class_index' }] };
    stream.write({ ...request, id: 'first' });
    stream.write({ ...request, id: 'second', model_name: 'wine' });
    stream.write({ ...request, id: 'third', inputs: [{ ...matrix, shape: [3, 5] }] });
    stream.write({ ...request, id: 'fourth' });
    stream.end();
    const replies: { error_message?: string; infer_response: Message }[] = [];
    stream.on('data', (reply) => replies.push(reply));
    await once(stream, 'end');
    expect(replies.map(({ infer_response: { id } }) => id)).toEqual(['first', 'second', 'third', 'fourth']);
    expect(replies.map(({ error_message }) => error_message)).toEqual([
      undefined,
      'expected model "iris", found "wine"',
      'inputs[0].shape[1]: expected 4, the number of features, found 5',
      undefined,
    ]);
    expect(contents(replies[3].infer_response)).toEqual({ class_index: { int_contents: [0, 1, 2] } });
  });

  it('says that a response is the last one of its request, where it is asked for', async () => {
    const client = await serveAndConnect();
    const stream = client.stream('inference', 'ModelStreamInfer');
    const request = { model_name: 'iris', inputs: [matrix], outputs: [{ name: 'class_index' }] };
    for (const bool_param of [true, false]) {
      stream.write({ ...request, parameters: { triton_enable_empty_final_response: { bool_param } } });
    }
    stream.end();
    const replies: { infer_response: Message }[] = [];
    stream.on('data', (reply) => replies.push(reply));
    await once(stream, 'end');
    const final = { triton_final_response: { bool_param: true } };
    expect(replies.map(({ infer_response }) => infer_response['parameters'])).toMatchObject([final, {}]);
    expect(replies.map(({ infer_response }) => contents(infer_response))).toEqual([
      { class_index: { int_contents: [0, 1, 2] } },
      { class_index: { int_contents: [0, 1, 2] } },
    ]);
  });
});
