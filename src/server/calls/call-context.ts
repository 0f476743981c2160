import type { status } from '@grpc/grpc-js';
import type { CallerIds } from './caller-ids.js';
import type { ConnectionShare } from './connection-share.js';
import type { CallWatch, ObservedCall, PhaseWatch, TakenModel } from './observer.js';

/** The client's end of a connection. */
export interface Peer {
  /** Its address, in words. */
  readonly peer: string;
  readonly share: ConnectionShare;
}

/**
 * One call, from its first byte to its status, whatever carries it. Its transport makes it and ends it, its service reads
 * it, observers get it at the start and at the end.
 */
export class CallContext implements ObservedCall {
  readonly startedMs = performance.now();
  readonly path: string;
  readonly peer: string;
  /** What its connection holds of what all connections share. */
  readonly share: ConnectionShare;
  ids: CallerIds | undefined;
  /** Who calls, by the header that the server knows callers by, where it does. */
  caller: string | undefined;
  deadlineMs = Number.POSITIVE_INFINITY;
  model: TakenModel | undefined;
  phases: PhaseWatch | undefined;
  /** True once the client has gone or its deadline has passed. */
  cancelled = false;
  readonly #watch: CallWatch;
  #ended = false;

  constructor(watch: CallWatch, path: string, { peer, share }: Peer, ids?: CallerIds) {
    this.#watch = watch;
    this.path = path;
    this.peer = peer;
    this.share = share;
    this.ids = ids;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Counts the call as open and notifies observers; to be called once. */
  begin(): void {
    this.#watch.open.add(this.path, 1);
    for (const observer of this.#watch.observers) observer.onStart?.(this);
  }

  /** Notes the model that answers the call, and returns it. */
  take<Model extends TakenModel>(model: Model): Model {
    this.model = model;
    return model;
  }

  /** Only the first status counts. */
  end(code: status): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#watch.open.add(this.path, -1);
    for (const observer of this.#watch.observers) observer.onEnd?.(this, code);
  }
}
