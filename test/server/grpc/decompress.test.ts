import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompressMessage } from '../../../src/server/grpc/decompress.js';

const decompress = (message: Buffer, coding: string | undefined, maxBytes: number) =>
  decompressMessage(message, coding, maxBytes, () => false);
const bytes = Buffer.from('a message, a message, a message, a message');

describe('a compressed message', () => {
  it.each([
    ['gzip', gzipSync(bytes)],
    ['deflate', deflateSync(bytes)],
  ])('is read: %s', async (coding, compressed) => {
    expect(await decompress(compressed, coding, bytes.length)).toEqual(bytes);
  });

  it('is not read further than a message may be long', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    await expect(decompress(bomb, 'gzip', 1000)).rejects.toMatchObject({
      reason: 'MESSAGE_TOO_LARGE',
      message:
        "expected a message of at most 1000 bytes, this server's maxMessageBytes, found more after decompression",
    });
    await expect(decompress(gzipSync(bytes), 'gzip', bytes.length - 1)).rejects.toThrow('more after decompression');
  });

  it.each(['br', 'snappy', 'toString', '__proto__', 'GZIP'])('of an unknown coding is refused: %s', async (coding) => {
    await expect(decompress(brotliCompressSync(bytes), coding, 1000)).rejects.toMatchObject({
      reason: 'UNKNOWN_COMPRESSION',
      message: `grpc-encoding: expected one of identity,gzip,deflate, found "${coding}"`,
    });
  });

  it.each([undefined, 'identity'])('without a coding is refused: %s', async (coding) => {
    await expect(decompress(gzipSync(bytes), coding, 1000)).rejects.toThrow(
      'request: expected grpc-encoding to say how the message is compressed, found nothing',
    );
  });

  it.each([
    ['gzip', bytes],
    ['gzip', gzipSync(bytes).subarray(0, -1)],
    ['gzip', Buffer.alloc(0)],
    ['deflate', deflateRawSync(bytes)],
    ['deflate', gzipSync(bytes)],
  ])('that is none is refused: %s', async (coding, compressed) => {
    await expect(decompress(compressed, coding, 1000)).rejects.toThrow(
      `request: expected a message compressed by ${coding}, found bytes that are not`,
    );
  });
});
