import { RequestError } from '../../ground/errors.js';
import { noteMessage } from '../calls/heap.js';
import type { MethodCodec } from './methods.js';

/** The most that is decoded in one turn: a field can be two bytes, so this takes about ten milliseconds. */
const MAX_DECODED_BYTES = 1024 * 1024;

/** @throws RequestError when the bytes are no such message, or too many for one without tensors */
export function decode<Request>(codec: MethodCodec<Request, never>, bytes: Buffer): Request {
  noteMessage(bytes.byteLength);
  if (bytes.byteLength > MAX_DECODED_BYTES && !codec.inTurns) {
    const description = `expected at most ${MAX_DECODED_BYTES} bytes for ${codec.path}, found ${bytes.byteLength}`;
    throw new RequestError([{ field: 'request', description }]);
  }
  try {
    return codec.requestDeserialize(bytes);
  } catch (cause) {
    throw undecodable(cause, codec.path, bytes);
  }
}

/** The error for bytes that are no message of a method. */
export function undecodable(cause: unknown, path: string, { byteLength }: Buffer): RequestError {
  if (cause instanceof RequestError) return cause;
  const description = `expected a request of ${path}, found ${byteLength} bytes that are none`;
  return new RequestError([{ field: 'request', description }], { cause });
}
