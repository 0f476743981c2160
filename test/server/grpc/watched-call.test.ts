import { EventEmitter, once } from 'node:events';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { Metadata, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { OpenCalls } from '../../../src/server/calls/observer.js';
import { UnreadReplies } from '../../../src/server/calls/unread-replies.js';
import { watchCalls } from '../../../src/server/grpc/watched-call.js';
import { startServer } from '../serving.js';
import { shareOf } from '../shares.js';

class Stream extends EventEmitter {
  destroyed = false;
  readonly resets: number[] = [];

  close(code: number): void {
    this.resets.push(code);
  }
}

interface Listener {
  onCancel(): void;
  onReceiveMetadata(metadata: Metadata): void;
}

/** What the interceptor uses of the library's call, by hand: messages wait until they are `written`. */
class LibraryCall {
  readonly stream = new Stream();
  readonly written: (() => void)[] = [];
  listener: Listener | undefined;

  getDeadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  start(listener: Listener): void {
    this.listener = listener;
  }

  readonly statuses: { readonly code?: status }[] = [];

  sendStatus(found: { readonly code?: status }): void {
    this.statuses.push(found);
  }

  sendMessage(_message: Buffer, callback: () => void): void {
    this.written.push(callback);
  }
}

function openCall() {
  const counted: (readonly [calls: number, bytes: number])[] = [];
  const unread = new (class extends UnreadReplies {
    override change(calls: number, bytes: number): void {
      counted.push([calls, bytes]);
    }
  })({} as never, {} as never);
  const call = new LibraryCall();
  const caller = { peer: 'a test', share: { ...shareOf(), unread }, calmDown: () => {}, noteLost: () => {} };
  const watch = {
    open: new OpenCalls(),
    observers: [],
    maxMessageBytes: 0,
    clientTimeoutMs: 1000,
  };
  watchCalls(watch, { callerOf: () => caller })({ path: '/test/Echo' } as never, call as never);
  call.start({ onCancel: () => {}, onReceiveMetadata: () => {} });
  const sum = () => counted.reduce(([calls, bytes], [c, b]) => [calls + c, bytes + b], [0, 0]);
  return {
    send: (bytes: number, callback = () => {}) => call.sendMessage(Buffer.alloc(bytes), callback),
    written: call.written,
    resets: call.stream.resets,
    stream: call.stream,
    sum,
    cancel: () => call.listener?.onCancel(),
  };
}

/** A call of a client that holds so many bytes already. */
function openCallBeside(held: number) {
  const share = shareOf();
  share.requestBytes.add(held);
  const call = new LibraryCall();
  const watch = { open: new OpenCalls(), observers: [], maxMessageBytes: 0, clientTimeoutMs: 1000 };
  watchCalls(watch, { callerOf: () => ({ peer: 'a test', share, calmDown: () => {}, noteLost: () => {} }) })(
    { path: '/test/Watch' } as never,
    call as never,
  );
  const handled: Metadata[] = [];
  const listener = { onCancel: () => {}, onReceiveMetadata: (metadata: Metadata) => void handled.push(metadata) };
  call.start(listener);
  call.listener?.onReceiveMetadata(new Metadata());
  const [waiting] = share.waiting;
  return { handled, share, statuses: call.statuses, waiting: waiting! };
}

describe('an open stream', () => {
  it('counts as long as it is open, and gives way to others while nothing of it is worked on', () => {
    const { handled, share, statuses, waiting } = openCallBeside(0);
    expect(handled).toHaveLength(1);
    expect(share.requestBytes.held).toBeGreaterThan(1000);
    waiting.dropRequest();
    expect(statuses).toMatchObject([{ code: status.RESOURCE_EXHAUSTED }]);
    expect(share.requestBytes.held).toBe(0);
  });

  it('is refused, and not handled, where there is no room for it', () => {
    const { limit } = shareOf().requestBytes;
    const { handled, share, statuses } = openCallBeside(limit.capacity / 2);
    expect(statuses).toMatchObject([{ code: status.RESOURCE_EXHAUSTED }]);
    expect([handled, share.requestBytes.held]).toEqual([[], limit.capacity / 2]);
  });
});

describe('unread replies', () => {
  it('count once per call, with all their bytes, until the last one is read', () => {
    const { send, sum, written } = openCall();
    send(100);
    send(200);
    expect(sum()).toEqual([1, 310]);
    written.shift()!();
    expect(sum()).toEqual([1, 205]);
    written.shift()!();
    expect(sum()).toEqual([0, 0]);
    send(1);
    expect(sum()).toEqual([1, 6]);
  });

  it('are forgotten with their stream, once', () => {
    const { cancel, send, stream, sum, written } = openCall();
    send(100);
    stream.destroyed = true;
    cancel();
    expect(sum()).toEqual([0, 0]);
    written[0]!();
    send(5);
    expect(sum()).toEqual([0, 0]);
  });

  it('do not count when they are made after the end', () => {
    const { cancel, send, sum } = openCall();
    cancel();
    send(100);
    expect(sum()).toEqual([0, 0]);
  });

  it('reset nothing when their call ends after they were read', () => {
    const { cancel, resets, send, written } = openCall();
    send(100);
    written[0]!();
    cancel();
    expect(resets).toEqual([]);
  });

  it('are thrown away when their call ends before they are read', () => {
    const { cancel, resets, send, stream, sum } = openCall();
    send(100);
    cancel();
    expect(resets).toEqual([8]);
    expect(sum()).toEqual([1, 105]);
    stream.emit('close');
    expect(sum()).toEqual([0, 0]);
  });

  it('of a stream are asked for ahead of the reader, as far as a frame', () => {
    const { send, sum, written } = openCall();
    let wanted = 0;
    const next = () => {
      wanted++;
    };
    send(10_000, next);
    expect(wanted).toBe(1);
    send(10_000, next);
    expect(wanted).toBe(1);
    expect(sum()).toEqual([1, 20_010]);
    for (const read of written) read();
    expect(wanted).toBe(2);
    expect(sum()).toEqual([0, 0]);
  });
});

describe('a watched call', () => {
  const sessions: ClientHttp2Session[] = [];
  afterEach(() => {
    for (const session of sessions.splice(0)) session.destroy();
  });

  async function serve(settings = {}) {
    const ended: string[] = [];
    const events = new EventEmitter();
    const onEnd = (_: unknown, code: status) => {
      ended.push(status[code]);
      events.emit('end');
    };
    const server = await startServer({ maxMessageBytes: 1024, observers: [{ onEnd }] });
    const session = connect(`http://${server.address}`, { settings });
    sessions.push(session);
    const call = (method: string, headers = {}) => {
      const path = `/ml.IrisPredictor/${method}`;
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        ...headers,
      });
      return stream.on('error', () => {});
    };
    return { call, ended, events };
  }

  /** A message that asks for nothing. */
  const empty = Buffer.alloc(5);
  const flower = Buffer.concat([
    Buffer.of(0, 0, 0, 0, 36),
    ...[6.3, 3.3, 6, 2.5].map((value, index) => {
      const field = Buffer.alloc(9, ((index + 1) << 3) | 1);
      field.writeDoubleLE(value, 1);
      return field;
    }),
  ]);

  it('that is cancelled before its message is whole is told to be cancelled', async () => {
    const { call, ended, events } = await serve();
    const stream = call('PredictIrisSpecies');
    stream.write(flower.subarray(0, 20));
    await once(stream, 'ready');
    const end = once(events, 'end');
    stream.close(constants.NGHTTP2_CANCEL);
    await end;
    expect(ended).toEqual(['CANCELLED']);
  });

  it('of a stream gets the status of its error while its replies are under way', async () => {
    const { call } = await serve();
    for (let round = 0; round < 20; round++) {
      const stream = call('PredictIrisSpeciesStream').resume();
      const told: unknown[] = [];
      for (const event of ['response', 'trailers']) {
        stream.on(event, (headers) => 'grpc-status' in headers && told.push(headers['grpc-status']));
      }
      stream.write(flower);
      stream.end(Buffer.of(0, 0x7f, 0, 0, 0));
      await once(stream, 'close');
      expect(told).toEqual([`${status.RESOURCE_EXHAUSTED}`]);
    }
  });

  it.each(['PredictIrisSpecies', 'PredictIrisSpeciesStream'])(
    '%s with a reply that nobody reads is given up at its deadline',
    async (method) => {
      const { call, ended, events } = await serve({ initialWindowSize: 0 });
      const end = once(events, 'end');
      const stream = call(method, { 'grpc-timeout': '50m' });
      stream.end(flower);
      await Promise.all([end, once(stream, 'close')]);
      expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
      expect(ended).toHaveLength(1);
    },
  );

  it('ends once, also when it is of no message', async () => {
    const { call, ended } = await serve();
    const stream = call('PredictIrisSpecies').resume();
    stream.end(empty);
    await once(stream, 'close');
    expect(ended).toEqual(['INVALID_ARGUMENT']);
  });
});
