import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamMessages } from '../../../src/server/grpc/stream-messages.js';

function frame(message: Uint8Array, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}

describe('the messages of a stream', () => {
  it('are those that were sent, with their heads, wherever what came is cut', () => {
    const messages = fc.array(fc.tuple(fc.uint8Array({ maxLength: 50 }), fc.integer({ min: 0, max: 1 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(1200), { maxLength: 30 }), (sent, cuts) => {
        const frames = sent.map(([message, flag]) => frame(message, flag));
        const whole = Buffer.concat(frames);
        const ends = [...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
        const stream = new StreamMessages(50);
        const found = ends.flatMap((end, index) => stream.add(whole.subarray(ends[index - 1] ?? 0, end)));
        expect(found.map(String)).toEqual(frames.map(String));
        expect(stream.pendingBytes).toBe(0);
        stream.finish();
      }),
    );
  });

  it('are refused as soon as a head says that one is too large, those before it are not', () => {
    const stream = new StreamMessages(50);
    expect(stream.add(frame(Buffer.alloc(50)))).toHaveLength(1);
    expect(() => stream.add(Buffer.of(0, 0, 0, 0, 51))).toThrow('expected a message of at most 50 bytes');
    expect(() => new StreamMessages(50).add(Buffer.of(2))).toThrow('expected 0 or 1 in the first byte');
  });

  it.each([
    [1, 'request: expected 5 bytes before the message, found 1'],
    [8, 'request: expected a message of 10 bytes, found 3'],
  ])('must be whole when the stream ends: %i bytes are not', (bytes, message) => {
    const stream = new StreamMessages(50);
    stream.add(Buffer.concat([frame(Buffer.alloc(3)), frame(Buffer.alloc(10)).subarray(0, bytes)]));
    expect(() => stream.finish()).toThrow(message);
  });

  it('keep no more of what was read with them than they need', () => {
    const read = Buffer.allocUnsafeSlow(64 * 1024);
    frame(Buffer.alloc(20)).copy(read);
    const [message] = new StreamMessages(50).add(read.subarray(0, 25));
    expect(message!.buffer).not.toBe(read.buffer);
  });
});
