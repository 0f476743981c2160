import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InferResult, OutputTensor } from '../../../src/protocol/infer-response-codec.js';
import { Refusal } from '../../../src/server/calls/refusal.js';
import { Turns } from '../../../src/server/calls/turns.js';
import { writeAnswer } from '../../../src/server/http/infer-answer.js';

const limits = { maxBatchRows: 1, maxMessageBytes: 16 * 1024 * 1024 };
const never = () => false;

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  // Longer than what is written at once, with a pair of surrogates at every place.
  fc.nat(3).map((start) => 'a'.repeat(start) + '😀é"\\'.repeat(20_000)),
);
const output: fc.Arbitrary<OutputTensor> = fc.oneof(
  fc.array(text, { maxLength: 4 }).map((texts) => ({
    name: 'label',
    datatype: 'BYTES' as const,
    shape: [texts.length],
    values: texts.map((each) => Buffer.from(each)),
  })),
  fc.float64Array({ noNaN: true, noDefaultInfinity: true }).map((values) => ({
    name: 'probabilities',
    datatype: 'FP64' as const,
    shape: [values.length, 1],
    parameters: { classes: '["a"]' },
    values,
  })),
  fc.int32Array().map((values) => ({ name: 'leaf', datatype: 'INT32' as const, shape: [values.length], values })),
);

function plain({ datatype, name, parameters, shape, values }: OutputTensor) {
  const data = datatype === 'BYTES' ? values.map((bytes) => Buffer.from(bytes).toString()) : Array.from(values);
  return { name, datatype, shape, parameters, data };
}

describe('the JSON of an answer', () => {
  it('is what JSON.stringify makes of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(output, { maxLength: 3 }), fc.string(), async (outputs, id) => {
        const result: InferResult = { modelName: 'a "model"', modelVersion: 'v', id, outputs };
        const { json } = await writeAnswer(result, never, limits, new Turns());
        const expected = {
          model_name: 'a "model"',
          model_version: 'v',
          id: id === '' ? undefined : id,
          outputs: outputs.map(plain),
        };
        expect(json.toString()).toBe(JSON.stringify(expected));
      }),
      { numRuns: 50 },
    );
  });

  it('is the same for many elements, with pauses in between', async () => {
    let pauses = 0;
    const turns = new Turns({ cancelled: false }, async () => {
      pauses++;
    });
    const numbers = Float64Array.from({ length: 200_000 }, (_, index) => index / 7);
    const labels = Array.from({ length: 100_000 }, (_, index) => Buffer.from(`label ${index}`));
    const outputs: OutputTensor[] = [
      { name: 'probabilities', datatype: 'FP64', shape: [numbers.length], values: numbers },
      { name: 'label', datatype: 'BYTES', shape: [labels.length], values: labels },
    ];
    const result = { modelName: 'iris', modelVersion: 'v', id: '', outputs };
    const { json } = await writeAnswer(result, never, limits, turns);
    expect(JSON.parse(json.toString()).outputs).toEqual(JSON.parse(JSON.stringify(outputs.map(plain))));
    expect(pauses).toBeGreaterThan(15);
  });

  it('ends as soon as it is larger than a reply may be', async () => {
    let pauses = 0;
    const turns = new Turns({ cancelled: false }, async () => {
      pauses++;
    });
    const values = new Float64Array(2_000_000).fill(1 / 3);
    const outputs: OutputTensor[] = [{ name: 'probabilities', datatype: 'FP64', shape: [values.length], values }];
    const result = { modelName: 'iris', modelVersion: 'v', id: '', outputs };
    await expect(writeAnswer(result, never, { ...limits, maxMessageBytes: 100_000 }, turns)).rejects.toThrow(Refusal);
    expect(pauses).toBeLessThan(3);
  });
});
