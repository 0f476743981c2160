import { constants, type Http2Session } from 'node:http2';
import type { ConnectionShare } from '../calls/connection-share.js';
import { describePeer } from '../net/listen.js';
import { HeaderRate } from './call-headers.js';
import { Liveness } from './liveness.js';

/** Why the server ended a connection. */
export type CutReason =
  | 'no answer to a ping'
  | 'broken HTTP/2'
  | 'connection age'
  | 'pieces too small'
  | 'too many headers';

/** Called before the calls of a connection end with it. */
export type OnCut = (reason: CutReason, calls: number) => void;

/** Times of a connection, in ms. */
export interface ConnectionTimes {
  /** A connection that is silent for `timeMs` is pinged, and dropped when no answer comes within `timeoutMs`. */
  readonly keepalive: { readonly timeMs: number; readonly timeoutMs: number };
  readonly maxConnectionAgeMs?: number | undefined;
  /** How long calls may go on when the connection has reached its age. */
  readonly graceMs: number;
}

/** The age varies by this part, in both directions: connections that began together do not come back together. */
const AGE_JITTER = 0.1;

/**
 * How much a client may send before the server has read any of it. HTTP/2 begins with 64 KiB, so a batch of 10 000 rows
 * waits for the server five times. One connection, with all its calls, can occupy this much memory.
 */
const WINDOW_BYTES = 1024 * 1024;

/** What a call knows of its connection. */
export interface Caller {
  readonly peer: string;
  readonly share: ConnectionShare;
  /** Ends its connection, which is flooding the server. */
  calmDown(reason: CutReason): void;
  /** To be called when a call ends because its stream has closed. */
  noteLost(): void;
}

/** A client's HTTP/2 connection, from its first byte to its end. Why: docs/decisions/own-keepalive.md */
export class Connection implements Caller {
  readonly peer: string;
  readonly share: ConnectionShare;
  readonly #session: Http2Session;
  readonly #times: ConnectionTimes;
  readonly #liveness: Liveness;
  readonly #onCut: OnCut;
  readonly #headers = new HeaderRate();
  readonly #retireAtMs: number;
  #begunCalls = 0;
  #checkedCalls = 0;
  /** Calls that ended with the session. */
  #lostCalls = 0;
  #isCut = false;
  /** Why the connection takes no more calls. */
  #leaving: string | undefined;
  #cutAtMs = Number.POSITIVE_INFINITY;

  constructor(session: Http2Session, share: ConnectionShare, times: ConnectionTimes, onCut: OnCut) {
    const nowMs = performance.now();
    const { remoteAddress, remotePort } = session.socket;
    // Kept: once the client has gone, the socket no longer has its address.
    this.peer = describePeer(remoteAddress, remotePort);
    this.share = share;
    this.#session = session;
    this.#times = times;
    this.#onCut = onCut;
    this.#liveness = new Liveness(session, times.keepalive, nowMs);
    session.on('error', (error) => this.#onError(error));
    const { maxConnectionAgeMs: age = Number.POSITIVE_INFINITY } = times;
    this.#retireAtMs = nowMs + age * (1 + AGE_JITTER * (2 * Math.random() - 1));
  }

  /** To be called for each call, with how many headers it has. */
  begin(pairs: number): void {
    if (this.#headers.note(pairs)) this.calmDown('too many headers');
    if (this.#begunCalls++ === 0 && !this.#session.destroyed) widenWindow(this.#session);
    if (this.#leaving !== undefined) this.#leave();
  }

  /** Checks the connection and its calls; to be called a few times a second. */
  check(nowMs: number): void {
    if (this.#session.destroyed) return;
    for (const call of this.share.waiting) if (call.isOverdue(nowMs)) call.giveUp();
    if (nowMs >= this.#retireAtMs) this.#retire(nowMs);
    const isBusy = this.#begunCalls !== this.#checkedCalls;
    this.#checkedCalls = this.#begunCalls;
    const reason = nowMs >= this.#cutAtMs ? 'connection age' : this.#liveness.check(nowMs, isBusy);
    if (reason !== undefined) this.#cut(reason);
  }

  /** https://www.rfc-editor.org/rfc/rfc9113#section-7: the peer is generating excessive load. */
  calmDown(reason: CutReason): void {
    if (this.#session.destroyed || this.#isCut) return;
    this.#session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    // The frame is sent in this turn.
    setImmediate(() => this.#cut(reason));
    this.#isCut = true;
  }

  /**
   * Takes no more calls, without losing one that is on its way. Resolves when the client knows: with a call of its own still
   * to be answered, or after it has answered a ping.
   *
   * A client that has several calls on a connection learns from GOAWAY which ones to ask again elsewhere. A proxy that has
   * one at a time, as nginx, fails the one that crosses GOAWAY, so it gets that while it waits for an answer. On an idle
   * connection it is pinged, whereupon nginx closes it.
   * Why: docs/decisions/a-connection-goes-with-a-call.md
   *
   * @param reason for whoever looks at the frame
   */
  async sendAway(reason: string): Promise<void> {
    const session = this.#session;
    if (session.destroyed || session.closed || this.#leaving !== undefined) return;
    this.#leaving = reason;
    if (this.share.waiting.size > 0) return this.#leave();
    await new Promise<void>((resolve) => {
      session.once('close', resolve);
      // Calls back with an error where the connection ends first.
      session.ping(() => resolve());
    });
    this.#leave();
  }

  /** GOAWAY; the connection closes with its last call. */
  #leave(): void {
    const session = this.#session;
    if (session.destroyed || session.closed || this.#leaving === undefined) return;
    session.goaway(0, 0, Buffer.from(this.#leaving));
    session.close();
  }

  noteLost(): void {
    if (this.#session.destroyed) this.#lostCalls++;
  }

  /** When Node itself finds an HTTP/2 error, it ends the calls in the same turn. */
  #onError({ code }: NodeJS.ErrnoException): void {
    if (this.#isCut || !code?.startsWith('ERR_HTTP2_')) return;
    setImmediate(() => this.#onCut('broken HTTP/2', this.#lostCalls));
  }

  /** Closes the TCP connection; its calls end as cancelled. */
  #cut(reason: CutReason): void {
    this.#isCut = true;
    if (this.#session.destroyed) return;
    this.#onCut(reason, this.share.waiting.size);
    this.#session.destroy();
  }

  /** Takes no more calls; the connection closes with the last one. */
  #retire(nowMs: number): void {
    if (this.#cutAtMs < Number.POSITIVE_INFINITY || this.#session.closed) return;
    this.#cutAtMs = nowMs + this.#times.graceMs;
    void this.sendAway('max_age');
  }
}

/** Widens the window of a connection, and of each of its streams. Why: docs/decisions/a-mebibyte-of-window.md */
function widenWindow(session: Http2Session): void {
  session.settings({ initialWindowSize: WINDOW_BYTES });
  session.setLocalWindowSize(WINDOW_BYTES);
}
