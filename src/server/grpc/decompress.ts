import { CODINGS, type Coding, decompressSome, isCoding } from '../calls/compression.js';
import { quote, Refusal } from '../calls/refusal.js';
import { malformed } from './request-message.js';

/** The compressions that are accepted, as in `grpc-accept-encoding`. */
export const ACCEPTED_CODINGS = ['identity', ...CODINGS].join(',');

/**
 * A message without its compression; a few at once.
 *
 * @param coding what the call's `grpc-encoding` says
 * @param isOver whether the call is over when its turn comes: the message stays compressed then
 * @throws Refusal when the coding is not known, or more than `maxBytes` come out
 * @throws RequestError when there is none, or the bytes are not of it
 */
export async function decompressMessage(
  bytes: Buffer,
  coding: string | undefined,
  maxBytes: number,
  isOver: () => boolean,
): Promise<Buffer> {
  return decompressSome(bytes, knownCoding(coding), maxBytes, isOver);
}

function knownCoding(coding: string | undefined): Coding {
  if (coding === undefined || coding === 'identity') {
    throw malformed('expected grpc-encoding to say how the message is compressed, found nothing');
  }
  if (isCoding(coding)) return coding;
  throw new Refusal(
    'UNKNOWN_COMPRESSION',
    `grpc-encoding: expected one of ${ACCEPTED_CODINGS}, found ${quote(coding)}`,
  );
}
