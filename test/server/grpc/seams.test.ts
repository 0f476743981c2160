import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { Server, ServerCredentials, type ServerDuplexStream, type ServerInterceptor } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import {
  callInterceptor,
  interceptStreams,
  type LibraryCall,
  libraryFunctions,
  listeners,
  setMaxHeaderPairs,
} from '../../../src/server/grpc/seams.js';
import { afterTest } from '../serving.js';

/** What @grpc/grpc-js does and does not promise, seen with the library alone: nothing of our server is in between. */

const PATH = '/test/Echo';
const FRAME = Buffer.from([0, 0, 0, 0, 2, 104, 105]);

type EchoCall = ServerDuplexStream<Buffer, Buffer>;

interface Echo {
  readonly server: Server;
  readonly handled: EchoCall[];
  open(headers?: IncomingHttpHeaders): ClientHttp2Stream;
  readonly session: ClientHttp2Session;
}

/** A server of the library that sends every message back. @param prepare called before it listens */
async function startEcho(prepare: (server: Server) => void, interceptors: ServerInterceptor[] = []): Promise<Echo> {
  const server = new Server({ 'grpc.enable_channelz': 0, interceptors });
  const handled: EchoCall[] = [];
  const same = (bytes: Buffer) => bytes;
  const echo = (call: EchoCall) => {
    handled.push(call);
    call.on('data', (message: Buffer) => call.write(message)).on('end', () => call.end());
  };
  server.register(PATH, echo as never, same, same, 'bidi');
  prepare(server);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const session = connect(`http://127.0.0.1:${port}`);
  afterTest(() => {
    session.destroy();
    server.forceShutdown();
  });
  const open = (headers = {}) =>
    session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
  return { server, handled, open, session };
}

/** Sends one message and reads all that comes. */
async function echoOnce(call: ClientHttp2Stream) {
  const chunks: Buffer[] = [];
  call.on('data', (chunk: Buffer) => chunks.push(chunk));
  const answered = once(call, 'response');
  const trailed = once(call, 'trailers').catch(() => [{}]);
  call.end(FRAME);
  const [headers] = (await answered) as [IncomingHttpHeaders];
  const [trailers] = (await Promise.race([trailed, once(call, 'close').then(() => [{}])])) as [IncomingHttpHeaders];
  return { headers, trailers, body: Buffer.concat(chunks) };
}

it('the server keeps the servers that it listens with, and their open sessions', async () => {
  const { open, server } = await startEcho(() => {});
  expect([...listeners(server).values()].map(({ sessions }) => [...sessions].length)).toEqual([0]);
  await echoOnce(open());
  const [[listener, { sessions }]] = [...listeners(server)];
  expect(listener!.listening).toBe(true);
  const [session, ...others] = [...sessions];
  expect(others).toEqual([]);
  expect(session!.socket.remoteAddress).toBe('127.0.0.1');
});

it('the number of header pairs that a call may have is taken from options that can be changed', async () => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`key-${index}`, 'v']));
  const plain = await startEcho(() => {});
  const refused = plain.open(many);
  const [error] = await once(refused, 'error');
  expect(error.code).toMatch(/ERR_HTTP2_STREAM_ERROR/);
  const wide = await startEcho((server) => setMaxHeaderPairs(server, 500));
  expect((await echoOnce(wide.open(many))).trailers['grpc-status']).toBe('0');
});

it('every stream goes to one function first, which may answer it or change its headers', async () => {
  const seen: [path: string | undefined, pairs: string[]][] = [];
  const { open } = await startEcho((server) =>
    interceptStreams(server, ({ headers, rawHeaders, stream }) => {
      seen.push([headers[':path'], rawHeaders.filter((_, index) => index % 2 === 0)]);
      if (headers['x-own'] === undefined) return { ...headers, ':path': headers['x-path'] as string };
      stream.respond({ ':status': 418 }, { endStream: true });
      return undefined;
    }),
  );
  const own = open({ 'x-own': '1' });
  expect((await once(own, 'response'))[0]).toMatchObject({ ':status': 418 });
  expect(await echoOnce(open({ ':path': '/nowhere', 'x-path': PATH }))).toMatchObject({
    body: FRAME,
    trailers: { 'grpc-status': '0' },
  });
  expect(seen.map(([path]) => path)).toEqual([PATH, '/nowhere']);
  expect(seen[0]![1]).toEqual(expect.arrayContaining([':path', 'content-type', 'x-own']));
});

/** A server whose calls are given to `hook` before the library starts them. */
function startHooked(hook: (call: LibraryCall) => void): Promise<Echo> {
  return startEcho(() => {}, [
    callInterceptor((path, call) => {
      expect(path).toBe(PATH);
      hook(call);
    }),
  ]);
}

it("functions of the library's call may be replaced by an object's own, which call those of the prototype", async () => {
  const called: string[] = [];
  const { open } = await startHooked((call) => {
    const library = libraryFunctions(call);
    for (const name of ['start', 'sendMetadata', 'sendMessage', 'sendStatus'] as const) {
      expect(Object.hasOwn(call, name)).toBe(false);
      const original = library[name] as (...args: unknown[]) => void;
      Object.assign(call, {
        [name]: (...args: unknown[]) => {
          called.push(name);
          original.apply(call, args);
        },
      });
    }
  });
  expect(await echoOnce(open())).toMatchObject({ body: FRAME, trailers: { 'grpc-status': '0' } });
  expect(called.filter((name) => name !== 'sendMetadata')).toEqual(['start', 'sendMessage', 'sendStatus']);
  expect(called).toContain('sendMetadata');
});

it("the library's call has the stream of HTTP/2", async () => {
  const found: unknown[] = [];
  const { open, server } = await startHooked(({ stream }) => void found.push(stream.id, stream.session));
  const call = open();
  await echoOnce(call);
  const [{ sessions }] = [...listeners(server).values()];
  expect(found[0]).toBe(call.id);
  expect(found[1]).toBe([...sessions][0]);
});

it('what arrives goes to the decoder, and each message of it, with its head, to the decompressor', async () => {
  const written: Buffer[] = [];
  const unpacked: [frame: Buffer, coding: string][] = [];
  const { open } = await startHooked((call) => {
    call.decoder = {
      write: (chunk) => {
        written.push(chunk);
        return [Buffer.from([0, 0, 0, 0, 1, 97])];
      },
    };
    call.decompressMessage = (frame, coding) => {
      unpacked.push([frame, coding]);
      return Buffer.from('bcd');
    };
  });
  const { body } = await echoOnce(open());
  expect(Buffer.concat(written)).toEqual(FRAME);
  expect(unpacked).toEqual([[Buffer.from([0, 0, 0, 0, 1, 97]), 'identity']]);
  expect(body.subarray(5).toString()).toBe('bcd');
});

it.each(['decoder', 'decompressor'])('what the %s throws ends the call through its sendStatus', async (which) => {
  const codes: unknown[] = [];
  const refuse = () => {
    throw new Error('refused');
  };
  const { open } = await startHooked((call) => {
    if (which === 'decoder') call.decoder = { write: refuse };
    else call.decompressMessage = async () => refuse();
    call.sendStatus = () => {
      codes.push('own');
      libraryFunctions(call).sendStatus.call(call, { code: 3, details: 'ours', metadata: null });
    };
  });
  const call = open();
  const [headers] = await Promise.all([once(call, 'response'), call.end(FRAME)]);
  expect(headers[0]).toMatchObject({ 'grpc-status': '3', 'grpc-message': 'ours' });
  expect(codes).toEqual(['own']);
});

it('the handler gets the metadata object that the listener got', async () => {
  const received: unknown[] = [];
  const { handled, open } = await startHooked((call) => {
    const library = libraryFunctions(call);
    call.start = (listener) =>
      library.start.call(call, {
        ...listener,
        onReceiveMetadata: (metadata) => {
          received.push(metadata);
          listener.onReceiveMetadata(metadata);
        },
        onReceiveMessage: (message) => listener.onReceiveMessage(message),
        onReceiveHalfClose: () => listener.onReceiveHalfClose(),
        onCancel: () => listener.onCancel(),
      });
  });
  await echoOnce(open());
  expect(received).toHaveLength(1);
  expect(handled[0]!.metadata).toBe(received[0]);
});
