import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { countUnread, UnreadReplies } from '../../src/server/unread-replies.js';

/** What the interceptor uses of the library's call, by hand: messages wait until they are `read`. */
function openCall(responseStream = false) {
  const counted: (readonly [calls: number, bytes: number])[] = [];
  const unread = new (class extends UnreadReplies {
    override change(calls: number, bytes: number): void {
      counted.push([calls, bytes]);
    }
  })();
  const resets: number[] = [];
  const stream = Object.assign(new EventEmitter(), { destroyed: false, close: (code: number) => resets.push(code) });
  const written: (() => void)[] = [];
  let onCancel = () => {};
  const call = {
    stream,
    sendMessage: (_message: Buffer, callback: () => void) => written.push(callback),
    start: (listener: { onCancel: () => void }) => {
      onCancel = () => listener.onCancel();
    },
  };
  countUnread(unread)({ responseStream } as never, call as never);
  call.start({ onCancel: () => {} });
  const sum = () => counted.reduce(([calls, bytes], [c, b]) => [calls + c, bytes + b], [0, 0]);
  return {
    send: (bytes: number, callback = () => {}) => call.sendMessage(Buffer.alloc(bytes), callback),
    written,
    resets,
    stream,
    sum,
    cancel: () => onCancel(),
  };
}

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
    const { send, stream, sum, written } = openCall();
    send(100);
    stream.emit('close');
    expect(sum()).toEqual([0, 0]);
    written[0]!();
    send(5);
    expect(sum()).toEqual([0, 0]);
  });

  it('do not count on a stream that is gone already', () => {
    const { send, stream, sum } = openCall();
    stream.destroyed = true;
    send(100);
    expect(sum()).toEqual([0, 0]);
  });

  it('are thrown away when their call ends before they are read, and only then', () => {
    const { cancel, resets, send, written } = openCall();
    send(100);
    written[0]!();
    cancel();
    expect(resets).toEqual([]);
    send(100);
    cancel();
    expect(resets).toEqual([8]);
  });

  it('of a stream are asked for ahead of the reader, as far as a frame', () => {
    const { send, sum, written } = openCall(true);
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

  it('of a unary call are told to be written when they are', () => {
    const { send, written } = openCall();
    let told = false;
    send(10, () => {
      told = true;
    });
    expect(told).toBe(false);
    written[0]!();
    expect(told).toBe(true);
  });
});
