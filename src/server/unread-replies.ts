import { constants, type ServerHttp2Stream } from 'node:http2';

/** Streams that wait: some hundred megabytes in the HTTP/2 library. */
const MAX_CALLS = 10_000;
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Replies that were made and that nobody has taken yet. A client that does not read makes them pile up on one
 * connection, as many as it has the patience to ask for: a few kilobytes of request are megabytes of reply.
 */
export class UnreadReplies {
  #calls = 0;
  #bytes = 0;

  /** Why no more are to be made now. */
  get excess(): string | undefined {
    if (this.#bytes >= MAX_BYTES) return `${MAX_BYTES} bytes of replies that clients have not read yet`;
    if (this.#calls >= MAX_CALLS) return `${MAX_CALLS} calls whose replies clients have not read yet`;
    return undefined;
  }

  /** @param calls that begin to have something unread, or (negative) that no longer have */
  change(calls: number, bytes: number): void {
    this.#calls += calls;
    this.#bytes += bytes;
  }
}

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

  /** @param bytes that wait, or (negative) that no longer do */
  add(bytes: number): void {
    if (this.#gone) return;
    const before = this.#bytes;
    this.#bytes += bytes;
    this.#unread.change(Number(this.#bytes > 0) - Number(before > 0), bytes);
  }

  /**
   * The call has ended: what nobody has read is thrown away, and counts until it is gone. What comes later does not. With
   * the trailers, all was on its way.
   */
  end(stream: ServerHttp2Stream): void {
    if (this.#bytes > 0 && !stream.destroyed && !stream.sentTrailers) {
      stream.once('close', () => this.#forget());
      stream.close(constants.NGHTTP2_CANCEL);
    } else this.#forget();
  }

  #forget(): void {
    this.add(-this.#bytes);
    this.#gone = true;
  }
}
