import { damage } from './damage.js';
import { type NamedBytes, peek, prepend } from './named-bytes.js';

/** Packed bytes that the decoder is given at once: they unpack to at most 128 blocks of 128 KiB. */
const PIECE_BYTES = 512;
const MAX_BLOCK_BYTES = 1 << 17;
const FRAME_MAGIC = 0xfd2fb528;
const LONGEST_HEADER = 18;
/** The largest window that zstd itself takes without being told otherwise. */
const MAX_WINDOW_BYTES = 1 << 27;

/**
 * Unpacks Zstandard (RFC 8878), any number of frames.
 * Why: docs/decisions/zstd-by-a-package.md
 */
export async function* unzstd({ bytes, source }: NamedBytes): AsyncGenerator<Buffer> {
  try {
    yield* decompressed(bytes);
  } catch (cause) {
    throw damage('zstd', source, cause);
  }
}

async function* decompressed(bytes: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const { Decompress } = await import('fzstd');
  const { head, rest } = await peek(bytes, LONGEST_HEADER);
  if (windowBytes(head) > MAX_WINDOW_BYTES) throw new Error(`a window of more than ${MAX_WINDOW_BYTES} bytes`);
  let blocks: Uint8Array[] = [];
  const decoder = new Decompress((block) => {
    if (block.length > MAX_BLOCK_BYTES) throw new Error(`a block of more than ${MAX_BLOCK_BYTES} bytes`);
    blocks.push(block);
  });
  for await (const chunk of prepend(head, rest)) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      decoder.push(chunk.subarray(at, at + PIECE_BYTES));
      if (blocks.length === 0) continue;
      yield Buffer.concat(blocks);
      blocks = [];
    }
  }
  // It throws where the end is missing, and keeps a few bytes until then.
  decoder.push(new Uint8Array(0), true);
  yield Buffer.concat(blocks);
}

/** What the decoder of a frame allocates (RFC 8878, 3.1.1.1). */
function windowBytes(frame: Buffer): number {
  if (frame.length < LONGEST_HEADER || frame.readUInt32LE(0) !== FRAME_MAGIC) return 0;
  const [flags, window] = [frame[4]!, frame[5]!];
  if ((flags & 0x20) === 0) return 128 * (8 + (window & 7)) * ((1 << (window >> 3)) >>> 0);
  const size = 5 + [0, 1, 2, 4][flags & 3]!;
  return [frame[size]!, frame.readUInt16LE(size) + 256, frame.readUInt32LE(size), frame.readBigUInt64LE(size)].map(
    Number,
  )[flags >> 6]!;
}
