import { constants } from 'node:http2';
import { Metadata, type ServerInterceptor, type StatusObject, status } from '@grpc/grpc-js';
import { CallContext } from '../calls/call-context.js';
import { echoedIds, metadataIds } from '../calls/caller-ids.js';
import { tooManyBytes, type WaitingCall } from '../calls/connection-share.js';
import { lateRequest } from '../calls/deadline.js';
import { type Gate, tooManyCalls } from '../calls/gate.js';
import type { Watch } from '../calls/observer.js';
import { type Refusal, shuttingDown } from '../calls/refusal.js';
import { toStatus } from '../calls/status.js';
import { heldBytes } from './call-headers.js';
import type { Caller } from './connection.js';
import type { Connections } from './connections.js';
import { callInterceptor, type LibraryCall, libraryFunctions } from './seams.js';
import { StreamReplies } from './stream-replies.js';
import { StreamRequests } from './stream-requests.js';

type Listener = Parameters<LibraryCall['start']>[0];
type PartialStatus = Parameters<LibraryCall['sendStatus']>[0];

/**
 * An interceptor that does not wrap the call: it replaces functions of the library's call object, because a wrapper sees
 * neither deadlines nor cancellations nor oversize messages.
 */
export function watchCalls(watch: Watch, connections: Pick<Connections, 'callerOf'>): ServerInterceptor {
  return callInterceptor((path, call) => {
    new WatchedCall(watch, path, call as Hooked, connections.callerOf(call.stream.session)).begin();
  });
}

/** By metadata object: the handler of a call gets the one that its listener got. */
const byMetadata = new WeakMap<Metadata, WatchedCall>();

/** @param metadata of the call, as its handler gets it */
export function watchedCall(metadata: Metadata): WatchedCall {
  return byMetadata.get(metadata)!;
}

const WATCHED = Symbol('watched call');
type Hooked = LibraryCall & { [WATCHED]: WatchedCall };

/** Shared by all calls: closures for each call took 5 % more time. */
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

/**
 * A call that the library carries, between its handler and the library's own functions.
 * Why: docs/decisions/streams-in-the-librarys-call.md
 */
export class WatchedCall implements Listener, WaitingCall {
  readonly context: CallContext;
  readonly #watch: Watch;
  readonly #call: Hooked;
  /** The call's functions without the hooks. */
  readonly #library: LibraryCall;
  readonly #caller: Caller;
  readonly #requests: StreamRequests;
  readonly #replies: StreamReplies;
  #listener: Listener | undefined;
  #refusal: StatusObject | undefined;
  /** The gate that it has entered. */
  #gate: Gate | undefined;
  /** The refusal, where there is no room for the call. */
  #tooMuch: unknown;
  #hasAll = false;
  #sentMetadata = false;
  #sentStatus = false;

  constructor(watch: Watch, path: string, call: Hooked, caller: Caller) {
    this.#watch = watch;
    this.#caller = caller;
    this.context = new CallContext(watch, path, caller);
    this.#requests = new StreamRequests(caller, watch.maxMessageBytes);
    this.#replies = new StreamReplies(call.stream, caller.share.unread);
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
    if (!this.#isGone) {
      const { waiting } = this.context.share;
      waiting.add(this);
      this.#call.stream.once('close', () => waiting.delete(this));
    }
    this.context.begin();
    try {
      this.#requests.begin(heldBytes(this.#call.stream));
    } catch (error) {
      this.#tooMuch = error;
    }
  }

  get requestBytes(): number {
    return this.#requests.bytes;
  }

  /** To be called when a message is answered: it no longer counts as held in memory. */
  forgetMessage(): void {
    this.#requests.answered();
  }

  isOverdue(nowMs: number): boolean {
    if (this.#isGone) return false;
    const { clientTimeoutMs } = this.#watch;
    return this.#replies.isOverdue(nowMs, clientTimeoutMs) || this.#requests.isOverdue(nowMs, clientTimeoutMs);
  }

  giveUp(): void {
    if (!this.#replies.areUnread) this.#call.sendStatus(lateRequest(this.#watch.clientTimeoutMs));
    this.#replies.end();
  }

  dropRequest(): void {
    if (this.#requests.isPartial || this.#requests.areAnswered)
      this.#refuse(tooManyBytes(this.context.share.requestBytes));
  }

  dropReply(): void {
    this.#replies.drop();
  }

  cutOff(): void {
    if (this.context.ended) return;
    this.#refuse(shuttingDown());
    this.leave();
  }

  /** A silent stream has a place too. */
  dropPlace(): void {
    if (this.context.ended || !this.#gate || !this.#requests.areAnswered) return;
    this.#refuse(tooManyCalls(this.context.share.calls));
    this.leave();
  }

  /** Enters the gate; returns why it cannot. */
  enter(gate: Gate): Refusal | undefined {
    const refusal = gate.enter(this.context.share, this.context.startedMs);
    if (!refusal) this.#gate = gate;
    return refusal;
  }

  /** Only the first time counts. */
  leave(): void {
    this.#gate?.leave(this.context.share);
    this.#gate = undefined;
  }

  #refuse(error: unknown): void {
    this.#call.sendStatus(toStatus(error, () => {}, this.context.ids));
  }

  /** @throws any error: the library ends the call with the status that is kept here */
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
    this.#refusal = toStatus(error, () => {}, this.context.ids);
    return error;
  }

  start(listener: Listener): void {
    this.#listener = listener;
    this.#library.start.call(this.#call, this);
    // Then the library forgets the listener.
    if (this.#isGone) this.#end(status.CANCELLED);
  }

  onReceiveMetadata(metadata: Metadata): void {
    const ids = metadataIds(metadata);
    this.context.ids = ids;
    const { callerHeader } = this.#watch;
    if (callerHeader !== undefined) this.context.caller = metadata.get(callerHeader)[0]?.toString();
    this.context.deadlineMs = performance.now() + Number(this.#call.getDeadline()) - Date.now();
    byMetadata.set(metadata, this);
    if (ids) this.#call.sendMetadata = hooks.sendMetadata;
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
    if (!this.context.ended) this.#caller.noteLost();
    this.context.cancelled = true;
    this.#end(status.CANCELLED);
    this.#replies.end();
    this.#listener!.onCancel();
  }

  sendMetadata(metadata: Metadata): void {
    this.#sentMetadata = true;
    this.#library.sendMetadata.call(this.#call, this.#withIds(metadata));
  }

  sendMessage(message: Buffer, callback: () => void): void {
    const write = (onWritten: () => void) => this.#library.sendMessage.call(this.#call, message, onWritten);
    this.#replies.send(message, write, callback);
  }

  /** Sends the first status only. A second makes the library drop the call, replies under way included. */
  sendStatus(found: PartialStatus): void {
    if (this.#sentStatus && found.code !== status.DEADLINE_EXCEEDED) return;
    this.#sentStatus = true;
    const sent = this.#refusal ?? found;
    // The library sends nothing to a caller who has gone, and reports the call as cancelled.
    if (!this.#isGone) this.#end(sent.code ?? status.UNKNOWN);
    // Without headers, ids travel with the status: the error stays one header block, else clients do not retry.
    const carriesIds = this.context.ids && !this.#sentMetadata;
    const metadata = carriesIds ? this.#withIds(sent.metadata ?? new Metadata()) : undefined;
    const { stream } = this.#call;
    const isFirst = !stream.headersSent;
    this.#library.sendStatus.call(this.#call, metadata ? { ...sent, metadata } : sent);
    // The client need not send the rest: https://www.rfc-editor.org/rfc/rfc9113#section-8.1.
    if (isFirst && !this.#hasAll) stream.close(constants.NGHTTP2_NO_ERROR);
    // The library would wait for the reader for ever.
    if (found.code === status.DEADLINE_EXCEEDED) this.#replies.end();
  }

  get #isGone(): boolean {
    const { closed, destroyed } = this.#call.stream;
    return closed || destroyed;
  }

  /** The ids, as an answer returns them. */
  #withIds(metadata: Metadata): Metadata {
    for (const [name, value] of echoedIds(this.context.ids!)) metadata.set(name, value);
    return metadata;
  }

  #end(code: status): void {
    if (this.context.ended) return;
    this.#requests.end();
    this.context.end(code);
  }
}
