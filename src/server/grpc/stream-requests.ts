import { takeRequestBytes } from '../calls/connection-share.js';
import type { Caller } from './connection.js';
import { decompressMessage } from './decompress.js';
import { HEAD_BYTES } from './request-message.js';
import { StreamMessages } from './stream-messages.js';

/** What a message takes in memory. */
interface HeldMessage {
  bytes: number;
}

/** The messages that a stream receives, counted with its connection from their first byte until they are answered. */
export class StreamRequests {
  readonly #caller: Caller;
  readonly #maxBytes: number;
  readonly #messages: StreamMessages;
  /** Those that were received and not answered, in order. */
  readonly #held: HeldMessage[] = [];
  /** Of these, while they are compressed. */
  readonly #compressed = new Map<Buffer, HeldMessage>();
  #bytes = 0;
  /** Since when only the rest of a message is missing. */
  #waitingMs = 0;
  #over = false;

  /** @param maxBytes of a message */
  constructor(caller: Caller, maxBytes: number) {
    this.#caller = caller;
    this.#maxBytes = maxBytes;
    this.#messages = new StreamMessages(maxBytes);
  }

  /** The call is open: what it holds until it ends. @throws Refusal when there is no room for it */
  begin(bytes: number): void {
    this.#take(bytes);
  }

  /** Of all messages that are held, of a partial one, and of the call itself. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a message has begun and is not whole. */
  get isPartial(): boolean {
    return !this.#over && this.#messages.pendingBytes > 0;
  }

  get areAnswered(): boolean {
    return this.#held.length === 0;
  }

  /** Whether only the client is waited for, and for too long. */
  isOverdue(nowMs: number, timeoutMs: number): boolean {
    return this.isPartial && this.areAnswered && nowMs - this.#waitingMs > timeoutMs;
  }

  /**
   * @returns messages that are whole now, each with its head
   * @throws Refusal, RequestError when they cannot be taken
   */
  receive(chunk: Buffer): Buffer[] {
    if (this.#over) return [];
    if (!this.isPartial) this.#waitingMs = performance.now();
    this.#take(chunk.byteLength);
    const frames = this.#messages.add(chunk);
    if (this.#caller.share.smallPieces.note(chunk.byteLength, frames.length > 0))
      this.#caller.calmDown('pieces too small');
    for (const frame of frames) this.#hold(frame);
    return frames;
  }

  /** @throws RequestError when the last message is cut off */
  finish(): void {
    this.#messages.finish();
  }

  /**
   * @param frame one that `receive` returned
   * @param coding what the call's `grpc-encoding` says
   * @returns the message in it
   * @throws Refusal, RequestError when it cannot be unpacked
   */
  unpack(frame: Buffer, coding: string): Buffer | Promise<Buffer> {
    const held = this.#compressed.get(frame);
    if (!held) return frame.subarray(HEAD_BYTES);
    this.#compressed.delete(frame);
    return this.#decompress(frame.subarray(HEAD_BYTES), coding, held);
  }

  /** To be called when a message is answered, in their order. */
  answered(): void {
    const { bytes } = this.#held.shift() ?? { bytes: 0 };
    if (!this.#over) this.#giveBack(bytes);
    this.#waitingMs = performance.now();
  }

  /** The call has ended. */
  end(): void {
    this.#over = true;
    this.#giveBack(this.#bytes);
  }

  async #decompress(bytes: Buffer, coding: string, held: HeldMessage): Promise<Buffer> {
    const message = await decompressMessage(bytes, coding, this.#maxBytes, () => this.#over);
    if (this.#over) return message;
    this.#take(message.byteLength);
    held.bytes += message.byteLength;
    return message;
  }

  #hold(frame: Buffer): void {
    const held = { bytes: frame.byteLength };
    this.#held.push(held);
    if (frame[0] === 1) this.#compressed.set(frame, held);
  }

  #take(bytes: number): void {
    takeRequestBytes(this.#caller.share, bytes);
    this.#bytes += bytes;
  }

  #giveBack(bytes: number): void {
    this.#bytes -= bytes;
    this.#caller.share.requestBytes.add(-bytes);
  }
}
