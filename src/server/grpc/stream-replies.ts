import type { ServerHttp2Stream } from 'node:http2';
import { UnreadCall, type UnreadReplies } from '../calls/unread-replies.js';
import { HEAD_BYTES } from './request-message.js';

/**
 * How far a stream may be ahead of its reader: about what one frame holds. The library passes one message at a time,
 * when the last one is written; several at once are written as one.
 */
const AHEAD_BYTES = 16 * 1024;

/** The replies of a stream, counted with its connection until its reader has taken them. */
export class StreamReplies {
  readonly #stream: ServerHttp2Stream;
  readonly #unread: UnreadCall;
  /** When the reader last took something. */
  #readMs = 0;

  constructor(stream: ServerHttp2Stream, unread: UnreadReplies) {
    this.#stream = stream;
    this.#unread = new UnreadCall(unread);
  }

  get areUnread(): boolean {
    return this.#unread.bytes > 0;
  }

  isOverdue(nowMs: number, timeoutMs: number): boolean {
    return this.#unread.isOverdue(nowMs - this.#readMs, timeoutMs);
  }

  /**
   * @param write sends the message, and calls back when it is taken
   * @param onRoom called when the next message may come
   */
  send(message: Buffer, write: (onWritten: () => void) => void, onRoom: () => void): void {
    const bytes = message.byteLength + HEAD_BYTES;
    if (!this.areUnread) this.#readMs = performance.now();
    this.#unread.add(bytes);
    const isAhead = this.#unread.bytes < AHEAD_BYTES;
    write(() => {
      this.#unread.add(-bytes);
      this.#readMs = performance.now();
      if (!isAhead) onRoom();
    });
    if (isAhead) onRoom();
  }

  /** Makes room for other connections. */
  drop(): void {
    this.#unread.drop(this.#stream);
  }

  /** The call has ended: what was not read is discarded. */
  end(): void {
    this.#unread.end(this.#stream);
  }
}
