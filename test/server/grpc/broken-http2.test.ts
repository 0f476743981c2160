import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { callHeaders, flags, frameTypes, h2Frame, headerFrames, preface } from '../frames.js';
import { afterTest, recordLog, startServer } from '../serving.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
const tls = { cert: fixture('server.pem'), key: fixture('server.key') };

const STREAM = '/ml.IrisPredictor/PredictIrisSpeciesStream';
const openStream = headerFrames(1, callHeaders(STREAM));

const longHeaders = callHeaders(STREAM, { 'x-long': 'a'.repeat(200_000) });

/** What breaks a connection as a whole: RFC 9113, section 5.4.1. */
const breaks: Readonly<Record<string, Buffer>> = {
  'bytes that are no frame': Buffer.from('no frame of HTTP/2, but some text'),
  'a header block of 200 kB': headerFrames(3, longHeaders),
  'DATA after END_STREAM': Buffer.concat([
    h2Frame(frameTypes.headers, flags.endStream | flags.endHeaders, 3, callHeaders(STREAM)),
    h2Frame(frameTypes.data, 0, 3, Buffer.alloc(3)),
  ]),
  'headers that HPACK does not know': h2Frame(frameTypes.headers, flags.endHeaders, 3, Buffer.alloc(8, 0xff)),
  'a frame above the largest size': h2Frame(frameTypes.data, 0, 1, Buffer.alloc(20_000)),
  'DATA on a stream that was never opened': h2Frame(frameTypes.data, 0, 9, Buffer.alloc(3)),
  'a window that overflows': h2Frame(frameTypes.windowUpdate, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff])),
  'a window update of nothing': h2Frame(frameTypes.windowUpdate, 0, 0, Buffer.alloc(4)),
  'a ping of seven bytes': h2Frame(frameTypes.ping, 0, 0, Buffer.alloc(7)),
};

async function open(port: number, secure: boolean): Promise<Socket> {
  const socket = secure
    ? connectTls({ port, host: 'localhost', ca: readFileSync(fixture('ca.pem')), ALPNProtocols: ['h2'] })
    : connect(port, '127.0.0.1');
  afterTest(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, secure ? 'secureConnect' : 'connect');
  return socket;
}

async function serve(secure: boolean, options = {}) {
  const { line, lines, log } = recordLog();
  const codes: string[] = [];
  let told = () => {};
  const onEnd = (_: unknown, code: status) => {
    codes.push(status[code]);
    told();
  };
  const started = new Promise<void>((resolve) => {
    told = resolve;
  });
  const observer = { onStart: () => told(), onEnd };
  const server = await startServer({ log, observers: [observer], ...(secure ? { tls } : {}), ...options });
  return { server, codes, started, line, lines };
}

describe.each([
  ['plain', false],
  ['TLS', true],
])('a %s connection', (_, secure) => {
  it.each(Object.entries(breaks))('is closed at once after %s, and the calls on it end', async (_name, bytes) => {
    // Were it left to keepalive, the test would wait for ever.
    const { codes, server, started } = await serve(secure, { keepalive: { timeMs: 1e9, timeoutMs: 1e9 } });
    const socket = await open(server.port, secure);
    socket.write(Buffer.concat([preface, openStream]));
    await started;
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.write(bytes);
    await once(socket, 'close');
    expect(Buffer.concat(received).includes(Buffer.of(frameTypes.goaway, 0, 0, 0, 0, 0))).toBe(true);
    await expect.poll(() => codes).toContain('CANCELLED');
  });

  it('that is closing already is closed at once too', async () => {
    const { codes, server, started } = await serve(secure, { graceMs: 3_600_000 });
    const socket = await open(server.port, secure);
    socket.write(Buffer.concat([preface, openStream]));
    await started;
    const closed = server.close();
    socket.resume().write(breaks['bytes that are no frame']!);
    await closed;
    expect(codes).toEqual(['CANCELLED']);
  });

  it('whose client reads nothing for a while stays, and is answered when it reads', async () => {
    const { codes, server, started } = await serve(secure);
    const socket = await open(server.port, secure);
    socket.pause();
    socket.write(Buffer.concat([preface, openStream]));
    await started;
    // Some checks of the server's: none of its questions is answered.
    await sleep(1200);
    expect(codes).toEqual([]);
    socket.write(h2Frame(frameTypes.data, flags.endStream, 1));
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk)).resume();
    await expect.poll(() => codes).toEqual(['OK']);
  });
});

it.each(['bytes that are no frame', 'a window update of nothing', 'DATA after END_STREAM'])(
  'calls that were cut after %s are counted in one line of the log',
  async (name) => {
    const { line, lines, server, started } = await serve(false);
    const socket = await open(server.port, false);
    socket.resume().write(Buffer.concat([preface, openStream]));
    await started;
    const closed = once(socket, 'close');
    socket.write(breaks[name]!);
    const cut = await line('calls cut with their connections');
    expect(cut).toMatchObject({ reason: 'broken HTTP/2', connections: 1, calls: name.startsWith('DATA') ? 2 : 1 });
    await closed;
    expect(lines.filter(({ msg }) => msg === cut['msg'])).toHaveLength(1);
  },
);

it('a client that only goes away is not said to have broken anything', async () => {
  const { codes, lines, server, started } = await serve(false);
  const socket = await open(server.port, false);
  socket.resume().write(Buffer.concat([preface, openStream]));
  await started;
  socket.resetAndDestroy();
  await expect.poll(() => codes).toEqual(['CANCELLED']);
  await server.close();
  expect(lines.map(({ msg }) => msg)).not.toContain('calls cut with their connections');
});
