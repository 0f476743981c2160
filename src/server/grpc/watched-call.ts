import { constants } from 'node:http2';
import { Metadata, type ServerInterceptor, type StatusObject, status } from '@grpc/grpc-js';
import { type CallerIds, echoedIds, metadataIds } from '../calls/caller-ids.js';
import { type ConnectionShare, tooManyBytes, type WaitingCall } from '../calls/connection-share.js';
import { lateRequest } from '../calls/deadline.js';
import { type Gate, tooManyCalls } from '../calls/gate.js';
import type { ObservedCall, Watch } from '../calls/observer.js';
import type { Refusal } from '../calls/refusal.js';
import { toStatus } from '../calls/status.js';
import { UnreadCall } from '../calls/unread-replies.js';
import { heldBytes } from './call-headers.js';
import type { Caller } from './connection.js';
import type { Connections } from './connections.js';
import { HEAD_BYTES } from './request-message.js';
import { type LibraryCall, libraryFunctions } from './seams.js';
import { StreamRequests } from './stream-requests.js';

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
export function watchCalls(watch: Watch, connections: Pick<Connections, 'callerOf'>): ServerInterceptor {
  return ({ path }, call) => {
    const hooked = call as unknown as Hooked;
    new WatchedCall(watch, path, hooked, connections.callerOf(hooked.stream.session)).begin();
    return call as ReturnType<ServerInterceptor>;
  };
}

/** By the metadata that the library hands to a call's handler with it. */
const byMetadata = new WeakMap<Metadata, WatchedCall>();

/** @param metadata of the call that the library handed over */
export function watchedCall(metadata: Metadata): WatchedCall {
  return byMetadata.get(metadata)!;
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
export class WatchedCall implements ObservedCall, Listener, WaitingCall {
  readonly path: string;
  readonly startedMs = performance.now();
  ids: CallerIds | undefined;
  readonly #watch: Watch;
  readonly #call: Hooked;
  /** The call's functions without the hooks. */
  readonly #library: LibraryCall;
  readonly #caller: Caller;
  readonly #unread: UnreadCall;
  readonly #requests: StreamRequests;
  /** When the reader last took something. */
  #unreadMs = 0;
  #listener: Listener | undefined;
  #refusal: StatusObject | undefined;
  /** Where it counts. */
  #gate: Gate | undefined;
  /** Why there is no room for the call. */
  #tooMuch: unknown;
  #hasAll = false;
  #sentMetadata = false;
  #sentStatus = false;
  #ended = false;

  constructor(watch: Watch, path: string, call: Hooked, caller: Caller) {
    this.#watch = watch;
    this.#caller = caller;
    this.#unread = new UnreadCall(caller.share.unread);
    this.#requests = new StreamRequests(caller, watch.maxMessageBytes);
    this.path = path;
    this.#call = call;
    this.#library = libraryFunctions(call);
    call[WATCHED] = this;
    call.start = hooks.start;
    call.sendMessage = hooks.sendMessage;
    call.sendStatus = hooks.sendStatus;
    call.decoder = { write: (chunk) => this.#receive(chunk) };
    call.decompressMessage = (frame, coding) => this.#unpack(frame, coding);
  }

  /** To be called once. */
  begin(): void {
    this.#watch.open.add(this.path, 1);
    if (!this.#isGone) {
      const { waiting } = this.share;
      waiting.add(this);
      this.#call.stream.once('close', () => waiting.delete(this));
    }
    for (const observer of this.#watch.observers) observer.onStart?.(this);
    try {
      this.#requests.begin(heldBytes(this.#call.stream));
    } catch (error) {
      this.#tooMuch = error;
    }
  }

  get peer(): string {
    return this.#caller.peer;
  }

  get share(): ConnectionShare {
    return this.#caller.share;
  }

  get requestBytes(): number {
    return this.#requests.bytes;
  }

  /** To be called when a message is answered: it no longer counts among those that are in memory. */
  forgetMessage(): void {
    this.#requests.answered();
  }

  isOverdue(nowMs: number): boolean {
    if (this.#isGone) return false;
    const { clientTimeoutMs } = this.#watch;
    const readsLate = this.#unread.isOverdue(nowMs - this.#unreadMs, clientTimeoutMs);
    return readsLate || this.#requests.isOverdue(nowMs, clientTimeoutMs);
  }

  giveUp(): void {
    if (this.#unread.bytes === 0) this.#call.sendStatus(lateRequest(this.#watch.clientTimeoutMs));
    this.#unread.end(this.#call.stream);
  }

  dropRequest(): void {
    if (this.#requests.isPartial || this.#requests.areAnswered) this.#refuse(tooManyBytes(this.share.requestBytes));
  }

  dropReply(): void {
    this.#unread.drop(this.#call.stream);
  }

  /** A stream that says nothing has one all the same. */
  dropPlace(): void {
    if (this.#ended || !this.#gate || !this.#requests.areAnswered) return;
    this.#refuse(tooManyCalls(this.share.calls));
    this.leave();
  }

  /** Counts the call among those that are being answered, or says why not. */
  enter(gate: Gate): Refusal | undefined {
    const refusal = gate.enter(this.share, this.startedMs);
    if (!refusal) this.#gate = gate;
    return refusal;
  }

  /** Only the first time counts. */
  leave(): void {
    this.#gate?.leave(this.share);
    this.#gate = undefined;
  }

  #refuse(error: unknown): void {
    this.#call.sendStatus(toStatus(error, () => {}, this.ids));
  }

  /** @throws Error whatever it is, the library ends the call, with the status that is kept here */
  #receive(chunk: Buffer): Buffer[] {
    try {
      return this.#requests.receive(chunk);
    } catch (error) {
      throw this.#keepRefusal(error);
    }
  }

  /** @throws Error as `#receive` does */
  #unpack(frame: Buffer, coding: string): Buffer | Promise<Buffer> {
    const message = this.#requests.unpack(frame, coding);
    if (Buffer.isBuffer(message)) return message;
    return message.catch((error) => {
      throw this.#keepRefusal(error);
    });
  }

  #keepRefusal(error: unknown): unknown {
    this.#refusal = toStatus(error, () => {}, this.ids);
    return error;
  }

  start(listener: Listener): void {
    this.#listener = listener;
    this.#library.start.call(this.#call, this);
    // Then the library forgets the listener.
    if (this.#isGone) this.#end(status.CANCELLED);
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.ids = metadataIds(metadata);
    byMetadata.set(metadata, this);
    if (this.ids) this.#call.sendMetadata = hooks.sendMetadata;
    if (this.#tooMuch) {
      this.#refuse(this.#tooMuch);
      return;
    }
    this.#listener!.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.#listener!.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    this.#hasAll = true;
    try {
      this.#requests.finish();
    } catch (error) {
      this.#refuse(error);
      return;
    }
    this.#listener!.onReceiveHalfClose();
  }

  onCancel(): void {
    if (!this.#ended) this.#caller.noteLost();
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
    if (unread.bytes === 0) this.#unreadMs = performance.now();
    unread.add(bytes);
    const isAhead = unread.bytes < AHEAD_BYTES;
    this.#library.sendMessage.call(this.#call, message, () => {
      unread.add(-bytes);
      this.#unreadMs = performance.now();
      if (!isAhead) callback();
    });
    if (isAhead) callback();
  }

  /** The first one is told. A second makes the library give the call up, its replies that are under way included. */
  sendStatus(found: PartialStatus): void {
    if (this.#sentStatus && found.code !== status.DEADLINE_EXCEEDED) return;
    this.#sentStatus = true;
    const told = this.#refusal ?? found;
    // To a caller who has gone the library sends nothing, and says that the call was cancelled.
    if (!this.#isGone) this.#end(told.code ?? status.UNKNOWN);
    // Without headers, ids travel with the status: an error stays one message on the wire, else clients do not try again.
    const carriesIds = this.ids && !this.#sentMetadata;
    const metadata = carriesIds ? this.#withIds(told.metadata ?? new Metadata()) : undefined;
    const { stream } = this.#call;
    const isFirst = !stream.headersSent;
    this.#library.sendStatus.call(this.#call, metadata ? { ...told, metadata } : told);
    // It need not send the rest: https://www.rfc-editor.org/rfc/rfc9113#section-8.1.
    if (isFirst && !this.#hasAll) stream.close(constants.NGHTTP2_NO_ERROR);
    // The library would wait for a reader for ever.
    if (found.code === status.DEADLINE_EXCEEDED) this.#unread.end(stream);
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
    this.#requests.end();
    for (const observer of this.#watch.observers) observer.onEnd?.(this, code);
  }
}
