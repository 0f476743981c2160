import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { messageTooLarge, quote, Refusal } from '../calls/refusal.js';
import { AtOnce } from '../calls/semaphore.js';
import { malformed } from './request-message.js';

const codings = { gzip: promisify(gunzip), deflate: promisify(inflate) };

/** What comes out of a few kilobytes can be as large as a message may be: few at once, or they fill the memory. */
const decompressing = new AtOnce(4);

/** What a message may be compressed with, as `grpc-accept-encoding` tells it. */
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
 * As `decompress`, of few messages at once.
 *
 * @param isOver whether nobody needs the message any more when its turn comes: it stays as it is then
 */
export function decompressSome(
  bytes: Buffer,
  coding: string | undefined,
  maxBytes: number,
  isOver: () => boolean,
): Promise<Buffer> {
  return decompressing.run(async () => (isOver() ? bytes : decompress(bytes, coding, maxBytes)));
}
