import { RequestError } from '../errors.js';
import { Refusal } from './refusal.js';

/** What gRPC puts before a message: whether it is compressed, and its length. */
export const HEAD_BYTES = 5;

/** A message as it came. */
export interface ReceivedMessage {
  readonly compressed: boolean;
  readonly bytes: Buffer;
}

/** Puts the one message of a unary call together: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. */
export class RequestMessage {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #received = 0;
  /** With its head; known once that is there. */
  #frameBytes = Number.POSITIVE_INFINITY;

  /** @param maxBytes of a message */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * @throws Refusal as soon as it is known to be too large, or not the only one
   * @throws RequestError when its head is none of gRPC's
   */
  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#received += chunk.byteLength;
    if (this.#received < HEAD_BYTES) return;
    if (this.#frameBytes === Number.POSITIVE_INFINITY) this.#readHead();
    if (this.#received > this.#frameBytes) throw notOneMessage('two');
  }

  /**
   * @throws Refusal when nothing came
   * @throws RequestError when it is cut off
   */
  finish(): ReceivedMessage {
    if (this.#received === 0) throw notOneMessage('none');
    const frame = this.#joined();
    if (this.#received < this.#frameBytes) {
      const found = this.#received - HEAD_BYTES;
      throw malformed(
        found < 0
          ? `expected ${HEAD_BYTES} bytes before the message, found ${this.#received}`
          : `expected a message of ${this.#frameBytes - HEAD_BYTES} bytes, found ${found}`,
      );
    }
    return { compressed: frame[0] === 1, bytes: frame.subarray(HEAD_BYTES) };
  }

  #readHead(): void {
    const head = this.#joined();
    const flag = head[0];
    if (flag > 1) throw malformed(`expected 0 or 1 in the first byte, for not compressed or compressed, found ${flag}`);
    const length = head.readUInt32BE(1);
    if (length > this.#maxBytes) throw messageTooLarge(this.#maxBytes, `${length}`);
    this.#frameBytes = HEAD_BYTES + length;
  }

  /** Small messages come in one piece. */
  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [joinAligned(this.#chunks, this.#received)];
    return this.#chunks[0];
  }
}

/**
 * The end lies at a multiple of eight bytes: what a batch sends raw stands last, and is read where it is if it is aligned.
 */
function joinAligned(chunks: readonly Buffer[], byteLength: number): Buffer {
  const start = -byteLength & 7;
  const joined = Buffer.allocUnsafeSlow(start + byteLength);
  let at = start;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.byteLength;
  }
  return joined.subarray(start);
}

/** @param found its size, in words */
export function messageTooLarge(maxBytes: number, found: string): Refusal {
  const limit = `expected a message of at most ${maxBytes} bytes, this server's --max-message-bytes`;
  return new Refusal('MESSAGE_TOO_LARGE', `${limit}, found ${found}`, { max_message_bytes: `${maxBytes}` });
}

export function malformed(description: string, cause?: unknown): RequestError {
  return new RequestError([{ field: 'request', description }], { cause });
}

function notOneMessage(found: string): Refusal {
  return new Refusal('NOT_ONE_MESSAGE', `expected one message, found ${found}`);
}
