import { describe, expect, it } from 'vitest';
import { irisModel, mixedModel } from '../models.js';
import { matrix, outputs, rows, serveHttp } from './calling.js';

const { version } = irisModel();

describe('an infer call', () => {
  it('is answered with all outputs but the paths, unless it asks for some', async () => {
    const { infer } = await serveHttp();
    const { headers, json, status } = await infer({ id: 'batch 7', inputs: [matrix] });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json');
    expect(json).toEqual({
      model_name: 'iris',
      model_version: version,
      id: 'batch 7',
      outputs: [
        { name: 'label', datatype: 'BYTES', shape: [3], data: ['setosa', 'versicolor', 'virginica'] },
        { name: 'class_index', datatype: 'INT32', shape: [3], data: [0, 1, 2] },
        {
          name: 'probabilities',
          datatype: 'FP64',
          shape: [3, 3],
          parameters: { classes: '["setosa","versicolor","virginica"]' },
          data: [1, 0, 0, 0, 0.9, 0.1, 0, 0.25, 0.75],
        },
        { name: 'leaf', datatype: 'INT32', shape: [3], data: [1, 3, 4] },
      ],
    });
  });

  it('takes nested data, integers, and one tensor per feature in any order', async () => {
    const { infer } = await serveHttp();
    const leaves = async (inputs: unknown[]) =>
      (await infer({ inputs, outputs: outputs('leaf') })).json.outputs[0].data;
    expect(await leaves([{ ...matrix, data: rows }])).toEqual([1, 3, 4]);
    const whole = { ...matrix, datatype: 'UINT8', data: [5, 3, 1, 1, 6, 3, 4, 1, 6, 3, 6, 2] };
    expect(await leaves([whole])).toEqual([1, 3, 4]);
    const column = (name: string, index: number) => ({
      name,
      datatype: 'FP64',
      shape: [3, 1],
      data: rows.map((row) => [row[index]]),
    });
    const columns = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'].map(column);
    expect(await leaves(columns.reverse())).toEqual([1, 3, 4]);
  });

  it('rounds FP32 to a float, as it comes over gRPC', async () => {
    // As a float 2.3 is 2.2999999523162842, which a threshold just below tells from 2.3.
    const { infer } = await serveHttp({ model: irisModel({ threshold: 2.29999996 }) });
    const leafOf = async (datatype: string) => {
      const inputs = [{ ...matrix, datatype, shape: [1, 4], data: [5, 3, 2.3, 0.25] }];
      return (await infer({ inputs, outputs: outputs('leaf') })).json.outputs[0].data;
    };
    expect(await leafOf('FP32')).toEqual([1]);
    expect(await leafOf('FP64')).toEqual([3]);
  });

  it('takes categories as strings, and null for a missing value', async () => {
    const { infer } = await serveHttp({ model: mixedModel() });
    const inputs = [
      { name: 'colour', datatype: 'BYTES', shape: [6], data: ['red', 'green', 'blue', 'blue', 'blue', 'pink'] },
      { name: 'size', datatype: 'FP64', shape: [6], data: [9, 9, 5, 5.1, null, 4] },
    ];
    const { json } = await infer({ inputs, outputs: outputs('leaf') });
    expect(json.outputs[0].data).toEqual([1, 1, 3, 4, 3, 3]);
  });

  it('explains the path of a row', async () => {
    const { infer } = await serveHttp();
    const inputs = [{ ...matrix, shape: [1, 4], data: rows[0] }];
    const { json } = await infer({ inputs, outputs: outputs('decision_path') });
    expect(JSON.parse(json.outputs[0].data[0])).toEqual([
      {
        feature: 'petal_length',
        value: 1.3,
        threshold: 2.5,
        wentLeft: true,
        samples: 32,
        words: 'petal_length 1.3 <= 2.5',
      },
    ]);
  });

  it('answers no rows with empty tensors', async () => {
    const { infer } = await serveHttp();
    const { json } = await infer({ inputs: [{ ...matrix, shape: [0, 4], data: [] }] });
    expect(json.outputs.map(({ shape, data }: { shape: number[]; data: [] }) => [shape, data])).toEqual([
      [[0], []],
      [[0], []],
      [[0, 3], []],
      [[0], []],
    ]);
  });

  it('keeps the ids that the caller sent', async () => {
    const { get } = await serveHttp();
    const { headers } = await get('/v2', { headers: { 'x-request-id': 'r-1' } });
    expect(headers.get('x-request-id')).toBe('r-1');
  });
});
