import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { afterTest, flower, recordLog, type Stream, startServer, TestClient } from '../serving.js';

const UNARY = '/ml.IrisPredictor/PredictIrisSpecies';
const STREAM = '/ml.IrisPredictor/PredictIrisSpeciesStream';
/** A message of 36 bytes. */
const message = Buffer.concat([
  Buffer.of(0, 0, 0, 0, 36),
  ...[5, 3.6, 1.3, 0.25].map((value, index) => {
    const field = Buffer.alloc(9);
    field[0] = ((index + 1) << 3) | 1;
    field.writeDoubleLE(value, 1);
    return field;
  }),
]);

/** Asks and answers on a stream for so long, one message after the other. */
async function talk(stream: Stream, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    stream.write(flower);
    expect((await once(stream, 'data'))[0]).toMatchObject({ species_name: 'setosa' });
  }
}

async function serve(options = {}) {
  const { line, lines, log } = recordLog();
  const ended: string[] = [];
  const onEnd = (_: unknown, code: status) => void ended.push(status[code]);
  const server = await startServer({ log, observers: [{ onEnd }], ...options });
  return { ended, line, lines, server };
}

function openSession(address: string, settings = {}): ClientHttp2Session {
  const session = connect(`http://${address}`, { settings });
  afterTest(() => session.destroy());
  return session.on('error', () => {});
}

function ask(session: ClientHttp2Session, path: string): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  return stream.on('error', () => {});
}

/** What a call without messages is told. */
async function codeOf(stream: ClientHttp2Stream): Promise<string> {
  const [headers] = await once(stream, 'response');
  stream.resume();
  return status[headers['grpc-status']]!;
}

describe('a connection that is closing', () => {
  it('keeps its calls until they end, however long that takes and whenever its pings are due', async () => {
    const { ended, line, lines, server } = await serve({ keepalive: { timeMs: 50, timeoutMs: 50 }, graceMs: 60_000 });
    const stream = new TestClient(server.address).stream('iris', 'PredictIrisSpeciesStream');
    stream.on('error', () => {});
    await talk(stream, 1);
    const closed = server.close();
    await line('draining');
    await talk(stream, 1200);
    stream.resume().end();
    await closed;
    expect(ended).toEqual(['OK']);
    expect(lines.map(({ msg }) => msg)).toEqual(['draining', 'stopped']);
  });

  it('for its age keeps its calls too, and says so where the grace ends them', async () => {
    const keepalive = { timeMs: 50, timeoutMs: 50 };
    const { ended, line, server } = await serve({ keepalive, maxConnectionAgeMs: 100, graceMs: 1500 });
    const client = new TestClient(server.address);
    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    const failed = once(stream, 'error');
    await talk(stream, 1000);
    expect(ended).toEqual([]);
    expect(await line('calls cut with their connections')).toMatchObject({
      reason: 'connection age',
      connections: 1,
      calls: 1,
    });
    await failed;
    expect(ended).toEqual(['CANCELLED']);
  });
});

describe('a connection', () => {
  it('may have 250 calls open, or as many as the server is told', async () => {
    const settings = async (options = {}) => {
      const { server } = await serve(options);
      const [remote] = await once(openSession(server.address), 'remoteSettings');
      return remote.maxConcurrentStreams;
    };
    expect(await settings()).toBe(250);
    expect(await settings({ maxConcurrentStreams: 7 })).toBe(7);
  });

  it('that answers is not asked again and again', async () => {
    const { server } = await serve();
    const session = openSession(server.address);
    let pings = 0;
    session.on('ping', () => {
      pings++;
    });
    await once(session, 'remoteSettings');
    await expect.poll(() => pings, { timeout: 5000 }).toBe(1);
    const other = new TestClient(server.address).stream('iris', 'PredictIrisSpeciesStream');
    await talk(other, 1200);
    expect(pings).toBe(1);
    other.on('error', () => {}).cancel();
  });
});

describe('a client that takes too long', () => {
  it.each([
    ['a unary call', UNARY],
    ['a stream', STREAM],
  ])('to send the message of %s is told so', async (_, path) => {
    const { ended, server } = await serve({ clientTimeoutMs: 300 });
    const call = ask(openSession(server.address), path);
    call.write(message.subarray(0, 20));
    expect(await codeOf(call)).toBe('DEADLINE_EXCEEDED');
    expect(ended).toEqual(['DEADLINE_EXCEEDED']);
  });

  it('between two messages of a stream loses nothing', async () => {
    const { ended, server } = await serve({ clientTimeoutMs: 300 });
    const client = new TestClient(server.address);
    const idle = client.stream('iris', 'PredictIrisSpeciesStream');
    const busy = client.stream('iris', 'PredictIrisSpeciesStream');
    await talk(idle, 1);
    await talk(busy, 1200);
    await talk(idle, 1);
    expect(ended).toEqual([]);
    for (const stream of [idle, busy]) stream.on('error', () => {}).cancel();
  });

  it.each([
    ['a unary call', UNARY],
    ['a stream', STREAM],
  ])('to read the reply of %s loses it', async (_, path) => {
    const { ended, server } = await serve({ clientTimeoutMs: 300 });
    const session = openSession(server.address, { initialWindowSize: 0 });
    await once(session, 'remoteSettings');
    const call = ask(session, path);
    if (path === UNARY) call.end(message);
    else call.write(message);
    await once(call, 'close');
    expect(call.rstCode).toBe(8);
    await expect.poll(() => ended).toEqual(['CANCELLED']);
  });
});

it('a message of a stream that is cut off is no end of it', async () => {
  const { ended, server } = await serve();
  const call = ask(openSession(server.address), STREAM);
  call.end(message.subarray(0, 20));
  expect(await codeOf(call)).toBe('INVALID_ARGUMENT');
  expect(ended).toEqual(['INVALID_ARGUMENT']);
});
