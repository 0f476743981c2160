import { Pieces } from '../calls/pieces.js';
import { cutOff, MessageHead } from './request-message.js';

/** Cuts what a stream receives into its messages, each with its head. */
export class StreamMessages {
  readonly #maxBytes: number;
  #head = new MessageHead();
  #pieces = new Pieces();

  /** @param maxBytes of a message */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Of a message that is not whole yet. */
  get pendingBytes(): number {
    return this.#pieces.byteLength;
  }

  /**
   * @returns the messages that are whole now
   * @throws Refusal, RequestError as soon as a head says that its message cannot be taken
   */
  add(chunk: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    for (let from = 0; from < chunk.byteLength; ) {
      const headEnd = this.#head.read(chunk, from, this.#maxBytes);
      const rest = Math.min(this.#head.frameBytes - this.pendingBytes, chunk.byteLength - from);
      const end = this.#head.frameBytes === Number.POSITIVE_INFINITY ? headEnd : from + rest;
      this.#pieces.expect(this.#head.frameBytes);
      this.#pieces.add(chunk.subarray(from, end));
      from = end;
      if (this.pendingBytes < this.#head.frameBytes) continue;
      messages.push(ownMemory(this.#pieces.join()));
      this.#head = new MessageHead();
      this.#pieces = new Pieces();
    }
    return messages;
  }

  /** @throws RequestError when the last message is cut off */
  finish(): void {
    if (this.pendingBytes > 0) throw cutOff(this.#head.frameBytes, this.pendingBytes);
  }
}

/** A small message that waits must not keep the whole block that was read with it in memory. */
function ownMemory(message: Buffer): Buffer {
  return message.byteLength * 2 < message.buffer.byteLength ? Buffer.from(message) : message;
}
