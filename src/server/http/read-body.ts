import type { IncomingMessage } from 'node:http';
import { RequestError } from '../../errors.js';
import { CallEndedError, quote, Refusal } from '../refusal.js';

/**
 * @throws RequestError when the body is compressed: who decompresses has to bound what comes out
 * @throws Refusal when there is more than `maxBytes`, before all of it is read
 * @throws CallEndedError when the client goes away
 */
export async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = incoming.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    const description = `expected a body that is not compressed, found ${quote(encoding)}`;
    throw new RequestError([{ field: 'Content-Encoding', description }]);
  }
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes, String(announced));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Leaving the loop early must not close the connection: the answer is still to be sent.
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes, 'more');
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new CallEndedError('the request ended before its body did', { cause });
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}

function tooLarge(maxBytes: number, found: string): Refusal {
  const limit = `expected a body of at most ${maxBytes} bytes, this server's --max-message-bytes`;
  return new Refusal('MESSAGE_TOO_LARGE', `${limit}, found ${found}`);
}
