import { EventEmitter, once } from 'node:events';
import { type ClientHttp2Stream, connect, constants, type OutgoingHttpHeaders } from 'node:http2';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { Metadata, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { OpenCalls } from '../../../src/server/calls/observer.js';
import { UnreadReplies } from '../../../src/server/calls/unread-replies.js';
import { UnaryCall } from '../../../src/server/grpc/unary-call.js';
import { afterTest, startServer } from '../serving.js';
import { shareOf } from '../shares.js';

/** Tests run without the flag. */
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** What a call uses of a stream, by hand: replies wait until they are taken. */
class Stream extends EventEmitter {
  closed = false;
  destroyed = false;
  readonly resets: number[] = [];
  readonly responses: OutgoingHttpHeaders[] = [];
  readonly ends: ((error?: Error) => void)[] = [];

  respond(headers: OutgoingHttpHeaders): void {
    this.responses.push(headers);
  }

  end(_frame: Buffer, callback: (error?: Error) => void): void {
    this.ends.push(callback);
  }

  close(code: number): void {
    this.resets.push(code);
  }
}

const emptyMessage = Buffer.alloc(5);

function openCall(headers = {}) {
  const events: string[] = [];
  const open = new OpenCalls();
  const counted = [0, 0];
  const unread = new (class extends UnreadReplies {
    override change(calls: number, bytes: number): void {
      counted[0] += calls;
      counted[1] += bytes;
    }
  })({} as never, {} as never);
  const watch = {
    open,
    observers: [
      { onStart: () => void events.push('start'), onEnd: (_: unknown, code: status) => void events.push(status[code]) },
    ],
    maxMessageBytes: 1000,
    clientTimeoutMs: 1000,
  };
  const share = { ...shareOf(), unread };
  const caller = { peer: 'a test', share, calmDown: () => {}, noteLost: () => {} };
  const stream = new Stream();
  const handled: UnaryCall[] = [];
  const method = { path: '/test/Echo', handler: (call: UnaryCall) => void handled.push(call), watch };
  const call = new UnaryCall(method, stream as never, headers, caller);
  return { call, caller, counted, events, handled, open, share, stream };
}

describe('the reply to a unary call', () => {
  it.each([
    ['OK when it is taken', undefined, 'OK'],
    ['cancelled when it is not', new Error('gone'), 'CANCELLED'],
  ])('ends it, once: %s', (_, error, code) => {
    const { call, counted, events, open, stream } = openCall();
    call.start(0);
    expect([events, open.total]).toEqual([['start'], 1]);
    call.end(Buffer.alloc(100));
    call.end(Buffer.alloc(100));
    expect([events, counted]).toEqual([['start'], [1, 105]]);
    expect(stream.ends).toHaveLength(1);
    stream.ends[0]!(error);
    stream.destroyed = true;
    stream.emit('close');
    expect([events, counted, open.total]).toEqual([['start', code], [0, 0], 0]);
  });

  it('is not made for a call that has gone', () => {
    const { call, counted, events, stream } = openCall();
    call.start(0);
    stream.destroyed = true;
    call.end(Buffer.alloc(100));
    stream.emit('close');
    expect([stream.ends, counted, events]).toEqual([[], [0, 0], ['start', 'CANCELLED']]);
    expect(call.context.cancelled).toBe(true);
  });

  it('is thrown away when nobody has read it at the deadline', async () => {
    const { call, counted, events, stream } = openCall({ 'grpc-timeout': '1m' });
    call.start(0);
    call.end(Buffer.alloc(100));
    await expect.poll(() => stream.resets).toEqual([constants.NGHTTP2_CANCEL]);
    expect([events, counted]).toEqual([
      ['start', 'DEADLINE_EXCEEDED'],
      [1, 105],
    ]);
    stream.emit('close');
    expect(counted).toEqual([0, 0]);
  });
});

describe('a unary call', () => {
  it('that has gone before it began ends as cancelled', () => {
    const { call, events, handled, stream } = openCall();
    stream.closed = true;
    call.start(0);
    stream.emit('data', emptyMessage);
    stream.emit('end');
    expect([events, handled]).toEqual([['start', 'CANCELLED'], []]);
  });

  it('that is cut while its message comes is not handled', () => {
    const { call, events, handled, stream } = openCall();
    call.start(0);
    stream.emit('data', emptyMessage.subarray(2));
    stream.closed = true;
    stream.emit('end');
    stream.emit('close');
    expect([events, handled]).toEqual([['start', 'CANCELLED'], []]);
  });

  it('counts from its headers on, and gives way to others while its message has not come', () => {
    const { call, handled, share } = openCall();
    call.start(9000);
    expect(share.requestBytes.held).toBe(9000);
    call.dropRequest();
    expect(handled).toEqual([call]);
    expect(() => call.request).toThrow('bytes of requests at once');
    call.end({ code: status.RESOURCE_EXHAUSTED, details: '', metadata: new Metadata() });
    expect(share.requestBytes.held).toBe(0);
  });

  it('is refused where there is no room for it', () => {
    const { call, handled, share } = openCall();
    call.start(share.requestBytes.limit.capacity + 1);
    expect(handled).toEqual([call]);
    expect(() => call.request).toThrow('bytes of requests at once');
    expect(share.requestBytes.held).toBe(0);
  });

  it('keeps nothing of what comes after its deadline', async () => {
    const { call, handled, stream } = openCall({ 'grpc-timeout': '1m' });
    call.start(0);
    await expect.poll(() => stream.responses).toHaveLength(1);
    expect(stream.responses).toMatchObject([{ 'grpc-status': status.DEADLINE_EXCEEDED }]);
    const kept = new WeakRef(Buffer.alloc(100));
    stream.emit('data', kept.deref()!);
    await nextTurn();
    collectGarbage();
    expect(kept.deref()).toBeUndefined();
    stream.emit('end');
    expect(handled).toEqual([]);
  });

  it.each([
    ['that has not sent all is told to stop', false, [constants.NGHTTP2_NO_ERROR]],
    ['that has sent all is not', true, []],
  ])('%s when it is refused', (_, ends, resets) => {
    const { call, stream } = openCall();
    call.start(0);
    stream.emit('data', emptyMessage);
    if (ends) stream.emit('end');
    call.end({ code: status.NOT_FOUND, details: 'none', metadata: new Metadata() });
    expect(stream.resets).toEqual(resets);
  });

  it('that is answered lets its message go', () => {
    const { call, handled, stream } = openCall();
    call.start(0);
    stream.emit('data', emptyMessage);
    stream.emit('end');
    expect(handled).toEqual([call]);
    expect(call.request).toEqual(Buffer.alloc(0));
    call.end({ code: status.NOT_FOUND, details: 'none', metadata: new Metadata() });
    expect(() => call.request).toThrow();
    expect(stream.responses).toHaveLength(1);
  });

  it('is handled at once when its message is too large, and takes no more of it', () => {
    const { call, handled, stream } = openCall();
    call.start(0);
    stream.emit('data', Buffer.of(0, 0, 1, 0, 0));
    expect(handled).toEqual([call]);
    expect(() => call.request).toThrow('found 65536');
    for (let chunk = 0; chunk < 10; chunk++) stream.emit('data', Buffer.alloc(10_000));
    stream.emit('end');
    expect(handled).toHaveLength(1);
  });
});

/** A call by a client of HTTP/2, and what it is told. */
async function ask(address: string, frames: readonly Buffer[], headers = {}) {
  const session = connect(`http://${address}`);
  afterTest(() => session.destroy());
  const call = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    ...headers,
  });
  const told: Record<string, unknown>[] = [];
  const take = (found: Record<string, unknown>) => told.push(found);
  call.on('response', take).on('trailers', take).resume();
  for (const frame of frames) call.write(frame);
  call.end();
  await once(call, 'close');
  const statuses = told.filter((found) => 'grpc-status' in found);
  expect(statuses).toHaveLength(1);
  const { 'grpc-message': message, 'grpc-status': code } = statuses[0]!;
  return { code: status[Number(code)], message: message && decodeURIComponent(String(message)), told };
}

describe('a unary call on the wire', () => {
  const gzip = { 'grpc-encoding': 'gzip' };
  const compressed = (bytes: Buffer) => {
    const packed = gzipSync(bytes);
    return Buffer.concat([Buffer.of(1, 0, 0, 0, packed.length), packed]);
  };

  it.each([
    ['no message', [], {}, 'UNIMPLEMENTED', 'expected one message, found none'],
    ['one', [emptyMessage], {}, 'OK', undefined],
    ['one in five pieces', [...emptyMessage].map((byte) => Buffer.of(byte)), {}, 'OK', undefined],
    ['one compressed', [compressed(Buffer.alloc(0))], gzip, 'OK', undefined],
    ['two at once', [Buffer.alloc(10)], {}, 'UNIMPLEMENTED', 'expected one message, found two'],
    ['two', [emptyMessage, emptyMessage], {}, 'UNIMPLEMENTED', 'expected one message, found two'],
    [
      'half a message',
      [Buffer.of(0, 0, 0, 0, 9, 1)],
      {},
      'INVALID_ARGUMENT',
      'request: expected a message of 9 bytes, found 1',
    ],
    [
      'a compressed one that does not say how',
      [compressed(Buffer.alloc(0))],
      {},
      'INVALID_ARGUMENT',
      'request: expected grpc-encoding to say how the message is compressed, found nothing',
    ],
    [
      'one that unpacks to more than is taken',
      [compressed(Buffer.alloc(2000))],
      gzip,
      'RESOURCE_EXHAUSTED',
      "expected a message of at most 1024 bytes, this server's maxMessageBytes, found more after decompression",
    ],
    [
      'a timeout that is none',
      [emptyMessage],
      { 'grpc-timeout': 'soon' },
      'INVALID_ARGUMENT',
      'grpc-timeout: expected up to 8 digits and one of H, M, S, m, u, n, found "soon"',
    ],
    ['the longest timeout', [emptyMessage], { 'grpc-timeout': '99999999H' }, 'OK', undefined],
  ])('of %s gets one status', async (_, frames, headers, code, message) => {
    const server = await startServer({ maxMessageBytes: 1024 });
    expect(await ask(server.address, frames, headers)).toMatchObject({ code, message });
    await server.close();
  });

  it('is told what it may be compressed with when it is by something else', async () => {
    const server = await startServer();
    const frame = compressed(Buffer.alloc(0));
    const { code, told } = await ask(server.address, [frame], { 'grpc-encoding': 'snappy' });
    expect(code).toBe('UNIMPLEMENTED');
    expect(told).toMatchObject([{ 'grpc-accept-encoding': 'identity,gzip,deflate' }]);
  });

  it('waits for its message no longer than its deadline', async () => {
    const server = await startServer();
    const session = connect(`http://${server.address}`);
    afterTest(() => session.destroy());
    const headers = { ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc' };
    const call: ClientHttp2Stream = session.request({ ...headers, 'grpc-timeout': '20m' });
    const [found] = await once(call, 'response');
    expect(found['grpc-status']).toBe(String(status.DEADLINE_EXCEEDED));
    call.close();
  });

  it.each([
    ['a reply', emptyMessage],
    ['a refusal', Buffer.alloc(10)],
  ])('gets its ids back with %s', async (_, frame) => {
    const server = await startServer();
    const ids = { 'x-request-id': 'my-id', traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` };
    const { told } = await ask(server.address, [frame], ids);
    expect(told[0]).toMatchObject(ids);
  });
});

describe('a unary call that has to give way', () => {
  it('is refused while its request is coming, and holds nothing then', () => {
    const { call, events, handled, share, stream } = openCall();
    call.start(0);
    stream.emit('data', Buffer.of(0, 0, 0, 0, 100, 1, 2, 3));
    expect(share.requestBytes.held).toBe(8);
    call.dropRequest();
    expect(() => handled[0]!.request).toThrow('bytes of requests at once');
    handled[0]!.end({ code: status.RESOURCE_EXHAUSTED, details: '', metadata: new Metadata() });
    expect(events).toEqual(['start', 'RESOURCE_EXHAUSTED']);
    expect(share.requestBytes.held).toBe(0);
    stream.emit('data', Buffer.alloc(50));
    expect(share.requestBytes.held).toBe(0);
  });

  it('is not refused once its request is there', () => {
    const { call, handled, share, stream } = openCall();
    call.start(0);
    stream.emit('data', emptyMessage);
    stream.emit('end');
    call.dropRequest();
    expect(handled).toHaveLength(1);
    expect(handled[0]!.request).toHaveLength(0);
    expect(share.requestBytes.held).toBe(5);
    call.end(Buffer.alloc(1));
    expect(share.requestBytes.held).toBe(0);
  });

  it('loses a reply that nobody reads', () => {
    const { call, counted, stream } = openCall();
    call.start(0);
    call.end(Buffer.alloc(100));
    call.dropReply();
    expect([stream.resets, counted]).toEqual([[constants.NGHTTP2_ENHANCE_YOUR_CALM], [0, 0]]);
    stream.ends[0]!(new Error('gone'));
    stream.emit('close');
    expect(counted).toEqual([0, 0]);
  });
});
