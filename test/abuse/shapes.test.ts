import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode, type Message } from './messages.js';
import { expectRightBatch, expectRightFlower } from './oracle.js';
import { call, frame, inParallel, paths } from './raw-call.js';
import { Tally } from './tally.js';
import { batchOf, flower, startTarget, type Target } from './target.js';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop());

/** Sends each request and counts; whatever is answered has to be right. */
async function throwAll(tally: Tally, requests: Iterable<Message>, allowed: readonly string[]): Promise<void> {
  const session = await target.connect();
  await inParallel(requests, 16, async (request) => {
    const bytes = encode('inference.ModelInferRequest', request);
    const { code, message, replies } = await call(session, paths.infer, frame(bytes));
    if (code === 'OK') expectRightBatch(target.models, bytes, replies[0]!);
    expect(allowed, `${message}: ${JSON.stringify(request).slice(0, 500)}`).toContain(code);
    tally.add(code === 'OK' ? 'answered rightly' : `refused with ${code}`);
  });
  session.close();
}

const sizes = [
  ...['0', '1', '2', '4', '-1', '-4', '127', '32768', '100000', '100001', '1073741824', '2147483647', '2147483648'],
  ...['4294967295', '4294967296', '4294967297', '9007199254740991', '9007199254740993', '2305843009213693952'],
  ...['4611686018427387904', '4611686018427387905', '9223372036854775807', '-9223372036854775808', '-2147483648'],
];
const datatypes =
  'FP64 FP32 INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32 UINT64 BOOL BYTES FP16 BF16 toString __proto__'.split(' ');

describe('shapes', () => {
  it('of any sizes and any type are refused where the contents are not exactly that large', async () => {
    const tally = new Tally('shape × type overflow, raw and typed');
    const requests: Message[] = [];
    for (const datatype of datatypes) {
      for (const rows of sizes) {
        for (const columns of ['4', '0', '-4', '1', '4611686018427387904', '4294967300']) {
          const input = { name: 'features', datatype, shape: [rows, columns] };
          // 32 bytes are one row of FP64, two of FP32, four of INT16, eight of INT8.
          requests.push({ model_name: 'iris', inputs: [input], raw_input_contents: [Buffer.alloc(32)] });
          requests.push({ model_name: 'iris', inputs: [{ ...input, contents: { fp64_contents: [5, 3, 1, 1] } }] });
        }
      }
    }
    await throwAll(tally, requests, ['OK', 'INVALID_ARGUMENT']);
    // FP64 × 1 row in both forms, FP32 × 2; no 4-byte row of INT8 is 32 bytes with a size of the list but [0, 4].
    expect(tally.of('answered rightly')).toBeGreaterThan(0);
    expect(tally.of('answered rightly')).toBeLessThan(datatypes.length * 4);
    tally.close();
    await target.expectSound();
  });

  it('of other ranks are refused, up to a hundred thousand sizes', async () => {
    const tally = new Tally('shapes of other ranks');
    const requests = [0, 1, 3, 4, 64, 1000, 100_000].flatMap((rank) =>
      ['1', '-1', '4611686018427387904'].map((size) =>
        batchOf(1, { inputs: [{ name: 'features', datatype: 'FP64', shape: Array<string>(rank).fill(size) }] }),
      ),
    );
    await throwAll(tally, requests, ['INVALID_ARGUMENT']);
    tally.close();
    await target.expectSound();
  });

  it('per feature that differ, overflow or are negative are refused', async () => {
    const tally = new Tally('shapes of one tensor per feature');
    const names = Object.keys(flower);
    const requests = sizes.flatMap((size) =>
      names.map((odd) => ({
        model_name: 'iris',
        inputs: names.map((name) => ({ name, datatype: 'FP64', shape: [name === odd ? size : '1', '1'] })),
        raw_input_contents: names.map(() => Buffer.from(Float64Array.of(1).buffer)),
      })),
    );
    await throwAll(tally, requests, ['OK', 'INVALID_ARGUMENT']);
    expect(tally.of('answered rightly')).toBe(names.length);
    tally.close();
    await target.expectSound();
  });
});

describe('large requests', () => {
  it('are refused: ten thousand inputs, a hundred thousand, as many outputs, raw contents without inputs', async () => {
    const tally = new Tally('ten thousand inputs and more');
    const many = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));
    const input = { name: 'sepal_length', datatype: 'FP64', shape: [1], contents: { fp64_contents: [1] } };
    await throwAll(
      tally,
      [
        { model_name: 'iris', inputs: many(10_000, () => input) },
        { model_name: 'iris', inputs: many(10_000, (n) => ({ ...input, name: `feature ${n}` })) },
        { model_name: 'iris', inputs: many(100_000, () => ({})) },
        {
          model_name: 'iris',
          inputs: many(10_000, () => input),
          raw_input_contents: many(10_000, () => Buffer.alloc(8)),
        },
        batchOf(1, { outputs: many(10_000, () => ({ name: 'label' })) }),
        batchOf(1, { outputs: many(10_000, (n) => ({ name: `output ${n}` })) }),
        batchOf(1, { raw_input_contents: many(100_000, () => Buffer.alloc(0)) }),
        {
          model_name: 'iris',
          inputs: [{ ...input, contents: { bytes_contents: many(1_000_000, () => Buffer.alloc(0)) } }],
        },
        { model_name: 'iris', inputs: [{ ...input, contents: { int_contents: many(1_000_000, (n) => n) } }] },
        { model_name: 'iris', inputs: [{ ...input, contents: { bool_contents: many(1_000_000, () => true) } }] },
      ],
      ['INVALID_ARGUMENT'],
    );
    tally.close(`peak ${target.resident('peak')} MB`);
    await target.expectSound();
  });

  it('are refused without exhausting the memory: eight million empty tensors in sixteen megabytes', async () => {
    const tally = new Tally('eight million empty tensors, outputs, contents');
    const session = await target.connect();
    const parts: Readonly<Record<string, Buffer>> = {
      tensors: Buffer.from('2a00', 'hex'),
      outputs: Buffer.from('3200', 'hex'),
      'raw contents': Buffer.from('3a00', 'hex'),
      parameters: Buffer.from('2200', 'hex'),
      'packed bools': Buffer.from('2a062a040a020001', 'hex'),
      'bools one by one': Buffer.from('2a042a020801', 'hex'),
      'packed doubles': Buffer.from('2a042a023a00', 'hex'),
    };
    for (const part of Object.values(parts)) {
      const count = Math.floor((16 * 1024 * 1024 - 6) / part.length);
      const bytes = Buffer.concat([
        encode('inference.ModelInferRequest', { model_name: 'iris' }),
        Buffer.alloc(count * part.length, part),
      ]);
      const { code } = await call(session, paths.infer, frame(bytes.subarray(0, 16 * 1024 * 1024)));
      expect(code).toBe('INVALID_ARGUMENT');
      tally.add(code);
    }
    session.close();
    tally.close(`peak ${target.resident('peak')} MB`);
    await target.expectSound();
  });

  it('do not hold the others up: contents of one tensor in a million pieces', async () => {
    const tally = new Tally('contents of one tensor in many pieces');
    const session = await target.connect();
    const other = await target.connect();
    const tensor = encode('inference.InferTensorContents', {});
    expect(tensor.length).toBe(0);
    // Each piece is a field of its own, packed with one element: bool, int32, int64, fp32, fp64.
    for (const piece of ['0a0101', '120101', '1a0101', '320400000000', '3a080000000000000000', '0801', '3500000000']) {
      const one = Buffer.from(piece, 'hex');
      const count = Math.floor(4_000_000 / one.length);
      const contents = Buffer.alloc(count * one.length, one);
      const inner = Buffer.concat([
        encode('inference.ModelInferRequest.InferInputTensor', { name: 'features', datatype: 'FP64', shape: [1, 4] }),
        Buffer.from([0x2a]),
        lengthOf(contents),
        contents,
      ]);
      const bytes = Buffer.concat([
        encode('inference.ModelInferRequest', { model_name: 'iris' }),
        Buffer.from([0x2a]),
        lengthOf(inner),
        inner,
      ]);
      const begun = performance.now();
      const reply = call(session, paths.infer, frame(bytes));
      const quick = await call(other, paths.predict, frame(encode('ml.IrisPredictRequest', flower)));
      expectRightFlower(target.models, flower, quick.replies[0]!);
      const { code } = await reply;
      expect(code).toBe('INVALID_ARGUMENT');
      // Linear work takes well under a second; quadratic work takes minutes.
      expect(performance.now() - begun).toBeLessThan(10_000);
      tally.add(code);
    }
    session.close();
    other.close();
    tally.close();
    await target.expectSound();
  });

  it('are refused with parameters that nobody knows, however deep, wide or long', async () => {
    const tally = new Tally('deep and wide parameters');
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`key ${n}`, { int64_param: n }]));
    const odd = Object.fromEntries(
      ['__proto__', 'constructor', 'toString', ''].map((key) => [key, { string_param: key }]),
    );
    await throwAll(
      tally,
      [
        batchOf(3, { parameters: wide }),
        batchOf(3, { parameters: odd }),
        batchOf(3, { inputs: [{ name: 'features', datatype: 'FP64', shape: [3, 4], parameters: wide }] }),
        batchOf(3, { outputs: [{ name: 'leaf', parameters: wide }] }),
        batchOf(3, { parameters: { long: { string_param: 'x'.repeat(10_000_000) } } }),
      ],
      ['INVALID_ARGUMENT'],
    );
    // Nothing in the contract nests without end: depth comes in as bytes.
    const session = await target.connect();
    for (const field of [0x22, 0x2a, 0x32]) {
      let nested = Buffer.alloc(0);
      for (let depth = 0; depth < 5000; depth++)
        nested = Buffer.concat([Buffer.from([field]), lengthOf(nested), nested]);
      const { code } = await call(session, paths.infer, frame(nested));
      expect(['INVALID_ARGUMENT', 'NOT_FOUND']).toContain(code);
      tally.add(`refused with ${code}`);
    }
    session.close();
    tally.close();
    await target.expectSound();
  });

  it('beyond the message limit are refused with RESOURCE_EXHAUSTED, unread', async () => {
    const tally = new Tally('messages beyond the limit');
    const session = await target.connect();
    for (const length of [16 * 1024 * 1024 + 1, 100_000_000, 2 ** 31, 2 ** 32 - 1]) {
      for (const path of [
        paths.predict,
        paths.infer,
        paths.inferStream,
        paths.metadata,
        paths.health,
        paths.reflection,
      ]) {
        const { code } = await call(session, path, frame(Buffer.alloc(1000), { length }), { end: false });
        expect(code).toBe('RESOURCE_EXHAUSTED');
        tally.add(code);
      }
    }
    session.close();
    tally.close();
    await target.expectSound();
  });
});

describe('headers', () => {
  it('of any size and content end in a status, a refusal of HTTP/2 or the end of their connection', async () => {
    const tally = new Tally('oversize and odd metadata');
    const body = frame(encode('ml.IrisPredictRequest', flower));
    const odd: Readonly<Record<string, Record<string, string | string[]>>> = {
      'a value of 8 KB': { 'x-a': 'v'.repeat(8000) },
      'a value of 60 KB': { 'x-a': 'v'.repeat(60_000) },
      'a value of 1 MB': { 'x-a': 'v'.repeat(1_000_000) },
      'a thousand names': Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`x-${n}`, 'v'])),
      'one name a thousand times': { 'x-a': Array<string>(1000).fill('v') },
      'bytes that are no base64': { 'x-a-bin': '*'.repeat(100) },
      'a negative timeout': { 'grpc-timeout': '-1S' },
      'a timeout of words': { 'grpc-timeout': 'soon' },
      'a timeout of no time': { 'grpc-timeout': '0n' },
      'a timeout of eleven thousand years': { 'grpc-timeout': '99999999H' },
      'an unknown compression': { 'grpc-encoding': 'snappy' },
      'another content type': { 'content-type': 'text/html' },
      'no content type': { 'content-type': '' },
      'another method': { ':method': 'GET' },
      'a traceparent of noise': { traceparent: '00-zz-zz-zz', tracestate: 'x'.repeat(4000) },
      'a request id of 8 KB': { 'x-request-id': 'r'.repeat(8000) },
      'another authority': { ':authority': 'x'.repeat(5000) },
    };
    for (const [name, headers] of Object.entries(odd)) {
      const session = await target.connect();
      const { code, replies } = await call(session, paths.predict, body, { headers, timeoutMs: 10_000 });
      expect(code, name).not.toMatch(/no answer|closed/);
      if (code === 'OK') expectRightFlower(target.models, flower, replies[0]!);
      tally.add(code);
      session.destroy();
    }
    for (const path of [
      '',
      '/',
      '//',
      '/x',
      '/ml.IrisPredictor',
      '/ml.IrisPredictor/',
      '/ml.IrisPredictor/toString',
      '/__proto__/x',
      `/${'x'.repeat(10_000)}/y`,
    ]) {
      const session = await target.connect();
      const { code } = await call(session, path, body, { timeoutMs: 10_000 });
      expect(code, path).not.toMatch(/OK|no answer|closed/);
      tally.add(code);
      session.destroy();
    }
    tally.close();
    await target.expectSound();
  });
});

function lengthOf(bytes: Uint8Array): Buffer {
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...length, rest]);
    length.push((rest & 127) | 128);
  }
}
