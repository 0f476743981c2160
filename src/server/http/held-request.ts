import type { ServerResponse } from 'node:http';
import { RequestError } from '../../ground/errors.js';
import { type ConnectionShare, takeRequestBytes, tooManyBytes, type WaitingCall } from '../calls/connection-share.js';
import type { Refusal } from '../calls/refusal.js';

/** A request over HTTP/1.1 among what its connection holds, until its call has ended. */
export class HeldRequest implements WaitingCall {
  readonly #share: ConnectionShare;
  readonly #outgoing: ServerResponse;
  #bytes = 0;
  /** Ends the reading of its body; while that goes on. */
  #stop: ((why: Refusal) => void) | undefined;

  constructor(share: ConnectionShare, outgoing: ServerResponse) {
    this.#share = share;
    this.#outgoing = outgoing;
    share.waiting.add(this);
    outgoing.once('close', () => {
      this.#giveBack();
      share.waiting.delete(this);
    });
  }

  get requestBytes(): number {
    return this.#bytes;
  }

  /**
   * @throws Refusal when there is no room for so many more
   * @throws RequestError when they come in too small pieces; the connection is closed with the answer
   */
  take(bytes: number): void {
    if (this.#share.smallPieces.note(bytes, false)) {
      this.#outgoing.shouldKeepAlive = false;
      throw new RequestError([
        { field: 'body', description: 'expected pieces of some hundred bytes, found tiny ones' },
      ]);
    }
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

  /** Node's server has the time in hand, the answer waits nowhere else, and a place is in use while there is one. */
  isOverdue(): boolean {
    return false;
  }
  giveUp(): void {}
  dropReply(): void {}
  dropPlace(): void {}

  #giveBack(): void {
    this.#share.requestBytes.add(-this.#bytes);
    this.#bytes = 0;
  }
}
