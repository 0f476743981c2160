import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { messageTooLarge, quote, Refusal } from '../calls/refusal.js';
import { Semaphore } from '../calls/semaphore.js';
import { malformed } from './request-message.js';

const codings = { gzip: promisify(gunzip), deflate: promisify(inflate) };

/** A few kilobytes can decompress to the largest message: few at once, or they fill the memory. */
const decompressing = new Semaphore(4);

/** The compressions that are accepted, as in `grpc-accept-encoding`. */
export const ACCEPTED_CODINGS = ['identity', ...Object.keys(codings)].join(',');

/**
 * A message without its compression.
 *
 * @param coding what the call's `grpc-encoding` says
 * @throws Refusal when the coding is not known, or more than `maxBytes` come out
 * @throws RequestError when there is none, or the bytes are not of it
 */
export async function decompress(bytes: Buffer, coding: string | undefined, maxBytes: number): Promise<Buffer> {
  if (coding === undefined || coding === 'identity') {
    throw malformed('expected grpc-encoding to say how the message is compressed, found nothing');
  }
  if (!Object.hasOwn(codings, coding)) {
    throw new Refusal(
      'UNKNOWN_COMPRESSION',
      `grpc-encoding: expected one of ${ACCEPTED_CODINGS}, found ${quote(coding)}`,
    );
  }
  try {
    return await codings[coding as keyof typeof codings](bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw messageTooLarge(maxBytes, 'more after decompression');
    }
    throw malformed(`expected a message compressed by ${coding}, found bytes that are not`, cause);
  }
}

/**
 * As `decompress`, for a few messages at once.
 *
 * @param isOver whether the call is over when its turn comes: the message stays compressed then
 */
export function decompressSome(
  bytes: Buffer,
  coding: string | undefined,
  maxBytes: number,
  isOver: () => boolean,
): Promise<Buffer> {
  return decompressing.run(async () => (isOver() ? bytes : decompress(bytes, coding, maxBytes)));
}
