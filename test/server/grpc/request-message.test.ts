import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestMessage } from '../../../src/server/grpc/request-message.js';

const MAX_BYTES = 1000;

function frame(message: Uint8Array, { flag = 0, length = message.byteLength } = {}): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

function receive(...chunks: Buffer[]) {
  const message = new RequestMessage(MAX_BYTES);
  for (const chunk of chunks) message.add(chunk);
  return message.finish();
}

describe('the message of a request', () => {
  it('is the same however it is cut, and ends at a multiple of eight bytes when it was', () => {
    const cuts = fc.array(fc.nat(MAX_BYTES + 5), { maxLength: 5 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: MAX_BYTES }), fc.boolean(), cuts, (message, compressed, places) => {
        const whole = frame(message, { flag: Number(compressed) });
        const ends = [...places.filter((place) => place < whole.length).sort((a, b) => a - b), whole.length];
        const chunks = ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
        const received = receive(...chunks);
        expect(received.compressed).toBe(compressed);
        expect(received.bytes.equals(message)).toBe(true);
        const { byteLength, byteOffset } = received.bytes;
        if (chunks.filter(({ length }) => length > 0).length > 1) expect((byteOffset + byteLength) % 8).toBe(0);
      }),
    );
  });

  it('is refused as soon as its head says that it is too large', () => {
    const message = new RequestMessage(MAX_BYTES);
    message.add(Buffer.of(0, 0, 0));
    message.add(Buffer.of(3));
    expect(() => message.add(Buffer.of(0xe9))).toThrow(
      "expected a message of at most 1000 bytes, this server's maxMessageBytes, found 1001",
    );
    expect(receive(frame(new Uint8Array(1000))).bytes).toHaveLength(1000);
  });

  it('is refused as soon as there is more than one', () => {
    const message = new RequestMessage(MAX_BYTES);
    message.add(frame(Buffer.of(1, 2, 3)));
    expect(() => message.add(Buffer.of(0))).toThrow('expected one message, found two');
    expect(() => receive(Buffer.concat([frame(Buffer.of(1)), Buffer.of(0)]))).toThrow('found two');
  });

  it.each([
    ['nothing', [], 'expected one message, found none'],
    ['half a head', [Buffer.of(0, 0)], 'request: expected 5 bytes before the message, found 2'],
    ['less than its length', [frame(Buffer.of(1), { length: 4 })], 'request: expected a message of 4 bytes, found 1'],
    [
      'a flag that is none',
      [frame(Buffer.of(1), { flag: 2 })],
      'request: expected 0 or 1 in the first byte, for not compressed or compressed, found 2',
    ],
  ])('is refused at its end: %s', (_, chunks, message) => {
    expect(() => receive(...chunks)).toThrow(message);
  });
});
