import type { IncomingMessage } from 'node:http';
import { Pieces } from '../calls/pieces.js';
import { CallEndedError, Refusal } from '../calls/refusal.js';
import type { Exchange } from './exchange.js';
import type { HeldRequest } from './held-request.js';

/**
 * Reads a body. A client that expects "100 Continue" gets it once the headers are accepted
 * (https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1).
 *
 * @param held where its bytes are counted
 * @throws Refusal when there is more than `maxBytes` or than there is room for, before all of it is read
 * @throws RequestError when it comes in too small pieces
 * @throws CallEndedError when the client goes away
 */
export async function readBody({ incoming, outgoing }: Exchange, maxBytes: number, held: HeldRequest): Promise<Buffer> {
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes, String(announced));
  const pieces = new Pieces();
  if (announced > 0) pieces.expect(announced);
  if (incoming.headers.expect?.toLowerCase() === '100-continue') outgoing.writeContinue();
  await receive(incoming, held, (piece) => {
    if (pieces.byteLength + piece.byteLength > maxBytes) throw tooLarge(maxBytes, 'more');
    held.take(piece.byteLength);
    pieces.add(piece);
  });
  return pieces.byteLength === 0 ? Buffer.alloc(0) : pieces.join();
}

/** Handles each piece as it comes, without a queue. The connection stays open, for the answer. */
function receive(incoming: IncomingMessage, held: HeldRequest, onPiece: (piece: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (why: unknown) => {
      incoming.off('data', onData).pause();
      reject(why);
    };
    const onData = (piece: Buffer) => {
      try {
        onPiece(piece);
      } catch (error) {
        stop(error);
      }
    };
    const onGone = (cause?: Error) => {
      if (!incoming.complete) stop(new CallEndedError('the request ended before its body did', { cause }));
    };
    held.begin(stop);
    incoming
      .on('data', onData)
      .once('close', onGone)
      .once('error', onGone)
      .once('end', () => {
        held.complete();
        resolve();
      });
  });
}

function tooLarge(maxBytes: number, found: string): Refusal {
  const limit = `expected a body of at most ${maxBytes} bytes, this server's maxMessageBytes`;
  return new Refusal('MESSAGE_TOO_LARGE', `${limit}, found ${found}`);
}
