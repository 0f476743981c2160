import { describe, expect, it } from 'vitest';
import { invalid, outputs, rows, serveHttp } from './calling.js';

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
        field: 'inputs[0].parameters.binary_data_size',
        description: 'expected the number of bytes of this input: all inputs are binary, or none is',
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
});
