import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { framed } from '../../../src/server/grpc/unary-reply.js';
import { encode } from '../../abuse/messages.js';
import { callHeaders, flags, frameTypes, h2Frame, headerFrames, preface } from '../frames.js';
import { afterTest, flower, startServer } from '../serving.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
const tls = { cert: fixture('server.pem'), key: fixture('server.key') };

const message = framed(encode('ml.IrisPredictRequest', flower));

function call(stream: number): Buffer {
  const headers = headerFrames(stream, callHeaders('/ml.IrisPredictor/PredictIrisSpecies'));
  return Buffer.concat([headers, h2Frame(frameTypes.data, flags.endStream, stream, message)]);
}

interface Frame {
  readonly type: number;
  readonly flag: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A client that answers no frame by itself. */
class Peer {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  #rest = Buffer.alloc(0);

  constructor(port: number, secure: boolean) {
    this.socket = secure
      ? connectTls({ port, host: 'localhost', ca: readFileSync(fixture('ca.pem')), ALPNProtocols: ['h2'] })
      : connect(port, '127.0.0.1');
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk: Buffer) => this.#read(chunk));
    afterTest(() => this.socket.destroy());
  }

  async has(type: number, fits: (frame: Frame) => boolean = () => true): Promise<Frame> {
    const find = () => this.frames.find((frame) => frame.type === type && fits(frame));
    await expect.poll(find).toBeDefined();
    return find()!;
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 9) {
      const end = 9 + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) return;
      const [type, flag, stream] = [this.#rest[3]!, this.#rest[4]!, this.#rest.readUInt32BE(5)];
      this.frames.push({ type, flag, stream, payload: this.#rest.subarray(9, end) });
      this.#rest = this.#rest.subarray(end);
    }
  }
}

const lastStream = ({ payload }: Frame) => payload.readUInt32BE(0);
const reasonIn = ({ payload }: Frame) => payload.subarray(8).toString();
const isQuestion = ({ flag }: Frame) => flag === 0;

/** A connection on which one call was answered. */
async function open(options: Parameters<typeof startServer>[0] = {}) {
  const codes: number[] = [];
  const observers = [{ onEnd: (_: unknown, code: number) => void codes.push(code) }];
  const server = await startServer({ observers, keepalive: { timeMs: 1e9, timeoutMs: 1e9 }, ...options });
  const peer = new Peer(server.port, options?.tls !== undefined);
  peer.socket.write(Buffer.concat([preface, call(1)]));
  await peer.has(frameTypes.headers, ({ flag, stream }) => stream === 1 && (flag & flags.endStream) !== 0);
  return { codes, peer, server };
}

describe.each([
  ['a server that closes', 'shutdown', {}],
  ['a connection that has its age', 'max_age', { maxConnectionAgeMs: 1 }],
  ['a server that closes, with TLS', 'shutdown', { tls }],
])('%s', (_, reason, options) => {
  it('answers a call that was on its way, and tells the client before the answer ends that it is the last', async () => {
    const { codes, peer, server } = await open(options);
    const closed = reason === 'shutdown' ? server.close() : undefined;
    await peer.has(frameTypes.ping, isQuestion);
    peer.socket.write(call(3));
    const end = await peer.has(
      frameTypes.headers,
      ({ flag, stream }) => stream === 3 && (flag & flags.endStream) !== 0,
    );
    const goaway = await peer.has(frameTypes.goaway);
    expect([lastStream(goaway), reasonIn(goaway)]).toEqual([3, reason]);
    expect(peer.frames.indexOf(goaway)).toBeLessThan(peer.frames.indexOf(end));
    expect(codes).toEqual([0, 0]);
    await closed;
  });

  it('leaves an idle client that has answered a ping', async () => {
    const { peer, server } = await open(options);
    const closed = reason === 'shutdown' ? server.close() : undefined;
    const ping = await peer.has(frameTypes.ping, isQuestion);
    expect(peer.frames.filter(({ type }) => type === frameTypes.goaway)).toEqual([]);
    peer.socket.write(h2Frame(frameTypes.ping, flags.ack, 0, ping.payload));
    expect(lastStream(await peer.has(frameTypes.goaway))).toBe(1);
    await closed;
  });
});

it('a server that closes takes no connection any more, while calls are still answered', async () => {
  const { codes, peer, server } = await open();
  const closed = server.close();
  await peer.has(frameTypes.ping, isQuestion);
  const late = connect(server.port, '127.0.0.1');
  const [error] = await once(late, 'error');
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  peer.socket.write(call(3));
  await closed;
  expect(codes).toEqual([0, 0]);
});

it('a server that closes waits a second at the most for clients to answer', async () => {
  const { peer, server } = await open();
  const closed = server.close();
  await peer.has(frameTypes.ping, isQuestion);
  await closed;
});
