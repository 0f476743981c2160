import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, encode, type Message } from './messages.js';
import { expectRightBatch, expectRightFlower, rowOf } from './oracle.js';
import { Random } from './random.js';
import { call, frame, inParallel, type Outcome, paths } from './raw-call.js';
import { Tally } from './tally.js';
import { batchOf, flower, startTarget, type Target } from './target.js';

/** What an HTTP/2 connection begins with (RFC 9113, 3.4), and an empty SETTINGS. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const settings = Buffer.from('000000040000000000', 'hex');

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop());

/** Every request message of the server, filled. */
const requests: readonly (readonly [name: string, path: string, type: string, message: Message])[] = [
  ['IrisPredictRequest', paths.predict, 'ml.IrisPredictRequest', { ...flower, explain: true }],
  ['IrisPredictRequest in a stream', paths.predictStream, 'ml.IrisPredictRequest', { ...flower, explain: true }],
  [
    'ModelInferRequest, raw',
    paths.infer,
    'inference.ModelInferRequest',
    batchOf(2, {
      parameters: { priority: { int64_param: 0 }, content_type: { string_param: 'np' } },
      outputs: ['label', 'class_index', 'probabilities', 'leaf'].map((name) => ({ name })),
    }),
  ],
  [
    'ModelInferRequest, typed',
    paths.infer,
    'inference.ModelInferRequest',
    {
      model_name: 'iris',
      inputs: Object.entries(flower).map(([name, value]) => ({
        name,
        datatype: 'FP64',
        shape: [1, 1],
        contents: { fp64_contents: [value] },
      })),
    },
  ],
  ['ModelInferRequest in a stream', paths.inferStream, 'inference.ModelInferRequest', batchOf(1)],
  ['ModelMetadataRequest', paths.metadata, 'inference.ModelMetadataRequest', { name: 'iris', version: '' }],
  ['ModelReadyRequest', paths.modelReady, 'inference.ModelReadyRequest', { name: 'iris', version: '' }],
  [
    'RepositoryIndexRequest',
    paths.repository,
    'inference.RepositoryIndexRequest',
    { repository_name: 'x', ready: true },
  ],
  ['HealthCheckRequest', paths.health, 'grpc.health.v1.HealthCheckRequest', { service: 'iris' }],
];

/** What a server may say of a message that is broken: that it is, or that what it asks for is not there. */
const REFUSALS = ['INVALID_ARGUMENT', 'NOT_FOUND'];

/** Right if it is an answer, and a refusal of the request otherwise. Returns what it was, for the table. */
function judge(path: string, type: string, bytes: Buffer, { code, message, replies }: Outcome): string {
  if (code !== 'OK') {
    expect(REFUSALS, message).toContain(code);
    if (type === 'ml.IrisPredictRequest')
      expect(isAcceptable(type, bytes), `${bytes.toString('hex')}: ${message}`).toBe(false);
    return `refused with ${code}`;
  }
  if (replies.length === 0) throw new Error('OK without a reply');
  if (type === 'ml.IrisPredictRequest') expectRightFlower(target.models, decode(type, bytes), replies[0]!);
  else if (path === paths.infer) expectRightBatch(target.models, bytes, replies[0]!);
  else if (path === paths.inferStream) {
    const reply = decode('inference.ModelStreamInferResponse', replies[0]!);
    if (reply['error_message'] !== '') return 'refused with an error_message';
    expectRightBatch(target.models, bytes, encode('inference.ModelInferResponse', reply['infer_response'] as Message));
  }
  return 'answered rightly';
}

/** Four finite measurements above 0: there is no reason to refuse them. */
function isAcceptable(type: string, bytes: Buffer): boolean {
  try {
    return rowOf(decode(type, bytes)).every((value) => Number.isFinite(value) && value > 0);
  } catch {
    return false;
  }
}

async function throwAt(tally: Tally, path: string, type: string, cases: readonly Buffer[]): Promise<void> {
  const session = await target.connect();
  await inParallel(cases, 64, async (bytes) => {
    tally.add(judge(path, type, bytes, await call(session, path, frame(bytes))));
  });
  session.close();
}

describe('broken messages', () => {
  it.each(requests)(
    'are refused or answered rightly: %s, truncated at every byte',
    async (name, path, type, message) => {
      const tally = new Tally(`truncated at every byte: ${name}`);
      const whole = encode(type, message);
      await throwAt(
        tally,
        path,
        type,
        Array.from({ length: whole.length + 1 }, (_, end) => whole.subarray(0, end)),
      );
      expect(tally.cases).toBe(whole.length + 1);
      tally.close();
      await target.expectSound();
    },
  );

  it.each(requests)(
    'are refused or answered rightly: %s, with every bit flipped',
    async (name, path, type, message) => {
      const tally = new Tally(`every bit flipped: ${name}`);
      const whole = encode(type, message);
      const flips = Array.from({ length: whole.length * 8 }, (_, bit) => {
        const flipped = Buffer.from(whole);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        return flipped;
      });
      await throwAt(tally, path, type, flips);
      tally.close();
      await target.expectSound();
    },
  );

  it.each(requests)('are refused or answered rightly: %s, as random bytes', async (name, path, type, message) => {
    const random = new Random(name.length);
    const tally = new Tally(`random bytes in a frame: ${name}`);
    const whole = encode(type, message);
    const cases = Array.from({ length: 200 }, (_, n) => {
      if (n % 2 === 0) return random.bytes(random.below(200));
      // Half of a valid message, then noise: deeper in than noise alone gets.
      return Buffer.concat([whole.subarray(0, random.below(whole.length)), random.bytes(random.below(60))]);
    });
    await throwAt(tally, path, type, cases);
    tally.close();
    await target.expectSound();
  });

  it('are refused or answered rightly: wrong and repeated field numbers, wrong wire types, groups, endless numbers', async () => {
    const tally = new Tally('wrong and duplicate fields');
    const whole = encode('ml.IrisPredictRequest', flower);
    const batch = encode('inference.ModelInferRequest', batchOf(2));
    const odd: Buffer[] = [];
    for (let field = 0; field < 32; field++) {
      for (let type = 0; type < 8; type++) odd.push(Buffer.concat([varint((field << 3) | type), Buffer.alloc(9, 1)]));
    }
    // The largest field number, numbers of 11 bytes, a length of 4 GB, a length beyond 32 bits.
    odd.push(
      Buffer.from('f8ffffff0f01', 'hex'),
      Buffer.alloc(11, 0xff),
      Buffer.from('0affffffff0f', 'hex'),
      Buffer.from('0affffffffffffffff7f', 'hex'),
    );
    for (const [path, type, valid] of [
      [paths.predict, 'ml.IrisPredictRequest', whole],
      [paths.infer, 'inference.ModelInferRequest', batch],
    ] as const) {
      const cases = odd.flatMap((extra) => [extra, Buffer.concat([extra, valid]), Buffer.concat([valid, extra])]);
      cases.push(Buffer.concat([valid, valid]), Buffer.concat(Array<Buffer>(100).fill(valid)));
      await throwAt(tally, path, type, cases);
    }
    tally.close();
    await target.expectSound();
  });
});

describe('broken frames', () => {
  it('get a status or a reset: cut at every byte, false lengths, several messages, compression that is none', async () => {
    const tally = new Tally('broken gRPC frames');
    const whole = frame(encode('ml.IrisPredictRequest', flower));
    const random = new Random(7);
    const cases = [
      ...Array.from({ length: whole.length }, (_, end) => whole.subarray(0, end)),
      ...Array.from({ length: whole.length }, (_, extra) => Buffer.concat([whole, random.bytes(extra + 1)])),
      ...[0, 1, 36, 38, 100_000, 2 ** 24, 2 ** 31, 2 ** 32 - 1].map((length) => frame(whole.subarray(5), { length })),
      ...Array.from({ length: 255 }, (_, flag) => frame(whole.subarray(5), { compressed: flag + 1 })),
      ...Array.from({ length: 200 }, () => random.bytes(1 + random.below(300))),
      Buffer.concat([whole, whole]),
    ];
    const session = await target.connect();
    for (const path of [paths.predict, paths.predictStream, paths.infer, paths.health, paths.watch, paths.reflection]) {
      await inParallel(cases, 32, async (bytes) => {
        const { code } = await call(session, path, bytes, {
          onStream: (stream) => path === paths.watch && setTimeout(() => stream.close(8), 100),
        });
        expect(code).not.toMatch(/no answer|closed|no such/);
        tally.add(code);
      });
    }
    const compressed = { headers: { 'grpc-encoding': 'gzip' } };
    await inParallel(cases, 32, async (bytes) => {
      const { code } = await call(session, paths.predict, bytes, compressed);
      expect(code).not.toMatch(/no answer|closed|no such|UNKNOWN/);
      tally.add(code);
    });
    session.close();
    tally.close();
    await target.expectSound();
  });

  it('are dropped with their connection: random bytes instead of HTTP/2', async () => {
    const tally = new Tally('random bytes as HTTP/2');
    const random = new Random(3);
    const makers = [
      () => random.bytes(1 + random.below(500)),
      () => Buffer.concat([preface, random.bytes(1 + random.below(500))]),
      () => Buffer.concat([preface, settings, ...Array.from({ length: 10 }, () => randomFrame(random))]),
      () => Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n'),
      () => preface.subarray(0, random.below(preface.length)),
    ];
    await inParallel(
      Array.from({ length: 1000 }, (_, n) => n),
      50,
      async (n) => {
        tally.add(await throwBytes(target.port, makers[n % makers.length]!()));
      },
    );
    tally.close();
    await target.expectSound();
  });

  it('cost nothing for long: settings, pings, resets, empty frames and headers without an end by the thousand', async () => {
    const tally = new Tally('HTTP/2 floods');
    const floods: Readonly<Record<string, Buffer>> = {
      SETTINGS: settings,
      PING: Buffer.from('0000080600000000000102030405060708', 'hex'),
      'RST_STREAM of idle streams': Buffer.from('00000403000000000100000008', 'hex'),
      'empty DATA': Buffer.from('000000000000000001', 'hex'),
      'CONTINUATION of nothing': Buffer.from('000000090000000001', 'hex'),
      'WINDOW_UPDATE of 0': Buffer.from('00000408000000000000000000', 'hex'),
      PRIORITY: Buffer.from('0000050200000000010000000010', 'hex'),
    };
    for (const [name, one] of Object.entries(floods)) {
      const flood = Buffer.concat([preface, settings, ...Array<Buffer>(20_000).fill(one)]);
      tally.add(`${name}: ${await throwBytes(target.port, flood, 1000)}`);
    }
    tally.close();
    await target.expectSound();
  });
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}

/** A well-formed frame head (RFC 9113, 4.1) with any type, flags and content. */
function randomFrame(random: Random): Buffer {
  const payload = random.bytes(random.below(64));
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = random.below(11);
  head[4] = random.below(256);
  head.writeUInt32BE(random.pick([0, 1, 1, 3, 5, 2 ** 31 - 1]), 5);
  return Buffer.concat([head, payload]);
}

/** Sends bytes on a new connection and waits a little for the server to close it. */
async function throwBytes(port: number, bytes: Buffer, patienceMs = 200): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let outcome = 'closed by the server';
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  socket.write(bytes);
  const timer = setTimeout(() => {
    outcome = 'left waiting';
    socket.destroy();
  }, patienceMs);
  await once(socket, 'close');
  clearTimeout(timer);
  return outcome;
}
