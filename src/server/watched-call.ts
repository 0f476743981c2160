import type { ServerHttp2Stream } from 'node:http2';
import { Metadata, type ServerInterceptingCallInterface, type ServerInterceptor, status } from '@grpc/grpc-js';
import { type CallObserver, describePeer, type ObservedCall, type OpenCalls } from './call-observer.js';
import { HEAD_BYTES } from './request-message.js';
import { explainLibraryStatus } from './status.js';
import { type CallerIds, echoedIds, metadataIds } from './telemetry/caller-ids.js';
import { UnreadCall, type UnreadReplies } from './unread-replies.js';

/** What is told of calls, and to whom. */
export interface Watch {
  readonly open: OpenCalls;
  readonly unread: UnreadReplies;
  readonly observers: readonly CallObserver[];
  readonly maxMessageBytes: number;
}

/** The stream is not in the library's types: without it nobody learns when a reply that was not read is gone. */
type LibraryCall = ServerInterceptingCallInterface & { readonly stream: ServerHttp2Stream };
type Listener = Parameters<LibraryCall['start']>[0];
type PartialStatus = Parameters<LibraryCall['sendStatus']>[0];

/**
 * How far a stream may be ahead of its reader: about what one frame holds. The library hands over one message at a time,
 * when the last one is written; several at once are written as one.
 */
const AHEAD_BYTES = 16 * 1024;

/**
 * An interceptor that wraps nothing: it puts functions of its own into the library's call object, because a wrapping one
 * sees neither deadlines nor cancellations nor oversize messages.
 */
export function watchCalls(watch: Watch): ServerInterceptor {
  return ({ path }, call) => {
    const watched = new WatchedCall(watch, path, call as Hooked);
    watch.open.add(path, 1);
    for (const observer of watch.observers) observer.onStart?.(watched);
    return call as ReturnType<ServerInterceptor>;
  };
}

const WATCHED = Symbol('watched call');
type Hooked = LibraryCall & { [WATCHED]: WatchedCall };

/** The same for all calls: with functions of its own each took a twentieth more time. */
const hooks = {
  start(this: Hooked, listener: Listener): void {
    this[WATCHED].start(listener);
  },
  sendMetadata(this: Hooked, metadata: Metadata): void {
    this[WATCHED].sendMetadata(metadata);
  },
  sendMessage(this: Hooked, message: Buffer, callback: () => void): void {
    this[WATCHED].sendMessage(message, callback);
  },
  sendStatus(this: Hooked, found: PartialStatus): void {
    this[WATCHED].sendStatus(found);
  },
};

/** One call of the library, between what handles it and the library's own functions. */
class WatchedCall implements ObservedCall, Listener {
  readonly path: string;
  readonly startedMs = performance.now();
  ids: CallerIds | undefined;
  readonly #watch: Watch;
  readonly #call: Hooked;
  /** The call's functions without the hooks. */
  readonly #library: LibraryCall;
  readonly #unread: UnreadCall;
  #listener: Listener | undefined;
  #sentMetadata = false;
  #sentStatus = false;
  #ended = false;

  constructor(watch: Watch, path: string, call: Hooked) {
    this.#watch = watch;
    this.#unread = new UnreadCall(watch.unread);
    this.path = path;
    this.#call = call;
    this.#library = Object.getPrototypeOf(call);
    call[WATCHED] = this;
    call.start = hooks.start;
    call.sendMessage = hooks.sendMessage;
    call.sendStatus = hooks.sendStatus;
  }

  /** Few ask, and the library has it at hand also after the connection has gone. */
  get peer(): string {
    const { remoteAddress, remotePort } = this.#call.getConnectionInfo();
    return describePeer(remoteAddress, remotePort);
  }

  start(listener: Listener): void {
    this.#listener = listener;
    this.#library.start.call(this.#call, this);
    // Then the library forgets the listener.
    if (this.#isGone) this.#end(status.CANCELLED);
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.ids = metadataIds(metadata);
    if (this.ids) this.#call.sendMetadata = hooks.sendMetadata;
    this.#listener!.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.#listener!.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    this.#listener!.onReceiveHalfClose();
  }

  onCancel(): void {
    this.#end(status.CANCELLED);
    this.#unread.end(this.#call.stream);
    this.#listener!.onCancel();
  }

  sendMetadata(metadata: Metadata): void {
    this.#sentMetadata = true;
    this.#library.sendMetadata.call(this.#call, this.#withIds(metadata));
  }

  sendMessage(message: Buffer, callback: () => void): void {
    const unread = this.#unread;
    const bytes = message.byteLength + HEAD_BYTES;
    unread.add(bytes);
    const isAhead = unread.bytes < AHEAD_BYTES;
    this.#library.sendMessage.call(this.#call, message, () => {
      unread.add(-bytes);
      if (!isAhead) callback();
    });
    if (isAhead) callback();
  }

  /** The first one is told. A second makes the library give the call up, its replies that are under way included. */
  sendStatus(found: PartialStatus): void {
    if (this.#sentStatus && found.code !== status.DEADLINE_EXCEEDED) return;
    this.#sentStatus = true;
    // To a caller who has gone the library sends nothing, and says that the call was cancelled.
    if (!this.#isGone) this.#end(found.code ?? status.UNKNOWN);
    const told = explainLibraryStatus(found, this.#watch.maxMessageBytes);
    // Without headers, ids travel with the status: an error stays one message on the wire, else clients do not try again.
    const carriesIds = this.ids && !this.#sentMetadata;
    const metadata = carriesIds ? this.#withIds(told.metadata ?? new Metadata()) : undefined;
    this.#library.sendStatus.call(this.#call, metadata ? { ...told, metadata } : told);
    // The library would wait for a reader for ever.
    if (found.code === status.DEADLINE_EXCEEDED) this.#unread.end(this.#call.stream);
  }

  get #isGone(): boolean {
    const { closed, destroyed } = this.#call.stream;
    return closed || destroyed;
  }

  /** What an answer carries back. */
  #withIds(metadata: Metadata): Metadata {
    for (const [name, value] of echoedIds(this.ids!)) metadata.set(name, value);
    return metadata;
  }

  #end(code: status): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#watch.open.add(this.path, -1);
    for (const observer of this.#watch.observers) observer.onEnd?.(this, code);
  }
}
