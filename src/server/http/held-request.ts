import { RequestError } from '../../ground/errors.js';
import { type ConnectionShare, takeRequestBytes, tooManyBytes, type WaitingCall } from '../calls/connection-share.js';
import { CallEndedError, type Refusal } from '../calls/refusal.js';
import { type Exchange, onExchangeEnd } from './exchange.js';

/** Counts a request over HTTP/1.1 and its reply with their connection, until the call has ended. */
export class HeldRequest implements WaitingCall {
  readonly #share: ConnectionShare;
  readonly #outgoing: Exchange['outgoing'];
  #bytes = 0;
  /** Of the reply, while nobody has read it. */
  #unreadBytes = 0;
  #over = false;
  /** Ends the reading of its body; while that goes on. */
  #stop: ((why: Refusal) => void) | undefined;

  constructor(share: ConnectionShare, exchange: Exchange) {
    this.#share = share;
    this.#outgoing = exchange.outgoing;
    share.waiting.add(this);
    onExchangeEnd(exchange, () => {
      this.#over = true;
      this.#giveBack();
      this.#forgetReply();
      share.waiting.delete(this);
    });
  }

  /** Whether the client has gone, or has its answer. */
  get isOver(): boolean {
    return this.#over;
  }

  get requestBytes(): number {
    return this.#bytes;
  }

  /**
   * @throws Refusal when there is no room for so many more
   * @throws RequestError when they come in too small pieces; the connection is closed with the answer
   */
  take(bytes: number): void {
    if (this.#over) throw new CallEndedError('the client has gone');
    if (this.#share.smallPieces.note(bytes, false)) {
      this.#outgoing.shouldKeepAlive = false;
      throw new RequestError([
        { field: 'body', description: 'expected pieces of some hundred bytes, found tiny ones' },
      ]);
    }
    takeRequestBytes(this.#share, bytes);
    this.#bytes += bytes;
  }

  /** The body is decompressed, to so many bytes. @throws Refusal when there is no room for them */
  grow(bytes: number): void {
    if (this.#over) throw new CallEndedError('the client has gone');
    takeRequestBytes(this.#share, bytes);
    this.#bytes += bytes;
  }

  /** @param stop to be called when the request has to give way to others */
  begin(stop: (why: Refusal) => void): void {
    this.#stop = stop;
  }

  /** Its body is there. */
  complete(): void {
    this.#stop = undefined;
  }

  dropRequest(): void {
    const stop = this.#stop;
    if (!stop) return;
    this.#stop = undefined;
    this.#giveBack();
    stop(tooManyBytes(this.#share.requestBytes));
  }

  /** Its reply is made. */
  holdReply(bytes: number): void {
    if (this.#over) return;
    this.#unreadBytes = bytes;
    this.#share.unread.change(1, bytes);
  }

  /** Closes the connection: what was not read is discarded. */
  dropReply(): void {
    if (this.#unreadBytes === 0) return;
    this.#forgetReply();
    this.#outgoing.destroy();
  }

  /** Node's server has its own timeouts, and an HTTP call has a place only while it is worked on. */
  isOverdue(): boolean {
    return false;
  }
  giveUp(): void {}
  /** It has no answer that is half there: its connection closes. */
  cutOff(): void {}
  dropPlace(): void {}

  #forgetReply(): void {
    if (this.#unreadBytes > 0) this.#share.unread.change(-1, -this.#unreadBytes);
    this.#unreadBytes = 0;
  }

  #giveBack(): void {
    this.#share.requestBytes.add(-this.#bytes);
    this.#bytes = 0;
  }
}
