import { describe, expect, it } from 'vitest';
import type { InferTensor } from '../../../../src/protocol/messages.js';
import { Violations } from '../../../../src/server/calls/refusal.js';
import { Turns } from '../../../../src/server/calls/turns.js';
import { readNumbers } from '../../../../src/server/services/inference/tensor-values.js';
import { serveHttp } from '../../http/calling.js';
import { mixedModel } from '../../models.js';
import { serveAndConnect } from '../../serving.js';

/** What the elements of a raw tensor are, or what is wrong with it. */
async function read(datatype: string, bytes: Uint8Array, count: number): Promise<number[] | string> {
  const tensor: InferTensor = { name: 'x', datatype, shape: [count], contents: null };
  const violations = new Violations();
  const raw = { bytes, path: 'raw_input_contents[0]' };
  const values = await readNumbers(tensor, 'inputs[0]', raw, count, violations, new Turns());
  try {
    violations.throwIfAny();
  } catch (error) {
    return (error as Error).message;
  }
  return Array.from(values!);
}

const halves = (...bits: number[]) => new Uint8Array(Uint16Array.from(bits).buffer);

describe('raw FP16', () => {
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 0.00006103515625],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0x3c01, 1.0009765625],
    [0xc000, -2],
    [0x7bff, 65504],
    [0xfbff, -65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
    [0xfc01, Number.NaN],
  ])('%i is exactly %d', async (bits, value) => {
    expect(await read('FP16', halves(bits), 1)).toEqual([value]);
  });

  it('has as many numbers as patterns, in their order', async () => {
    const count = 0x7c00;
    const values = (await read('FP16', halves(...Array(count).keys()), count)) as number[];
    expect(values.findIndex((value, index) => index > 0 && !(value > values[index - 1]!))).toBe(-1);
  });

  it('is two bytes an element', async () => {
    expect(await read('FP16', halves(1), 2)).toBe('raw_input_contents[0]: expected 4 bytes (2 FP16), found 2');
  });

  it('is refused where it is typed, which the protocol has no field for', async () => {
    const client = await serveAndConnect();
    const inputs = [{ name: 'features', datatype: 'FP16', shape: [1, 4], contents: { fp32_contents: [5, 3, 1, 1] } }];
    expect(await client.call('inference', 'ModelInfer', { model_name: 'iris', inputs })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'inputs[0].contents: expected raw contents, as FP16 has no typed ones',
    });
  });
});

describe('BOOL', () => {
  it('is 0 and 1, raw', async () => {
    expect(await read('BOOL', Uint8Array.of(0, 1, 1), 3)).toEqual([0, 1, 1]);
    expect(await read('BOOL', Uint8Array.of(0, 1, 2), 3)).toBe(
      'raw_input_contents[0]: expected 0 or 1, false or true, found 2 at 2',
    );
  });

  it('is a number of a feature, typed, over gRPC', async () => {
    const client = await serveAndConnect({ model: mixedModel() });
    const reply = await client.call('inference', 'ModelInfer', {
      model_name: 'iris',
      inputs: [
        { name: 'size', datatype: 'BOOL', shape: [2], contents: { bool_contents: [true, false] } },
        {
          name: 'colour',
          datatype: 'BYTES',
          shape: [2],
          contents: { bytes_contents: [Buffer.from('blue'), Buffer.from('red')] },
        },
      ],
      outputs: [{ name: 'leaf' }],
    });
    expect(reply).toMatchObject({ outputs: [{ contents: { int_contents: [3, 1] } }] });
  });

  it('is a number of a feature in JSON, and no category', async () => {
    const { infer } = await serveHttp();
    const whole = { name: 'features', datatype: 'BOOL', shape: [1, 4], data: [[true, true, true, true]] };
    // 1 is below 4.3, the smallest of training, which is no fault over this protocol.
    expect((await infer({ inputs: [whole], outputs: [{ name: 'leaf' }] })).json.outputs[0].data).toEqual([1]);
    const mixed = await serveHttp({ model: mixedModel() });
    const colour = { name: 'colour', datatype: 'BOOL', shape: [1], data: [true] };
    const size = { name: 'size', datatype: 'BOOL', shape: [1], data: [true] };
    expect((await mixed.infer({ inputs: [size, colour] })).json.error).toBe(
      'inputs[1].datatype: expected BYTES, as the feature is a category, found "BOOL"',
    );
  });
});
