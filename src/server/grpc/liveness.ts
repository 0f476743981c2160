import type { Http2Session } from 'node:http2';

/** The private part of a socket: how much of what was written the system has not taken yet. */
interface WithHandle {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

/**
 * Checks that a connection is alive, with a frame that its client has to answer.
 *
 * After an error of the connection (RFC 9113, section 5.4.1) the HTTP/2 library of Node sends GOAWAY, and then neither reads
 * nor writes, and reports nothing. The sign is a frame that stays in the library although the system would take it. So a
 * connection that received bytes without a call is checked soon, any other one after a long silence.
 * Why: docs/decisions/broken-connections-are-found.md
 */
export class Liveness {
  readonly #session: Http2Session;
  readonly #timeMs: number;
  readonly #timeoutMs: number;
  #heardMs: number;
  #bytesRead = 0;
  #bytesWritten = 0;
  #askedMs: number | undefined;

  constructor(session: Http2Session, { timeMs, timeoutMs }: { timeMs: number; timeoutMs: number }, nowMs: number) {
    this.#session = session;
    this.#timeMs = timeMs;
    this.#timeoutMs = timeoutMs;
    this.#heardMs = nowMs;
  }

  /**
   * @param isBusy whether calls have begun since the last time: then the connection was alive
   * @returns why the connection has to end
   */
  check(nowMs: number, isBusy: boolean): 'no answer to a ping' | 'broken HTTP/2' | undefined {
    if (this.#askedMs !== undefined) {
      if (this.#isStuck) return 'broken HTTP/2';
      return nowMs - this.#askedMs >= this.#timeoutMs ? 'no answer to a ping' : undefined;
    }
    if (isBusy) this.#heardMs = nowMs;
    else if (this.#hasRead || nowMs - this.#heardMs >= this.#timeMs) this.#ask(nowMs);
    return undefined;
  }

  get #hasRead(): boolean {
    return this.#session.socket.bytesRead !== this.#bytesRead;
  }

  /** The question is still here, nothing was written since, and nothing keeps it from being written. */
  get #isStuck(): boolean {
    const { socket, state } = this.#session;
    if (!state.outboundQueueSize || socket.bytesWritten !== this.#bytesWritten) return false;
    return (socket as WithHandle)._handle?.writeQueueSize === 0;
  }

  #ask(nowMs: number): void {
    this.#askedMs = nowMs;
    const onAnswer = (error: Error | null) => {
      if (error || this.#session.destroyed) return;
      this.#askedMs = undefined;
      this.#heardMs = performance.now();
      this.#bytesRead = this.#session.socket.bytesRead;
    };
    // A session that is closing pings no more, and its settings are answered as well.
    if (this.#session.closed) this.#session.settings({}, onAnswer);
    else this.#session.ping(onAnswer);
    this.#bytesWritten = this.#session.socket.bytesWritten;
  }
}
