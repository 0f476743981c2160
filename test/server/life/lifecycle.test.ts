import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { credentials, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { encode } from '../../abuse/messages.js';
import { afterTest, failureOf, flower, recordLog, startServer, TestClient } from '../serving.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
const tls = { cert: fixture('server.pem'), key: fixture('server.key') };

/** An open stream that was answered once. */
async function openStream(client: TestClient) {
  const stream = client.stream('iris', 'PredictIrisSpeciesStream');
  stream.write(flower);
  await once(stream, 'data');
  return stream;
}

/** The start of an HTTP/2 connection (RFC 9113, 3.4): the preface and an empty SETTINGS frame. */
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
]);

/** POST and http from the static table, the rest as literals (RFC 7541, 6.1 and 6.2.2). */
const FIELDS = Buffer.concat([
  Buffer.of(0x83, 0x86),
  ...Object.entries({
    ':path': '/ml.IrisPredictor/PredictIrisSpecies',
    ':authority': 'x',
    'content-type': 'application/grpc',
  }).flatMap(([name, value]) => [
    Buffer.of(0, name.length),
    Buffer.from(name),
    Buffer.of(value.length),
    Buffer.from(value),
  ]),
]);
/** A call begins, whose message is still to come. */
const HEADERS = Buffer.concat([Buffer.of(0, 0, FIELDS.length, 1, 4, 0, 0, 0, 1), FIELDS]);
/** Read as a frame it is of seven megabytes, where a server takes 16 KiB. */
const NO_FRAME = Buffer.from('no frame of HTTP/2');

describe('a peer that answers no ping', () => {
  it('loses its connection', async () => {
    const { port } = await startServer({ keepalive: { timeMs: 20, timeoutMs: 20 } });
    const peer = connect(port, '127.0.0.1', () => peer.write(PREFACE));
    afterTest(() => peer.destroy());
    peer.resume().on('error', () => {}); // a reset is an end too
    await once(peer, 'close');
  });

  it('has its calls ended where it broke HTTP/2 and went: Node reads no more and does not see it go', async () => {
    let told = (_code: status) => {};
    const ended = new Promise<status>((resolve) => {
      told = resolve;
    });
    const { port } = await startServer({
      keepalive: { timeMs: 200, timeoutMs: 100 },
      observers: [{ onStart: () => peer.destroy(), onEnd: (_, code) => told(code) }],
    });
    const peer = connect(port, '127.0.0.1', () => peer.write(Buffer.concat([PREFACE, HEADERS, NO_FRAME])));
    peer.on('error', () => {});
    expect(await ended).toBe(status.CANCELLED);
  });
});

describe('closing', () => {
  it('gives a stream that is open its last answer, and ends when it ends', async () => {
    const { line, lines, log } = recordLog();
    const server = await startServer({ log });
    const client = new TestClient(server.address);
    const stream = await openStream(client);
    const closed = server.close();
    await line('draining');
    stream.write(flower);
    expect((await once(stream, 'data'))[0]).toMatchObject({ species_name: 'setosa' });
    stream.resume().end();
    await once(stream, 'end');
    await closed;
    expect(lines.map(({ msg }) => msg)).toEqual(['draining', 'stopped']);
  });

  it.each(['unary', 'stream'])('answers a %s call whose message is still on its way', async (kind) => {
    const { line, log } = recordLog();
    let began = () => {};
    const started = new Promise<void>((resolve) => {
      began = resolve;
    });
    const server = await startServer({ log, observers: [{ onStart: () => began() }] });
    const session = connectHttp2(`http://${server.address}`);
    afterTest(() => session.destroy());
    const path = `/ml.IrisPredictor/PredictIrisSpecies${kind === 'stream' ? 'Stream' : ''}`;
    const call = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const trailers = once(call, 'trailers');
    const message = encode('ml.IrisPredictRequest', flower);
    const frame = Buffer.concat([Buffer.of(0, 0, 0, 0, message.length), message]);
    call.resume().write(frame.subarray(0, 9));
    await started;
    const closed = server.close();
    await line('draining');
    call.end(frame.subarray(9));
    expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' });
    await closed;
  });

  it('says NOT_SERVING and not ready, lives, and still answers during the drain delay', async () => {
    const server = await startServer({ drainDelayMs: 60_000, graceMs: 120_000 });
    const client = new TestClient(server.address);
    const watch = client.watch('ml.IrisPredictor');
    expect((await once(watch, 'data'))[0]).toEqual({ status: 'SERVING' });
    const closed = server.close();
    expect((await once(watch, 'data'))[0]).toEqual({ status: 'NOT_SERVING' });
    for (const service of ['', 'ml.IrisPredictor', 'inference.GRPCInferenceService', 'iris']) {
      expect(await client.call('health', 'Check', { service })).toEqual({ status: 'NOT_SERVING' });
    }
    expect(await client.call('health', 'Check', { service: 'liveness' })).toEqual({ status: 'SERVING' });
    const { statuses } = (await client.call('health', 'List', {})) as { statuses: object };
    expect(statuses).toMatchObject({ iris: { status: 'NOT_SERVING' }, liveness: { status: 'SERVING' } });
    expect(await client.call('inference', 'ServerReady', {})).toEqual({ ready: false });
    expect(await client.call('inference', 'ModelReady', { name: 'iris' })).toEqual({ ready: false });
    expect(await client.call('inference', 'ServerLive', {})).toEqual({ live: true });
    expect(await client.call('inference', 'RepositoryIndex', {})).toMatchObject({ models: [{ state: 'UNAVAILABLE' }] });
    expect(await client.call('inference', 'RepositoryIndex', { ready: true })).toEqual({ models: [] });
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
    watch.on('error', () => {});
    await server.forceClose();
    await closed;
  });

  it('tells a watcher of liveness nothing of the end, but that of the watch', async () => {
    const server = await startServer();
    const watch = new TestClient(server.address).watch('liveness');
    const statuses: unknown[] = [];
    watch.on('data', (status) => statuses.push(status)).on('error', () => {});
    await once(watch, 'data');
    const ended = once(watch, 'end');
    await server.close();
    await ended;
    expect(statuses).toEqual([{ status: 'SERVING' }]);
  });

  it('is not held up by an open health watch', async () => {
    const server = await startServer({ graceMs: 3_600_000 });
    const watch = new TestClient(server.address).watch('');
    await once(watch, 'data');
    const end = once(watch, 'end');
    watch.resume();
    await server.close();
    await end;
  });

  it.each([
    ['plain', false],
    ['TLS', true],
  ])('is not held up by connections that say nothing: %s', async (_, secure) => {
    const server = await startServer({ graceMs: 3_600_000, http: { port: 0 }, ...(secure ? { tls } : {}) });
    for (const port of [server.port, server.httpPort!]) {
      const silent = connect(port, '127.0.0.1');
      afterTest(() => silent.destroy());
      silent.resume().on('error', () => {});
      await once(silent, 'connect');
    }
    if (secure) {
      const noHttp2 = connectTls({ port: server.port, rejectUnauthorized: false });
      afterTest(() => noHttp2.destroy());
      noHttp2.resume().on('error', () => {});
      await once(noHttp2, 'secureConnect');
    }
    // Once the server has seen them, too.
    const trusted = secure ? credentials.createSsl(await readFile(fixture('ca.pem'))) : credentials.createInsecure();
    expect(
      await new TestClient(`localhost:${server.port}`, trusted).call('iris', 'PredictIrisSpecies', flower),
    ).toMatchObject({
      species_name: 'setosa',
    });
    await server.close();
  });

  it('cuts what is not done when the grace ends, and logs it', async () => {
    const { lines, log } = recordLog();
    const server = await startServer({ graceMs: 100, log });
    const client = new TestClient(server.address);
    const streams = [await openStream(client), await openStream(client)];
    const ends = streams.map(failureOf);
    await server.close();
    for (const end of ends) {
      expect(await end).toMatchObject({
        code: 'UNAVAILABLE',
        details: { info: { reason: 'DRAINING' } },
      });
    }
    expect(lines.map(({ msg }) => msg)).toEqual([
      'draining',
      'calls cut: they were not done when the server had to end',
      'stopped',
    ]);
    expect(lines[1]).toMatchObject({ calls: 2, paths: { '/ml.IrisPredictor/PredictIrisSpeciesStream': 2 } });
  });

  it.each([0, 60_000])('is forced by a second call, with a drain delay of %d ms', async (drainDelayMs) => {
    const { lines, log } = recordLog();
    const server = await startServer({ drainDelayMs, graceMs: 3_600_000, log });
    const stream = await openStream(new TestClient(server.address));
    const end = failureOf(stream);
    const closed = server.close();
    await server.forceClose();
    await closed;
    await end;
    expect(lines.at(-2)).toMatchObject({ calls: 1 });
  });

  it('twice is closing once', async () => {
    const { lines, log } = recordLog();
    const server = await startServer({ log });
    expect(server.close()).toBe(server.close());
    await server.close();
    expect(lines.filter(({ msg }) => msg === 'stopped')).toHaveLength(1);
  });

  it('refuses a drain delay that leaves nothing of the grace', async () => {
    await expect(startServer({ drainDelayMs: 8000 })).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: 'drainDelayMs: expected less than the grace of 8000 ms, which contains it, found 8000 ms',
      }),
    );
  });
});

describe('a connection', () => {
  it('is closed at its age, when its calls are done, and the client comes back', async () => {
    const server = await startServer({ maxConnectionAgeMs: 50 });
    const client = new TestClient(server.address);
    const stream = await openStream(client);
    const channel = client.channel('iris').getChannel();
    // The channel is told to go away and is idle then, while the stream goes on.
    await new Promise<void>((resolve) => {
      const READY = 2;
      const wait = () =>
        channel.watchConnectivityState(READY, Date.now() + 20_000, () => {
          if (channel.getConnectivityState(false) === READY) wait();
          else resolve();
        });
      wait();
    });
    stream.write(flower);
    expect((await once(stream, 'data'))[0]).toMatchObject({ species_name: 'setosa' });
    stream.resume().end();
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
  });
});
