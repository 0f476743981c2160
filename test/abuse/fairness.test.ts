import type { ClientHttp2Session } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode } from './messages.js';
import { expectRightFlower } from './oracle.js';
import { call, connectRaw, frame, paths } from './raw-call.js';
import { Tally } from './tally.js';
import { batchOf, flower, startTarget, type Target } from './target.js';

/** Each of these would have all of a server's places, or memory, if it could. */
const HOSTILE = 10;
/** How long a good client calls, one call after the other on its own connections. */
const CALLING_MS = 3000;

const REST = '/v2/models/iris/infer';

const flowerFrame = frame(encode('ml.IrisPredictRequest', flower));
const batchFrame = frame(encode('inference.ModelInferRequest', batchOf(1000)));

/** What holds a connection open, and how to let it go. */
type Attack = (target: Target) => Promise<{ readonly outcomes: Promise<string>[]; end(): void }>;

async function openSessions(port: number, settings = {}): Promise<ClientHttp2Session[]> {
  return Promise.all(Array.from({ length: HOSTILE }, () => connectRaw(port, { settings })));
}

/** Calls of every session, as many as the server lets it have and some more. */
function callsOf(sessions: readonly ClientHttp2Session[], count: number, path: string, body: Buffer, end: boolean) {
  return {
    outcomes: sessions.flatMap((session) =>
      Array.from({ length: count }, async () => (await call(session, path, body, { end, timeoutMs: 60_000 })).code),
    ),
    end: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

/** A call of each session after the other, with as many pairs as a header block takes, as long as the session stays. */
function metadataOnly(sessions: readonly ClientHttp2Session[], path: string) {
  const pairs = Object.fromEntries(Array.from({ length: 1800 }, (_, index) => [`x${index}`, '1']));
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', ...pairs };
  const outcomes = sessions.map(async (session) => {
    session.on('error', () => {});
    let opened = 0;
    for (; opened < 250 && !session.closed && !session.destroyed; opened++) {
      session
        .request(headers)
        .on('error', () => {})
        .resume();
      await sleep(2);
    }
    return opened < 250 ? 'closed' : 'let in';
  });
  return {
    outcomes,
    end: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

/** Frames of HTTP/2 by hand: HEADERS of a call, then its message in DATA frames of one byte each. */
function bytewise(port: number): Socket {
  const data = (bytes: number) => {
    const one = Buffer.from([0, 0, 1, 0, 0, 0, 0, 0, 1, 0]);
    return Buffer.concat(Array<Buffer>(bytes).fill(one));
  };
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.write(preface);
  socket.write(headers(paths.infer));
  const head = Buffer.from([0, 0, 5, 0, 0, 0, 0, 0, 1, 0, 0, 0xff, 0, 0]);
  socket.write(head);
  const more = () => {
    if (socket.destroyed) return;
    socket.write(data(6000), () => setImmediate(more));
  };
  more();
  return socket.resume();
}

const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
]);

function headers(path: string): Buffer {
  const fields = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'x'],
    ['content-type', 'application/grpc'],
  ].map(([name, value]) =>
    Buffer.concat([Buffer.of(0, name!.length), Buffer.from(name!), Buffer.of(value!.length), Buffer.from(value!)]),
  );
  const block = Buffer.concat(fields);
  return Buffer.concat([Buffer.from([0, 0, block.length, 1, 4, 0, 0, 0, 1]), block]);
}

/** A body of the REST form in chunks of one byte. */
function chunkwise(port: number): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.write('POST /v2/models/iris/infer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n');
  socket.write('Transfer-Encoding: chunked\r\n\r\n');
  const chunks = '1\r\n \r\n'.repeat(10_000);
  const more = () => {
    if (!socket.destroyed) socket.write(chunks, () => setImmediate(more));
  };
  more();
  return socket.resume();
}

function sockets(open: () => Socket, count = HOSTILE): ReturnType<Attack> {
  const opened = Array.from({ length: count }, open);
  return Promise.resolve({
    outcomes: [],
    end: () => {
      for (const socket of opened) socket.destroy();
    },
  });
}

const attacks: Readonly<Record<string, Attack>> = {
  'requests of 15.9 MB that are never finished': async ({ port }) => {
    const body = frame(Buffer.alloc(15_900_000), { length: 16_000_000 });
    return callsOf(await openSessions(port), 60, paths.infer, body, false);
  },
  'small requests that are never finished': async ({ port }) =>
    callsOf(await openSessions(port), 1200, paths.predict, flowerFrame.subarray(0, 3), false),
  'small calls whose replies are never read': async ({ port }) =>
    callsOf(await openSessions(port, { initialWindowSize: 0 }), 1200, paths.predict, flowerFrame, true),
  'batches whose replies are never read': async ({ port }) =>
    callsOf(await openSessions(port, { initialWindowSize: 0 }), 250, paths.infer, batchFrame, true),
  'streams that say nothing': async ({ port }) =>
    callsOf(await openSessions(port), 1000, paths.predictStream, Buffer.alloc(0), false),
  'streams whose messages are never finished': async ({ port }) =>
    callsOf(
      await openSessions(port),
      60,
      paths.inferStream,
      frame(Buffer.alloc(5_000_000), { length: 16_000_000 }),
      false,
    ),
  'DATA frames of one byte': ({ port }) => sockets(() => bytewise(port)),
  'calls that are nothing but metadata': async ({ port }) => metadataOnly(await openSessions(port), paths.predict),
  'health watches with much metadata': async ({ port }) => metadataOnly(await openSessions(port), paths.watch),
  'requests one behind the other, whose answers are never read': (target) =>
    sockets(() => {
      const socket = connect(httpPort(target), '127.0.0.1').on('error', () => {});
      socket.write('GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20_000));
      return socket.pause();
    }),
  'REST replies that are never read': (target) => {
    const rows = 35_000;
    const tensor = { name: 'features', datatype: 'FP64', shape: [rows, 4], data: Array(rows).fill([6, 3, 4.9, 1.8]) };
    const body = JSON.stringify({ inputs: [tensor], outputs: [{ name: 'decision_path' }] });
    const head = `POST ${REST} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    return sockets(() => {
      const socket = connect(httpPort(target), '127.0.0.1').on('error', () => {});
      socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
      return socket.pause();
    }, 3 * HOSTILE);
  },
  'chunks of one byte': (target) => sockets(() => chunkwise(httpPort(target))),
};

function httpPort(target: Target): number {
  return Number(/"httpPort":(\d+)/.exec(target.log())![1]);
}

describe.each([
  ['one process', [], 700],
  ['two workers', ['--workers', '2'], 1200],
])('a server of %s', (_, args, mostMb) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget(['--http-port', '0', '--grace', '2s', ...args]);
  });
  afterAll(() => target.stop());

  it.each(Object.entries(attacks))('answers others while ten connections hold %s', async (name, attack) => {
    const tally = new Tally(`${name}${args.length > 0 ? ', two workers' : ''}`);
    const { end, outcomes } = await attack(target);
    for (const outcome of outcomes) void outcome.then((code) => tally.add(`hostile: ${code}`));
    await sleep(500);
    const [grpc, http] = await Promise.all([callOften(target), getOften(target)]);
    const peak = target.resident();
    end();
    await Promise.all(outcomes);
    tally.add('good gRPC calls answered rightly', grpc.right);
    tally.add('good REST calls answered', http.right);
    tally.add('good calls refused', grpc.calls - grpc.right + http.calls - http.right);
    tally.close(`resident ${peak} MB, longest wait ${Math.round(Math.max(grpc.longestMs, http.longestMs))} ms`);
    expect(grpc.right / grpc.calls).toBeGreaterThanOrEqual(0.99);
    expect(http.right / http.calls).toBeGreaterThanOrEqual(0.99);
    expect(peak).toBeLessThan(mostMb);
    await target.expectSound(mostMb);
  });
});

interface Calls {
  calls: number;
  right: number;
  longestMs: number;
}

async function timed(calls: Calls, work: () => Promise<boolean>): Promise<void> {
  const startMs = performance.now();
  calls.calls++;
  if (await work()) calls.right++;
  calls.longestMs = Math.max(calls.longestMs, performance.now() - startMs);
}

/** One flower or batch after the other, on four connections. */
async function callOften(target: Target): Promise<Calls> {
  const counted = { calls: 0, right: 0, longestMs: 0 };
  const until = performance.now() + CALLING_MS;
  await Promise.all(
    Array.from({ length: 4 }, async (_, lane) => {
      const session = await target.connect();
      while (performance.now() < until) {
        await timed(counted, async () => {
          const [path, body] = lane === 0 ? [paths.infer, batchFrame] : [paths.predict, flowerFrame];
          const { code, replies } = await call(session, path, body);
          if (code === 'OK' && lane > 0) expectRightFlower(target.models, flower, replies[0]!);
          return code === 'OK';
        });
      }
      session.close();
    }),
  );
  return counted;
}

async function getOften(target: Target): Promise<Calls> {
  const counted = { calls: 0, right: 0, longestMs: 0 };
  const until = performance.now() + CALLING_MS;
  const url = `http://127.0.0.1:${httpPort(target)}${REST}`;
  const body = JSON.stringify({
    inputs: [{ name: 'features', datatype: 'FP64', shape: [1, 4], data: [5, 3.6, 1.3, 0.25] }],
  });
  while (performance.now() < until) {
    await timed(counted, async () => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(url, { method: 'POST', body, headers });
      return answer.ok && (await answer.text()).includes('setosa');
    });
  }
  return counted;
}
