import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Share } from './shared-limit.js';

/**
 * Replies of one connection that the client has not read yet. A client that does not read lets them pile up without a
 * limit: a few kilobytes of request can be megabytes of reply.
 */
export class UnreadReplies {
  readonly #calls: Share;
  readonly #bytes: Share;

  constructor(calls: Share, bytes: Share) {
    this.#calls = calls;
    this.#bytes = bytes;
  }

  /** Why this connection gets no more replies now, even after others made room; undefined where it does. */
  get excess(): string | undefined {
    if (!this.#bytes.limit.makeRoom(this.#bytes, 1)) {
      return `${this.#bytes.limit.capacity} bytes of replies that clients have not read yet`;
    }
    if (!this.#calls.limit.makeRoom(this.#calls, 1)) {
      return `${this.#calls.limit.capacity} calls whose replies clients have not read yet`;
    }
    return undefined;
  }

  /** @param calls that begin to have something unread, or (negative) that no longer have */
  change(calls: number, bytes: number): void {
    this.#calls.add(calls);
    this.#bytes.add(bytes);
  }
}

/** A slower reader is given up: half a megabit a second. */
const SLOW_BYTES_PER_MS = 64;

/** What one call has unread. */
export class UnreadCall {
  readonly #unread: UnreadReplies;
  #bytes = 0;
  #gone = false;

  constructor(unread: UnreadReplies) {
    this.#unread = unread;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @param waitedMs since the reader has last taken something; for many bytes it may take longer than `timeoutMs` */
  isOverdue(waitedMs: number, timeoutMs: number): boolean {
    return this.#bytes > 0 && waitedMs > timeoutMs + this.#bytes / SLOW_BYTES_PER_MS;
  }

  /** @param bytes that wait, or (negative) that no longer do */
  add(bytes: number): void {
    if (this.#gone) return;
    const before = this.#bytes;
    this.#bytes += bytes;
    this.#unread.change(Number(this.#bytes > 0) - Number(before > 0), bytes);
  }

  /**
   * The call has ended: unread bytes are discarded, and count until the stream has closed. Later ones do not count. Once
   * the trailers are sent, everything is on its way.
   */
  end(stream: ServerHttp2Stream): void {
    if (this.#bytes > 0 && !stream.destroyed && !stream.sentTrailers) {
      stream.once('close', () => this.#forget());
      stream.close(constants.NGHTTP2_CANCEL);
    } else this.#forget();
  }

  /**
   * Makes room for other connections: unread bytes are discarded, and count no more. Clients of gRPC take the code for
   * RESOURCE_EXHAUSTED: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "HTTP2 Transport Mapping".
   */
  drop(stream: ServerHttp2Stream): void {
    if (this.#bytes === 0) return;
    this.#forget();
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  #forget(): void {
    this.add(-this.#bytes);
    this.#gone = true;
  }
}
