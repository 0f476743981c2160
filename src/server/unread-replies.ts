import { constants, type ServerHttp2Stream } from 'node:http2';
import type { ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js';

/** Streams that wait: some hundred megabytes in the HTTP/2 library. */
const MAX_CALLS = 10_000;
const MAX_BYTES = 256 * 1024 * 1024;
/** What gRPC puts before a message. */
const HEAD_BYTES = 5;

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

/** Not in the library's types: without it nobody learns when a reply that was not read is gone. */
type WithStream = ServerInterceptingCallInterface & { readonly stream: ServerHttp2Stream };

/**
 * How far a stream may be ahead of its reader: about what one frame holds. The library hands over one message at a time,
 * when the last one is written; several at once are written as one.
 */
const AHEAD_BYTES = 16 * 1024;

/** An interceptor that counts what waits to be read. A reply that is not read until its deadline is thrown away. */
export function countUnread(unread: UnreadReplies): ServerInterceptor {
  return ({ responseStream }, intercepted) => {
    const call = intercepted as WithStream;
    const { sendMessage, start } = call;
    let waiting: UnreadCall | undefined;
    // Named, not written where they are assigned: see call-observer.ts.
    const send = (message: Buffer, callback: () => void) => {
      waiting ??= new UnreadCall(unread, call.stream);
      const taken = waiting.add(message.byteLength + HEAD_BYTES);
      const isAhead = responseStream && waiting.bytes < AHEAD_BYTES;
      sendMessage.call(call, message, () => {
        taken();
        if (!isAhead) callback();
      });
      if (isAhead) callback();
    };
    const listen: typeof start = (listener) => {
      const { onCancel } = listener;
      const cancel = () => {
        if (waiting?.some) call.stream.close(constants.NGHTTP2_CANCEL);
        onCancel.call(listener);
      };
      listener.onCancel = cancel;
      start.call(call, listener);
    };
    call.sendMessage = send;
    call.start = listen;
    return call as unknown as ReturnType<ServerInterceptor>;
  };
}

/** What one call has unread, until its stream is gone. */
class UnreadCall {
  readonly #unread: UnreadReplies;
  #bytes = 0;
  #gone: boolean;

  constructor(unread: UnreadReplies, stream: ServerHttp2Stream) {
    this.#unread = unread;
    this.#gone = stream.destroyed;
    stream.once('close', () => {
      this.#change(-this.#bytes);
      this.#gone = true;
    });
  }

  get some(): boolean {
    return this.#bytes > 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns to be called when they are read */
  add(bytes: number): () => void {
    this.#change(bytes);
    return () => this.#change(-bytes);
  }

  #change(bytes: number): void {
    if (this.#gone) return;
    const before = this.#bytes;
    this.#bytes += bytes;
    this.#unread.change(Number(this.#bytes > 0) - Number(before > 0), bytes);
  }
}
