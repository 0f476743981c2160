import { describe, expect, it } from 'vitest';
import { RequestError } from '../../../src/ground/errors.js';
import { createClassifier } from '../../../src/model/classifier.js';
import type { InferTensor, ModelInferRequest } from '../../../src/protocol/messages.js';
import { Turns } from '../../../src/server/calls/turns.js';
import { readInputRows } from '../../../src/server/services/inference/input-rows.js';
import { irisModel, mixedModel } from '../models.js';
import { serveAndConnect } from '../serving.js';

const numbers = createClassifier(irisModel());
const mixed = createClassifier(mixedModel());

function request(inputs: readonly Partial<InferTensor>[], raw: readonly Uint8Array[] = []): ModelInferRequest {
  return {
    model_name: 'iris',
    model_version: '',
    id: '',
    inputs: inputs as InferTensor[],
    outputs: [],
    raw_input_contents: raw,
  };
}

function features(change: Partial<InferTensor> = {}): Partial<InferTensor> {
  return { name: 'features', datatype: 'FP64', shape: [1, 4], contents: { fp64_contents: [5, 3, 1, 1] }, ...change };
}

function column(name: string, change: Partial<InferTensor> = {}): Partial<InferTensor> {
  return { name, datatype: 'FP64', shape: [1], contents: { fp64_contents: [1] }, ...change };
}

const size = column('size');
const colour = column('colour', { datatype: 'BYTES', contents: { bytes_contents: [Buffer.from('red')] } });
const raw = (byteLength: number) => new Uint8Array(byteLength);
const types = 'FP64, FP32, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BOOL, FP16';

/** What is wrong → request → the violations. */
const bad: [string, typeof numbers, ModelInferRequest, string][] = [
  [
    'no input',
    numbers,
    request([]),
    'inputs: expected one input features, or one per feature: found none for "sepal_length", "sepal_width", "petal_length", "petal_width"',
  ],
  [
    'another type',
    numbers,
    request([features({ datatype: 'BF16' })]),
    `inputs[0].datatype: expected ${types}, found "BF16"`,
  ],
  [
    'the name of a method of objects as type',
    numbers,
    request([features({ datatype: 'toString' })]),
    `inputs[0].datatype: expected ${types}, found "toString"`,
  ],
  ['no shape', numbers, request([features({ shape: [] })]), 'inputs[0].shape: expected [rows, 4], found []'],
  [
    'a row without the dimension of rows',
    numbers,
    request([features({ shape: [4] })]),
    'inputs[0].shape: expected [rows, 4], found [4]',
  ],
  [
    'another number of features',
    numbers,
    request([features({ shape: [1, 5] })]),
    'inputs[0].shape[1]: expected 4, the number of features, found 5',
  ],
  [
    'negative sizes',
    numbers,
    request([features({ shape: [-1, -4] })]),
    'inputs[0].shape[1]: expected 4, the number of features, found -4; ' +
      'inputs[0].shape[0]: expected a number of rows, found -1',
  ],
  [
    'more rows than allowed',
    numbers,
    request([features({ shape: [101, 4] })]),
    "inputs[0].shape[0]: expected at most 100 rows, this server's maxBatchRows, found 101",
  ],
  [
    'sizes whose product overflows 64 bits to the right count',
    numbers,
    request([features({ shape: [2 ** 62, 4] })]),
    "inputs[0].shape[0]: expected at most 100 rows, this server's maxBatchRows, found 4611686018427388000",
  ],
  [
    'too few elements',
    numbers,
    request([features({ contents: { fp64_contents: [5, 3, 1] } })]),
    'inputs[0].contents.fp64_contents: expected 4 elements, found 3',
  ],
  [
    'no contents',
    numbers,
    request([features({ contents: null })]),
    'inputs[0].contents.fp64_contents: expected 4 elements, found 0',
  ],
  [
    'contents of another type',
    numbers,
    request([features({ contents: { fp32_contents: [5, 3, 1, 1] } })]),
    'inputs[0].contents.fp32_contents: expected none, as FP64 is in fp64_contents, found 4; ' +
      'inputs[0].contents.fp64_contents: expected 4 elements, found 0',
  ],
  [
    'raw contents of another size',
    numbers,
    request([features({ contents: null })], [raw(31)]),
    'raw_input_contents[0]: expected 32 bytes (4 FP64), found 31',
  ],
  [
    'raw contents of no input',
    numbers,
    request([features({ contents: null })], [raw(32), raw(0)]),
    'raw_input_contents: expected 1 entries, one per input, found 2',
  ],
  [
    'contents twice',
    numbers,
    request([features()], [raw(32)]),
    'inputs[0].contents: expected none beside raw_input_contents',
  ],
  [
    'a 64-bit integer that no double is',
    numbers,
    request([features({ datatype: 'INT64', contents: { int64_contents: [1, 1, 2 ** 53 + 2, 1] } })]),
    'inputs[0].contents.int64_contents: expected integers within 2^53, which FP64 has exactly, found a larger one at 2',
  ],
  [
    'an integer that its narrow type has not',
    numbers,
    request([features({ datatype: 'UINT8', contents: { uint_contents: [255, 1, 256, 1] } })]),
    'inputs[0].contents.uint_contents: expected integers that UINT8 has, found 256 at 2',
  ],
  [
    'an integer below its narrow type',
    numbers,
    request([features({ datatype: 'INT16', contents: { int_contents: [-32768, 1, 1, -32769] } })]),
    'inputs[0].contents.int_contents: expected integers that INT16 has, found -32769 at 3',
  ],
  [
    'a raw 64-bit integer just beyond 2^53',
    numbers,
    request(
      [features({ datatype: 'UINT64', contents: null })],
      [new Uint8Array(BigUint64Array.of(1n, 2n ** 53n + 1n, 1n, 1n).buffer)],
    ),
    'raw_input_contents[0]: expected integers within 2^53, which FP64 has exactly, found a larger one at 1',
  ],
  [
    'a missing value where training had none',
    numbers,
    request([features({ shape: [2, 4], contents: { fp64_contents: [5, 3, 1, 1, 5, 3, Number.NaN, 1] } })]),
    'inputs[0]: row 1: petal_length: expected a value, as none was missing in training, found a missing one',
  ],
  [
    'an infinite value',
    mixed,
    request([colour, column('size', { contents: { fp64_contents: [Number.POSITIVE_INFINITY] } })]),
    'inputs[1]: row 0: size: expected a finite number, found Infinity',
  ],
  [
    'an empty category where none was missing in training',
    mixed,
    request([{ ...colour, contents: { bytes_contents: [Buffer.alloc(0)] } }, size]),
    'inputs[0]: row 0: colour: expected a value, as none was missing in training, found a missing one',
  ],
  [
    'an unknown input',
    mixed,
    request([size, column('weight'), colour]),
    'inputs[1].name: expected features or a feature, found "weight"',
  ],
  [
    'a very long unknown input',
    mixed,
    request([size, column('w'.repeat(1_000_000)), colour]),
    `inputs[1].name: expected features or a feature, found "${'w'.repeat(40)}…"`,
  ],
  [
    'an input twice',
    mixed,
    request([size, colour, size]),
    'inputs[2].name: expected each feature once, found "size" again',
  ],
  [
    'a feature without input',
    mixed,
    request([size]),
    'inputs: expected one input features, or one per feature: found none for "colour"',
  ],
  [
    'a category as number',
    mixed,
    request([size, column('colour')]),
    'inputs[1].datatype: expected BYTES, as the feature is a category, found "FP64"',
  ],
  [
    'a number as text',
    mixed,
    request([column('size', { datatype: 'BYTES' }), colour]),
    `inputs[0].datatype: expected ${types}, found "BYTES"`,
  ],
  [
    'a column of two',
    mixed,
    request([column('size', { shape: [1, 2] }), colour]),
    'inputs[0].shape: expected [rows] or [rows, 1], found [1, 2]',
  ],
  [
    'columns of different length',
    mixed,
    request([column('size', { shape: [2] }), colour]),
    'inputs[1].shape[0]: expected 2 rows, as in inputs[0], found 1',
  ],
  [
    'raw BYTES that end early',
    mixed,
    request(
      [column('size', { contents: null }), { ...colour, contents: null }],
      [raw(8), Buffer.from([3, 0, 0, 0, 114, 101])],
    ),
    'raw_input_contents[1]: expected 1 BYTES, each after its length in 4 bytes, in 6 bytes',
  ],
  [
    'raw BYTES that are too many',
    mixed,
    request([column('size', { contents: null }), { ...colour, contents: null }], [raw(8), raw(8)]),
    'raw_input_contents[1]: expected 1 BYTES, each after its length in 4 bytes, in 8 bytes',
  ],
];

describe('the inputs of ModelInfer', () => {
  it.each(bad)('are refused with the path of the field: %s', async (_, predictor, message, expected) => {
    const found = await readInputRows(message, predictor, 100, new Turns()).catch((error: unknown) => error);
    expect(found).toBeInstanceOf(RequestError);
    expect((found as RequestError).message).toBe(expected);
  });

  it('are told of at most eight violations, so that the headers of an answer stay small', async () => {
    const inputs = Array.from({ length: 1000 }, (_, index) => column(`unknown ${index}`));
    await expect(readInputRows(request(inputs), mixed, 100, new Turns())).rejects.toThrow(
      expect.objectContaining({ violations: expect.objectContaining({ length: 8 }) }),
    );
  });

  it('are there before room is made for their rows, however many the shapes tell', async () => {
    const rows = 2 ** 40;
    const inputs = [
      column('size', { shape: [rows] }),
      column('colour', { shape: [rows], datatype: 'BYTES', contents: { bytes_contents: [] } }),
    ];
    await expect(readInputRows(request(inputs), mixed, rows, new Turns())).rejects.toThrow(
      `inputs[0].contents.fp64_contents: expected ${rows} elements, found 1; inputs[1].contents.bytes_contents: expected ${rows} elements, found 0`,
    );
  });

  it('may have empty contents beside raw ones: some clients send them', async () => {
    const empty = request([features({ contents: { fp64_contents: [], bytes_contents: [] } })], [raw(32)]);
    expect([...(await readInputRows(empty, numbers, 100, new Turns())).slice(0, 1)]).toEqual([0, 0, 0, 0]);
    const absent = request([features({ contents: {} })], [raw(32)]);
    expect([...(await readInputRows(absent, numbers, 100, new Turns())).slice(0, 1)]).toEqual([0, 0, 0, 0]);
  });

  it('may hold 2^53 itself', async () => {
    const limit = request([features({ datatype: 'INT64', contents: { int64_contents: [2 ** 53, -(2 ** 53), 1, 1] } })]);
    const rows = await readInputRows(limit, numbers, 100, new Turns());
    expect(Array.from(rows.slice(0, 2))).toEqual([2 ** 53, -(2 ** 53), 1, 1]);
  });
});

describe('the rows of raw inputs', () => {
  const rowCount = 40_000;
  const values = Float64Array.from({ length: rowCount * 4 }, (_, index) => index + 0.5);

  const bytesOf = (part: Float64Array) => Buffer.from(part.buffer, part.byteOffset, part.byteLength);

  /** The values, beginning anywhere in a message. */
  function rawRequest(offset: number): ModelInferRequest {
    const message = Buffer.alloc(offset + values.byteLength);
    for (const [index, value] of values.entries()) message.writeDoubleLE(value, offset + index * 8);
    return request([features({ shape: [rowCount, 4], contents: null })], [message.subarray(offset)]);
  }

  it.each([0, 1, 3, 8])(
    'are those that were sent, %i bytes into the message, one slice after the other',
    async (offset) => {
      const rows = await readInputRows(rawRequest(offset), numbers, rowCount, new Turns());
      for (let start = 0; start < rowCount; start += 16_000) {
        const end = Math.min(start + 16_000, rowCount);
        expect(bytesOf(rows.slice(start, end)).equals(bytesOf(values.subarray(start * 4, end * 4)))).toBe(true);
      }
      expect(bytesOf(rows.slice(0, rowCount)).equals(bytesOf(values))).toBe(true);
    },
  );

  it('are checked to the last one, which is told by its number', async () => {
    const bad = rawRequest(5);
    Buffer.from(bad.raw_input_contents[0]!.buffer).writeDoubleLE(Number.NaN, 5 + (rowCount * 4 - 1) * 8);
    await expect(readInputRows(bad, numbers, rowCount, new Turns())).rejects.toThrow(
      /row 39999: petal_width: expected a value/,
    );
  });
});

describe('a refused ModelInfer', () => {
  it('carries its violations over the wire', async () => {
    const client = await serveAndConnect();
    const reply = await client.call('inference', 'ModelInfer', {
      model_name: 'iris',
      inputs: [features({ shape: [1, 5] })],
      outputs: [{ name: 'score' }],
    });
    expect(reply).toMatchObject({ code: 'INVALID_ARGUMENT' });
    const outputs = await client.call('inference', 'ModelInfer', {
      model_name: 'iris',
      inputs: [features()],
      outputs: [{ name: 'label' }, { name: 'score' }, { name: 'label' }],
    });
    expect(outputs).toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: {
        violations: [
          {
            field: 'outputs[1].name',
            description:
              'expected label, class_index, probabilities, leaf, decision_path, contributions, found "score"',
          },
          { field: 'outputs[2].name', description: 'expected each output once, found label again' },
        ],
      },
    });
  });

  it('survives names that no header takes', async () => {
    const client = await serveAndConnect();
    const name = `\ud800${'漢'.repeat(100)}\n\u0000`;
    const inputs = Array.from({ length: 20 }, () => features({ name }));
    const reply = await client.call('inference', 'ModelInfer', { model_name: 'iris', inputs });
    expect(reply).toMatchObject({ code: 'INVALID_ARGUMENT', details: { violations: { length: 8 } } });
  });

  it.each(['4611686018427387904', '9007199254740993', '-9223372036854775808'])(
    'tells the size %s from a small one',
    async (rows) => {
      const client = await serveAndConnect();
      const inputs = [features({ shape: [rows as unknown as number, 4] })];
      expect(await client.call('inference', 'ModelInfer', { model_name: 'iris', inputs })).toMatchObject({
        code: 'INVALID_ARGUMENT',
        details: { violations: [{ field: 'inputs[0].shape[0]' }] },
      });
    },
  );
});
