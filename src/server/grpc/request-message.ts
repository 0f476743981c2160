import { RequestError } from '../../ground/errors.js';
import { Pieces } from '../calls/pieces.js';
import { messageTooLarge, Refusal } from '../calls/refusal.js';

/** The head of a message in gRPC: whether it is compressed (1 byte), and its length (4 bytes). */
export const HEAD_BYTES = 5;

/** A message as it was received. */
export interface ReceivedMessage {
  readonly compressed: boolean;
  readonly bytes: Buffer;
}

/** Assembles the one message of a unary call: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. */
export class RequestMessage {
  readonly #maxBytes: number;
  /** Nearly all messages come in one piece: nothing else is needed then. */
  #only: Buffer | undefined;
  #pieces: Pieces | undefined;
  #head: MessageHead | undefined;
  #frameBytes = Number.POSITIVE_INFINITY;
  #received = 0;

  /** @param maxBytes of a message */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isWhole(): boolean {
    return this.#received === this.#frameBytes;
  }

  /**
   * @throws Refusal as soon as it is known to be too large, or not the only one
   * @throws RequestError when its head is not valid in gRPC
   */
  add(chunk: Buffer): void {
    if (this.#received + chunk.byteLength > this.#frameBytes) throw notOneMessage('two');
    if (this.#received === 0 && chunk.byteLength >= HEAD_BYTES) {
      checkFlag(chunk[0]);
      this.#frameBytes = frameBytesOf(chunk.readUInt32BE(1), this.#maxBytes);
      this.#only = chunk;
    } else this.#addPiece(chunk);
    this.#received += chunk.byteLength;
    if (this.#received > this.#frameBytes) throw notOneMessage('two');
  }

  /**
   * @throws Refusal when nothing came
   * @throws RequestError when it is cut off
   */
  finish(): ReceivedMessage {
    if (this.#received === 0) throw notOneMessage('none');
    if (this.#received < this.#frameBytes) throw cutOff(this.#frameBytes, this.#received);
    const frame = this.#only ?? this.#pieces!.join();
    return { compressed: frame[0] === 1, bytes: frame.subarray(HEAD_BYTES) };
  }

  #addPiece(chunk: Buffer): void {
    this.#pieces ??= new Pieces();
    if (this.#frameBytes === Number.POSITIVE_INFINITY) this.#readHead(chunk);
    this.#pieces.expect(this.#frameBytes);
    if (this.#only) this.#pieces.add(this.#only);
    this.#only = undefined;
    this.#pieces.add(chunk);
  }

  #readHead(chunk: Buffer): void {
    this.#head ??= new MessageHead();
    this.#head.read(chunk, 0, this.#maxBytes);
    this.#frameBytes = this.#head.frameBytes;
    if (this.#received + chunk.byteLength > this.#frameBytes) throw notOneMessage('two');
  }
}

/** Reads the head of a message, which may come in pieces too. */
export class MessageHead {
  #bytes = 0;
  #length = 0;
  /** Head and message; known once the head is there. */
  frameBytes = Number.POSITIVE_INFINITY;

  /**
   * @param from where the head, or the rest of it, is in the chunk
   * @returns where the head ends in the chunk, or the chunk
   * @throws Refusal when it announces more than `maxBytes`
   * @throws RequestError when its flag is not valid in gRPC
   */
  read(chunk: Buffer, from: number, maxBytes: number): number {
    let at = from;
    for (; this.#bytes < HEAD_BYTES && at < chunk.byteLength; at++) {
      if (this.#bytes === 0) checkFlag(chunk[at]);
      else this.#length = this.#length * 256 + chunk[at];
      this.#bytes++;
      if (this.#bytes === HEAD_BYTES) this.frameBytes = frameBytesOf(this.#length, maxBytes);
    }
    return at;
  }
}

/** @param length of a message, as its head says */
function frameBytesOf(length: number, maxBytes: number): number {
  if (length > maxBytes) throw messageTooLarge(maxBytes, `${length}`);
  return HEAD_BYTES + length;
}

function checkFlag(flag: number): void {
  if (flag > 1) throw malformed(`expected 0 or 1 in the first byte, for not compressed or compressed, found ${flag}`);
}

export function malformed(description: string, cause?: unknown): RequestError {
  return new RequestError([{ field: 'request', description }], { cause });
}

/** @param frameBytes infinite where the head itself is cut off */
export function cutOff(frameBytes: number, receivedBytes: number): RequestError {
  return malformed(
    receivedBytes < HEAD_BYTES
      ? `expected ${HEAD_BYTES} bytes before the message, found ${receivedBytes}`
      : `expected a message of ${frameBytes - HEAD_BYTES} bytes, found ${receivedBytes - HEAD_BYTES}`,
  );
}

function notOneMessage(found: string): Refusal {
  return new Refusal('NOT_ONE_MESSAGE', `expected one message, found ${found}`);
}
