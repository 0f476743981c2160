import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestError } from '../../src/ground/errors.js';
import { WireError } from '../../src/protobuf/wire.js';
import { decodeInferRequest, InferRequestDecoder } from '../../src/protocol/infer-request-codec.js';
import {
  encodeInferResponse,
  encodeInPieces,
  encodeStreamResponse,
  type InferResult,
  type OutputTensor,
} from '../../src/protocol/infer-response-codec.js';
import { loadInferenceService } from '../../src/protocol/services.js';

const service = loadInferenceService();
const { ModelInfer: method, ModelStreamInfer: streamMethod } = service;

const text = fc.string({ unit: 'binary', maxLength: 12 });
const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
const exact = fc.maxSafeInteger();
const contents = fc.record(
  {
    bool_contents: fc.array(fc.boolean(), { minLength: 1 }),
    int_contents: fc.array(fc.integer(), { minLength: 1 }),
    int64_contents: fc.array(exact, { minLength: 1 }),
    uint_contents: fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1 }),
    uint64_contents: fc.array(exact.map(Math.abs), { minLength: 1 }),
    fp32_contents: fc.array(fc.float(), { minLength: 1 }),
    fp64_contents: fc.array(fc.double(), { minLength: 1 }),
    bytes_contents: fc.array(bytes, { minLength: 1 }),
  },
  { requiredKeys: [] },
);
const request = fc.record({
  model_name: text,
  model_version: text,
  id: text,
  parameters: fc.dictionary(text, fc.record({ string_param: text }), { maxKeys: 2 }),
  inputs: fc.array(fc.record({ name: text, datatype: text, shape: fc.array(exact), contents: fc.option(contents) }), {
    maxLength: 3,
  }),
  outputs: fc.array(fc.record({ name: text }), { maxLength: 3 }),
  raw_input_contents: fc.array(bytes, { maxLength: 3 }),
});

/** proto-loader fills in every list; what it has in lists is what counts. */
function plain(value: unknown): unknown {
  if (value instanceof Float64Array || value instanceof Float32Array) return Array.from(value);
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, item]) => key !== 'parameters' && !(key.endsWith('_contents') && item.length === 0),
  );
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}

/** The same bytes many times. */
function copies(count: number, bytes: readonly number[]): Buffer {
  return Buffer.alloc(count * bytes.length, Buffer.from(bytes));
}

/** A number as the varint of a field. */
function varint(value: bigint): Buffer {
  const found: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) found.push(Number(rest & 127n) | 128);
  return Buffer.from([...found, Number(rest)]);
}

describe('ModelInferRequest', () => {
  it('is decoded as proto-loader decodes it', () => {
    fc.assert(
      fc.property(request, (message) => {
        const encoded = method.requestSerialize(message);
        expect(plain(decodeInferRequest(encoded))).toEqual(plain(method.requestDeserialize(encoded)));
      }),
    );
  });

  it('is the same when it is decoded in pieces, none of which reads more than it may', () => {
    fc.assert(
      fc.property(request, fc.integer({ min: 1, max: 9 }), (message, steps) => {
        const encoded = method.requestSerialize(message);
        const decoder = new InferRequestDecoder(encoded);
        for (let runs = 0; !decoder.run(steps); runs++) expect(runs).toBeLessThan(encoded.length + 2);
        expect(decoder.request).toEqual(decodeInferRequest(encoded));
      }),
    );
  });

  it.each([
    ['a packed run', [0x2a, 0x2a, 0x12], [1]],
    ['sizes', [0x2a, 0x1a], [1]],
    ['elements of BYTES', [0x2a, 0x2a], [0x42, 0]],
    ['unknown fields', [], [0x0a, 0]],
  ])('takes a run for so many of %s', (_, tags, element) => {
    const [count, steps] = [10_000, 100];
    let encoded = copies(count, element);
    for (const tag of tags.reverse()) {
      encoded = Buffer.concat([Buffer.from([tag]), varint(BigInt(encoded.length)), encoded]);
    }
    const decoder = new InferRequestDecoder(encoded);
    let runs = 1;
    while (!decoder.run(steps)) runs++;
    expect(runs).toBeGreaterThanOrEqual(count / steps);
  });

  it('has its parameters, of the request, inputs and outputs', () => {
    const values = [
      { bool_param: true },
      { int64_param: -7 },
      { string_param: 'x' },
      { double_param: 0.5 },
      { uint64_param: 7 },
    ];
    const parameters = Object.fromEntries(values.map((value, index) => [`key ${index}`, value]));
    const encoded = method.requestSerialize({
      parameters,
      inputs: [{ parameters: JSON.parse('{"__proto__": {"bool_param": false}}') }, {}],
      outputs: [{ name: 'leaf', parameters: { a: { string_param: '' } } }, { name: 'label' }],
    });
    const decoded = decodeInferRequest(encoded);
    expect(Object.entries(decoded.parameters!)).toEqual(Object.entries(parameters));
    expect(decoded.inputs.map((input) => input.parameters && Object.entries(input.parameters))).toEqual([
      [['__proto__', { bool_param: false }]],
      undefined,
    ]);
    expect(decoded.outputs.map((output) => output.parameters && Object.entries(output.parameters))).toEqual([
      [['a', { string_param: '' }]],
      undefined,
    ]);
  });

  it.each([
    ['a parameter', 'parameters', { parameters: { a: { string_param: 'x'.repeat(70_000) } } }],
    ['an output', 'outputs', { outputs: [{ name: 'x'.repeat(70_000) }] }],
  ])('is refused with %s of more than 64 KiB, which is decoded at once', (_, field, message) => {
    expect(() => decodeInferRequest(method.requestSerialize(message))).toThrow(
      new RegExp(`^${field}: expected at most 65536 bytes in one of them, found 700\\d\\d$`),
    );
  });

  it('cut off anywhere is a WireError or a shorter message, never anything else', () => {
    fc.assert(
      fc.property(request, fc.nat(), (message, at) => {
        const encoded = method.requestSerialize(message);
        const cut = encoded.subarray(0, at % (encoded.length + 1));
        try {
          decodeInferRequest(cut);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });

  it('of any bytes is a WireError or a message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        try {
          decodeInferRequest(Buffer.from(noise));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });

  it('may have its numbers packed in pieces or one by one', () => {
    const double = (value: number) => Buffer.from(Float64Array.of(value).buffer);
    const parts = [
      Buffer.from([0x3a, 8]),
      double(1),
      Buffer.from([0x39]),
      double(2),
      Buffer.from([0x3a, 16]),
      double(3),
      double(4),
      Buffer.from([0x10, 5, 0x12, 2, 6, 7]),
    ];
    const body = Buffer.concat(parts);
    const tensor = Buffer.concat([Buffer.from([0x18, 2, 0x1a, 1, 2, 0x2a, body.length]), body]);
    const encoded = Buffer.concat([Buffer.from([0x2a, tensor.length]), tensor]);
    const [input] = decodeInferRequest(encoded).inputs;
    expect(plain(input)).toEqual(plain(method.requestDeserialize(encoded).inputs[0]));
    expect(input.contents).toMatchObject({ fp64_contents: [1, 2, 3, 4], int_contents: [5, 6, 7] });
    expect(input.shape).toEqual([2, 2]);
  });

  it.each([
    ['a hundred thousand and one raw contents', '100000 inputs, outputs and raw contents', copies(100_001, [0x3a, 0])],
    ['a hundred thousand and one inputs', '100000 inputs, outputs and raw contents', copies(100_001, [0x2a, 0])],
    ['a hundred thousand and one outputs', '100000 inputs, outputs and raw contents', copies(100_001, [0x32, 0])],
    [
      'a million and one elements of BYTES',
      '1000000 elements of BYTES',
      (() => {
        const field = (tag: number, body: Buffer) =>
          Buffer.concat([Buffer.from([tag]), varint(BigInt(body.length)), body]);
        return field(0x2a, field(0x2a, copies(1_000_001, [0x42, 0])));
      })(),
    ],
    [
      'ten thousand and one parameters of an input',
      '10000 parameters of the request, an input or an output',
      (() => {
        const parameters = copies(10_001, [0x22, 2, 0x0a, 0]);
        return Buffer.concat([Buffer.of(0x2a), varint(BigInt(parameters.length)), parameters]);
      })(),
    ],
  ])('is refused with %s, which would fill the memory', (_, limit, encoded) => {
    expect(() => decodeInferRequest(encoded)).toThrow(
      new RequestError([{ field: 'request', description: `expected at most ${limit}, found more` }]),
    );
  });

  it('is refused with an id of more than 64 KiB, which goes back with each answer', () => {
    const withId = (bytes: number) => Buffer.concat([Buffer.of(0x1a), varint(BigInt(bytes)), Buffer.alloc(bytes, 'i')]);
    expect(decodeInferRequest(withId(65_536)).id).toHaveLength(65_536);
    expect(() => decodeInferRequest(withId(65_537))).toThrow(
      new RequestError([{ field: 'id', description: 'expected at most 65536 bytes, found 65537' }]),
    );
  });

  it('is read in time that grows with its length, whatever pieces its contents come in', () => {
    const pieces = [
      [0x08, 1],
      [0x0a, 1, 1],
      [0x10, 1],
      [0x35, 0, 0, 0, 0],
      [0x3a, 8, 0, 0, 0, 0, 0, 0, 0, 0],
    ];
    for (const piece of pieces) {
      const body = copies(200_000, piece);
      const tensor = Buffer.concat([Buffer.from([0x2a]), varint(BigInt(body.length)), body]);
      const encoded = Buffer.concat([Buffer.from([0x2a]), varint(BigInt(tensor.length)), tensor]);
      // Copying all that came before at each piece would take minutes and end at the test's limit.
      const [{ contents }] = decodeInferRequest(encoded).inputs;
      expect(Object.values(contents!).map(({ length }) => length)).toEqual([200_000]);
    }
  });

  it('tells absent contents from empty ones', () => {
    const encoded = method.requestSerialize({ inputs: [{}, { contents: {} }] });
    expect(decodeInferRequest(encoded).inputs.map(({ contents }) => contents)).toEqual([null, {}]);
  });

  it.each([
    ['2^53', 2n ** 53n, 2 ** 53],
    ['2^53 + 1', 2n ** 53n + 1n, 2 ** 53 + 2],
    ['-2^53', -(2n ** 53n), -(2 ** 53)],
    ['-2^53 - 1', -(2n ** 53n) - 1n, -(2 ** 53) - 2],
    ['2^62', 2n ** 62n, 2 ** 62],
    ['-2^63', -(2n ** 63n), -(2 ** 63)],
    ['-1', -1n, -1],
  ])('keeps the size %s on its side of 2^53', (_, value, expected) => {
    const tensor = Buffer.concat([Buffer.from([0x18]), varint(value)]);
    const encoded = Buffer.concat([Buffer.from([0x2a, tensor.length]), tensor]);
    expect(decodeInferRequest(encoded).inputs[0].shape).toEqual([expected]);
  });
});

const column = <Values>(values: fc.Arbitrary<Values>) =>
  fc.record({
    name: fc.string({ minLength: 1 }),
    shape: fc.array(fc.nat(), { minLength: 1, maxLength: 2 }),
    values,
  });
const output: fc.Arbitrary<OutputTensor> = fc.oneof(
  column(fc.array(fc.double(), { minLength: 1 }).map((values) => Float64Array.from(values))).map((rest) => ({
    ...rest,
    datatype: 'FP64' as const,
    parameters: { classes: '["a","é"]' },
  })),
  column(fc.array(fc.integer(), { minLength: 1 }).map((values) => Int32Array.from(values))).map((rest) => ({
    ...rest,
    datatype: 'INT32' as const,
  })),
  column(fc.array(bytes, { minLength: 1 })).map((rest) => ({ ...rest, datatype: 'BYTES' as const })),
);
const result: fc.Arbitrary<InferResult> = fc.record({
  modelName: fc.string({ minLength: 1 }),
  modelVersion: fc.string({ minLength: 1 }),
  id: fc.string({ minLength: 1 }),
  outputs: fc.array(output, { maxLength: 4 }),
});

const fields = { FP64: 'fp64_contents', INT32: 'int_contents', BYTES: 'bytes_contents' };

function asMessage({ id, modelName, modelVersion, outputs }: InferResult, raw: Buffer[] | undefined) {
  return {
    model_name: modelName,
    model_version: modelVersion,
    id,
    outputs: outputs.map(({ datatype, name, parameters = {}, shape, values }) => ({
      name,
      datatype,
      shape,
      parameters: Object.fromEntries(Object.entries(parameters).map(([key, string_param]) => [key, { string_param }])),
      ...(raw ? {} : { contents: { [fields[datatype]]: Array.from<unknown>(values as ArrayLike<unknown>) } }),
    })),
    raw_output_contents: raw ?? [],
  };
}

describe('ModelInferResponse', () => {
  it("is proto-loader's, byte for byte, with typed contents", () => {
    fc.assert(
      fc.property(result, (message) => {
        expect(encodeInferResponse(message, false)).toEqual(method.responseSerialize(asMessage(message, undefined)));
      }),
    );
  });

  it("is proto-loader's, byte for byte, with raw contents", () => {
    fc.assert(
      fc.property(result, (message) => {
        const raw = message.outputs.map(({ datatype, values }) => {
          if (datatype !== 'BYTES') return Buffer.from(values.buffer);
          const lengths = values.map((value) => Buffer.from(Uint32Array.of(value.length).buffer));
          return Buffer.concat(values.flatMap((value, index) => [lengths[index], value]));
        });
        expect(encodeInferResponse(message, true)).toEqual(method.responseSerialize(asMessage(message, raw)));
      }),
    );
  });

  it('is the same when it is encoded in pieces', async () => {
    const pauses = { spend: () => true, pause: async () => {} };
    await fc.assert(
      fc.asyncProperty(result, fc.boolean(), async (message, raw) => {
        expect(await encodeInPieces(message, raw, pauses)).toEqual(encodeInferResponse(message, raw));
      }),
    );
  });

  it('pauses before every few thousand elements that it encodes', async () => {
    let [spent, pauses] = [0, 0];
    const pace = {
      spend: (steps: number) => {
        spent += steps;
        expect(steps).toBeLessThan(100_000);
        return true;
      },
      pause: async () => {
        pauses++;
      },
    };
    const values = Array.from({ length: 100_000 }, (_, index) => Buffer.from(String(index)));
    const output: OutputTensor = { name: 'label', datatype: 'BYTES', shape: [values.length], values };
    const message = { modelName: 'iris', modelVersion: 'v', id: '', outputs: [output] };
    expect(await encodeInPieces(message, true, pace)).toEqual(encodeInferResponse(message, true));
    expect(pauses).toBeGreaterThan(20);
    expect(spent).toBeGreaterThanOrEqual(100_000);
  });

  it('travels in a stream with or without an error', () => {
    const inner = encodeInferResponse({ modelName: 'iris', modelVersion: 'v', id: 'x', outputs: [] }, false);
    const decode = (encoded: Buffer) => streamMethod.responseDeserialize(encoded);
    expect(decode(encodeStreamResponse(inner))).toMatchObject({ error_message: '', infer_response: { id: 'x' } });
    expect(decode(encodeStreamResponse(inner, 'wrong é'))).toMatchObject({
      error_message: 'wrong é',
      infer_response: { id: 'x' },
    });
  });
});
