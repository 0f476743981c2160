import { describe, expect, it } from 'vitest';
import { colourModel, mixedModel } from '../models.js';
import { invalid, outputs, rows, serveHttp } from './calling.js';

/** Of a body that is nothing but contents. */
const raw = { 'content-type': 'application/octet-stream', 'inference-header-content-length': '0' };

describe('the binary data extension', () => {
  const binary = (inputs: object, contents: Buffer, more: object = {}) => {
    const json = Buffer.from(JSON.stringify({ inputs: [inputs], ...more }));
    return {
      method: 'POST',
      body: Buffer.concat([json, contents]),
      headers: { 'inference-header-content-length': String(json.byteLength) },
    };
  };
  const doubles = Buffer.from(Float64Array.from(rows.flat()).buffer);
  const input = { name: 'features', datatype: 'FP64', shape: [3, 4], parameters: { binary_data_size: 96 } };

  it('takes inputs after the JSON', async () => {
    const { get } = await serveHttp();
    const { json } = await get('/v2/models/iris/infer', binary(input, doubles, { outputs: outputs('leaf') }));
    expect(json.outputs).toEqual([{ name: 'leaf', datatype: 'INT32', shape: [3], data: [1, 3, 4] }]);
  });

  it('gives the outputs after the JSON that are to be binary', async () => {
    const { origin } = await serveHttp();
    const asked = [{ name: 'label' }, { name: 'class_index', parameters: { binary_data: false } }, { name: 'leaf' }];
    const init = binary(input, doubles, { outputs: asked, parameters: { binary_data_output: true } });
    const response = await fetch(`${origin}/v2/models/iris/infer`, init);
    const body = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get('inference-header-content-length'));
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(JSON.parse(body.subarray(0, length).toString()).outputs).toEqual([
      { name: 'label', datatype: 'BYTES', shape: [3], parameters: { binary_data_size: 37 } },
      { name: 'class_index', datatype: 'INT32', shape: [3], data: [0, 1, 2] },
      { name: 'leaf', datatype: 'INT32', shape: [3], parameters: { binary_data_size: 12 } },
    ]);
    const contents = body.subarray(length);
    expect(contents.byteLength).toBe(37 + 12);
    expect(contents.subarray(0, 10)).toEqual(Buffer.from('\x06\0\0\0setosa'));
    expect(new Int32Array(Uint8Array.from(contents.subarray(37)).buffer)).toEqual(Int32Array.of(1, 3, 4));
  });

  it.each([
    [
      'a size that does not fit the shape',
      binary({ ...input, parameters: { binary_data_size: 88 } }, doubles.subarray(8)),
      { field: 'inputs[0].data', description: 'expected 96 bytes (12 FP64), found 88' },
    ],
    [
      'fewer bytes than announced',
      binary(input, doubles.subarray(8)),
      { field: 'request', description: 'expected 96 bytes after the JSON, found 88' },
    ],
    [
      'bytes that belong to no input',
      binary({ ...input, parameters: {}, data: rows }, doubles),
      {
        field: 'request',
        description: 'expected 0 bytes after the JSON, found 96',
      },
    ],
    [
      'a size that is none',
      binary({ ...input, parameters: { binary_data_size: -1 } }, doubles),
      {
        field: 'inputs[0].parameters.binary_data_size',
        description: 'expected the number of bytes of this input, found -1',
      },
    ],
    [
      'contents in both places',
      binary({ ...input, data: rows }, doubles),
      { field: 'inputs[0].data', description: 'expected none beside raw_input_contents' },
    ],
    [
      'a raw body that is not made of rows',
      { method: 'POST', body: 'abc', headers: raw },
      { field: 'request', description: 'expected rows of 32 bytes (4 FP64 each), found 3 bytes' },
    ],
    [
      'a raw body without a row',
      { method: 'POST', headers: raw },
      { field: 'request', description: 'expected rows of 32 bytes (4 FP64 each), found 0 bytes' },
    ],
    [
      'a row in a raw body that cannot be predicted from',
      { method: 'POST', body: Buffer.alloc(32, 0xff), headers: raw },
      {
        field: 'inputs[0]',
        description: 'row 0: sepal_length: expected a value, as none was missing in training, found a missing one',
      },
    ],
    [
      'a header that is longer than the body',
      { method: 'POST', body: '{}', headers: { 'inference-header-content-length': '3' } },
      {
        field: 'Inference-Header-Content-Length',
        description: 'expected the length of the JSON, at most the body\'s 2 bytes, found "3"',
      },
    ],
  ])('refuses %s', async (_, init, violation) => {
    const { get } = await serveHttp();
    expect(await get('/v2/models/iris/infer', init)).toMatchObject({ status: 400, json: invalid(violation) });
  });

  it('takes inputs in the JSON beside those after it, wherever they stand', async () => {
    const { get } = await serveHttp({ model: mixedModel() });
    const sizes = Buffer.from(Float64Array.of(9, 2).buffer);
    const size = { name: 'size', datatype: 'FP64', shape: [2], parameters: { binary_data_size: 16 } };
    const colour = { name: 'colour', datatype: 'BYTES', shape: [2], data: ['blue', 'blue'] };
    for (const inputs of [
      [size, colour],
      [colour, size],
    ]) {
      const json = Buffer.from(JSON.stringify({ inputs, outputs: outputs('leaf') }));
      const { json: answer } = await get('/v2/models/iris/infer', {
        method: 'POST',
        body: Buffer.concat([json, sizes]),
        headers: { 'inference-header-content-length': String(json.byteLength) },
      });
      expect(answer.outputs).toEqual([{ name: 'leaf', datatype: 'INT32', shape: [2], data: [4, 3] }]);
    }
  });

  it('takes a body without JSON as rows of the one tensor of the model, and answers in the same form', async () => {
    const { origin } = await serveHttp();
    const response = await fetch(`${origin}/v2/models/iris/infer`, {
      method: 'POST',
      body: doubles,
      headers: raw,
    });
    const length = Number(response.headers.get('inference-header-content-length'));
    const body = Buffer.from(await response.arrayBuffer());
    const { outputs: told } = JSON.parse(body.subarray(0, length).toString());
    expect(told).toMatchObject([
      { name: 'label', shape: [3] },
      { name: 'class_index', shape: [3], parameters: { binary_data_size: 12 } },
      { name: 'probabilities', shape: [3, 3] },
      { name: 'leaf', shape: [3], parameters: { binary_data_size: 12 } },
    ]);
    expect(new Int32Array(Uint8Array.from(body.subarray(-12)).buffer)).toEqual(Int32Array.of(1, 3, 4));
  });

  it('takes a body without JSON as the text of a model that takes one', async () => {
    const { infer, origin } = await serveHttp({ model: colourModel() });
    const response = await fetch(`${origin}/v2/models/iris/infer`, {
      method: 'POST',
      body: Buffer.from('red'),
      headers: raw,
    });
    const length = Number(response.headers.get('inference-header-content-length'));
    const body = Buffer.from(await response.arrayBuffer());
    const { json } = await infer({
      inputs: [{ name: 'colour', datatype: 'BYTES', shape: [1], data: ['red'] }],
      outputs: outputs('label'),
    });
    expect(body.subarray(length + 4, length + 5).toString()).toBe(json.outputs[0].data[0]);
  });

  it('refuses a body without JSON that says it is JSON', async () => {
    const { get } = await serveHttp();
    const headers = { ...raw, 'content-type': 'application/json' };
    expect(await get('/v2/models/iris/infer', { method: 'POST', body: ' '.repeat(64), headers })).toMatchObject({
      status: 415,
      json: {
        error:
          'Content-Type: expected application/octet-stream, as Inference-Header-Content-Length says that there is no JSON, found "application/json"',
        reason: 'UNSUPPORTED_TYPE',
      },
    });
  });

  it('refuses a body without JSON where the model takes several tensors', async () => {
    const { get } = await serveHttp({ model: mixedModel() });
    const init = { method: 'POST', body: doubles, headers: raw };
    expect(await get('/v2/models/iris/infer', init)).toMatchObject({
      status: 400,
      json: invalid({
        field: 'Inference-Header-Content-Length',
        description: 'expected JSON before the contents, as the model takes 2 tensors, found none',
      }),
    });
  });
});
