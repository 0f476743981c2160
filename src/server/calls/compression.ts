import { promisify } from 'node:util';
import { constants, deflate, gunzip, gzip, inflate } from 'node:zlib';
import { RequestError } from '../../ground/errors.js';
import { messageTooLarge } from './refusal.js';
import { Semaphore } from './semaphore.js';

const codings = {
  gzip: { decompress: promisify(gunzip), compress: promisify<Uint8Array, object, Buffer<ArrayBuffer>>(gzip) },
  deflate: { decompress: promisify(inflate), compress: promisify<Uint8Array, object, Buffer<ArrayBuffer>>(deflate) },
};

/** By the names that gRPC and HTTP have for them; `deflate` is in the form of zlib. */
export type Coding = keyof typeof codings;
export const CODINGS = Object.keys(codings) as readonly Coding[];

export function isCoding(name: string): name is Coding {
  return Object.hasOwn(codings, name);
}

/** A few kilobytes can decompress to the largest message: few at once, or they fill the memory. */
const decompressing = new Semaphore(4);
/** Each takes a thread of the few that there are. */
const compressing = new Semaphore(4);

/**
 * Bytes without their compression.
 *
 * @throws Refusal when more than `maxBytes` come out
 * @throws RequestError when they are not of the coding
 */
export async function decompress(bytes: Buffer, coding: Coding, maxBytes: number): Promise<Buffer> {
  try {
    return await codings[coding].decompress(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw messageTooLarge(maxBytes, 'more after decompression');
    }
    const description = `expected a message compressed by ${coding}, found bytes that are not`;
    throw new RequestError([{ field: 'request', description }], { cause });
  }
}

/**
 * As `decompress`, for a few messages at once.
 *
 * @param isOver whether the call is over when its turn comes: the message stays compressed then
 */
export function decompressSome(
  bytes: Buffer,
  coding: Coding,
  maxBytes: number,
  isOver: () => boolean,
): Promise<Buffer> {
  return decompressing.run(async () => (isOver() ? bytes : decompress(bytes, coding, maxBytes)));
}

/**
 * The fastest level: at the usual one a reply takes longer to compress than to make.
 * Why: docs/decisions/fast-compression-where-asked.md
 */
const FAST = { level: constants.Z_BEST_SPEED };

/** Compresses, in another thread. */
export function compressSome(bytes: Uint8Array, coding: Coding): Promise<Buffer<ArrayBuffer>> {
  return compressing.run(() => codings[coding].compress(bytes, FAST));
}
