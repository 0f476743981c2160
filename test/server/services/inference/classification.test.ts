import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sixDecimals } from '../../../../src/server/services/inference/classification.js';
import { matrix, serveHttp } from '../../http/calling.js';
import { serveAndConnect } from '../../serving.js';

const asked = (classification: number) => [{ name: 'probabilities', parameters: { classification } }];

describe('the classification of rows', () => {
  it('has the most probable classes first, with share, index and label', async () => {
    const { infer } = await serveHttp();
    const { json } = await infer({ inputs: [matrix], outputs: asked(2) });
    expect(json.outputs).toEqual([
      {
        name: 'probabilities',
        datatype: 'BYTES',
        shape: [3, 2],
        data: [
          ...['1.000000:0:setosa', '0.000000:1:versicolor'],
          ...['0.900000:1:versicolor', '0.100000:2:virginica'],
          ...['0.750000:2:virginica', '0.250000:1:versicolor'],
        ],
      },
    ]);
  });

  it('has no more classes than there are', async () => {
    const { infer } = await serveHttp();
    const { json } = await infer({ inputs: [matrix], outputs: asked(1000) });
    expect(json.outputs[0].shape).toEqual([3, 3]);
    expect(json.outputs[0].data).toHaveLength(9);
  });

  it('comes over gRPC too, beside other outputs', async () => {
    const client = await serveAndConnect();
    const reply = await client.call('inference', 'ModelInfer', {
      model_name: 'iris',
      inputs: [{ name: 'features', datatype: 'FP64', shape: [1, 4], contents: { fp64_contents: [6, 3, 4.5, 1.5] } }],
      outputs: [{ name: 'class_index' }, { name: 'probabilities', parameters: { classification: { int64_param: 1 } } }],
    });
    expect(reply['outputs']).toMatchObject([
      { name: 'class_index', contents: { int_contents: [1] } },
      { shape: ['1', '1'], contents: { bytes_contents: [Buffer.from('0.900000:1:versicolor')] } },
    ]);
  });

  it.each([-1, 0.5, 'all', true])('is refused for %s classes', async (classification) => {
    const { infer } = await serveHttp();
    const { json, status } = await infer({
      inputs: [matrix],
      outputs: [{ name: 'probabilities', parameters: { classification } }],
    });
    const found = JSON.stringify(classification);
    expect([status, json.error]).toEqual([
      400,
      `outputs[0].parameters.classification: expected a number of classes, found ${found}`,
    ]);
  });

  it('is refused where it would be too large, before it is made', async () => {
    const { infer } = await serveHttp({ maxMessageBytes: 8000, maxBatchRows: 1000 });
    const [flower] = [[5, 3.6, 1.3, 0.25]];
    const body = { inputs: [{ ...matrix, shape: [200, 4], data: Array(200).fill(flower).flat() }] };
    expect((await infer({ ...body, outputs: asked(1) })).status).toBe(200);
    expect(await infer({ ...body, outputs: asked(3) })).toMatchObject({ status: 413 });
  });
});

describe('a share in six decimals', () => {
  it.each([
    [0, '0.000000'],
    [1, '1.000000'],
    [2 / 3, '0.666667'],
    [1e-7, '0.000000'],
    // In the middle of two: the even one, as C has it.
    [1 / 128, '0.007812'],
    [3 / 128, '0.023438'],
    [127 / 128, '0.992188'],
  ])('%d is %s', (share, text) => {
    expect(sixDecimals(share)).toBe(text);
  });

  it('is as near to the share as six decimals can be', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
        const text = sixDecimals(share);
        expect(text).toMatch(/^[01]\.\d{6}$/);
        expect(Math.abs(Number(text) - share)).toBeLessThanOrEqual(5e-7 * (1 + 1e-9));
      }),
    );
  });
});
