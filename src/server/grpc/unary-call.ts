import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { type CallerIds, callerIds, echoedIds, REQUEST_ID_HEADER, TRACEPARENT_HEADER } from '../calls/caller-ids.js';
import { type ConnectionShare, takeRequestBytes, tooManyBytes, type WaitingCall } from '../calls/connection-share.js';
import { lateRequest, timeoutMs } from '../calls/deadline.js';
import type { ObservedCall, Watch } from '../calls/observer.js';
import { UnreadCall } from '../calls/unread-replies.js';
import type { Caller } from './connection.js';
import { ACCEPTED_CODINGS, decompressSome } from './decompress.js';
import { HEAD_BYTES, type ReceivedMessage, RequestMessage } from './request-message.js';

/** Ends the call exactly once. */
export type UnaryHandler = (call: UnaryCall) => void;

/** Whose call it is. */
export interface UnaryMethod {
  readonly path: string;
  readonly handler: UnaryHandler;
  readonly watch: Watch;
}

/** What travels with a message and OK: all that gRPC asks for, and nothing that has a default. */
const HEADERS: OutgoingHttpHeaders = { ':status': 200, 'content-type': 'application/grpc+proto' };
const OK_TRAILERS: OutgoingHttpHeaders = { 'grpc-status': status.OK };
const NO_HEADERS: IncomingHttpHeaders = {};
const WITH_TRAILERS = { waitForTrailers: true };
const WITHOUT_MESSAGE = { endStream: true };

const CALL = Symbol('unary call');
type CallStream = ServerHttp2Stream & { [CALL]: UnaryCall };

// The same functions for all calls: with functions of its own each would take a twentieth more time.

function onData(this: CallStream, chunk: Buffer): void {
  this[CALL].onData(chunk);
}

function onEnd(this: CallStream): void {
  this[CALL].onEnd();
}

function onClose(this: CallStream): void {
  this[CALL].onClose();
}

/** A close follows, and tells all that there is to know. */
function onError(): void {}

function sendOk(this: ServerHttp2Stream): void {
  this.sendTrailers(OK_TRAILERS);
}

/**
 * A call of one message that gets one, or a status: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.
 * It sits on the HTTP/2 stream itself.
 */
export class UnaryCall implements ObservedCall, WaitingCall {
  /** True once the client has gone or its deadline has passed. */
  cancelled = false;
  readonly startedMs = performance.now();
  readonly path: string;
  readonly ids: CallerIds | undefined;
  readonly #stream: ServerHttp2Stream;
  #headers: IncomingHttpHeaders;
  readonly #handler: UnaryHandler;
  readonly #watch: Watch;
  readonly #caller: Caller;
  /** While it is being received. */
  #message: RequestMessage | undefined;
  readonly #unread: UnreadCall;
  #timer: NodeJS.Timeout | undefined;
  /** The message, or why there is none; while it is being answered. */
  #request: Buffer | Error | undefined;
  /** Of the request, as its connection's share counts them. */
  #requestBytes = 0;
  #hasAll = false;
  /** When the reply was made. */
  #repliedMs = 0;
  #answered = false;
  #finished = false;

  constructor(method: UnaryMethod, stream: ServerHttp2Stream, headers: IncomingHttpHeaders, caller: Caller) {
    this.path = method.path;
    this.ids = callerIds(headers[REQUEST_ID_HEADER], headers[TRACEPARENT_HEADER]);
    this.#stream = stream;
    this.#headers = headers;
    this.#handler = method.handler;
    this.#watch = method.watch;
    this.#caller = caller;
    this.#message = new RequestMessage(method.watch.maxMessageBytes);
    this.#unread = new UnreadCall(caller.share.unread);
  }

  get peer(): string {
    return this.#caller.peer;
  }

  get share(): ConnectionShare {
    return this.#caller.share;
  }

  /**
   * To be called once: the handler is called when the message is there.
   *
   * @param bytes that it holds beside its message
   */
  start(bytes: number): void {
    this.#watch.open.add(this.path, 1);
    this.share.waiting.add(this);
    for (const observer of this.#watch.observers) observer.onStart?.(this);
    const stream = this.#stream as CallStream;
    stream[CALL] = this;
    stream.on('error', onError).on('close', onClose);
    // It may have gone before anybody could listen.
    if (this.#isGone) this.onClose();
    else this.#read(bytes);
  }

  /** Of the request's headers; what came more than once is joined by commas. */
  header(name: string): string | undefined {
    return this.#headers[name] as string | undefined;
  }

  /** @throws Refusal, RequestError when the client has not sent one message */
  get request(): Buffer {
    if (Buffer.isBuffer(this.#request)) return this.#request;
    throw this.#request;
  }

  /** @param outcome the reply, or why there is none */
  end(outcome: Buffer | StatusObject): void {
    if (this.#isOver) return;
    this.#answered = true;
    // An answer may wait for its reader for long: the request does not stay as long.
    this.#forgetRequest();
    if (Buffer.isBuffer(outcome)) this.#reply(outcome);
    else this.#refuse(outcome);
  }

  /** Events of its stream. */
  onData(chunk: Buffer): void {
    // What comes after an answer is dropped.
    if (!this.#message) return;
    try {
      this.#take(chunk.byteLength);
      this.#message.add(chunk);
      if (this.share.smallPieces.note(chunk.byteLength, this.#message.isWhole))
        this.#caller.calmDown('pieces too small');
    } catch (error) {
      this.#handle(error as Error);
    }
  }

  onEnd(): void {
    this.#hasAll = true;
    if (!this.#message) return;
    let message: ReceivedMessage;
    try {
      message = this.#message.finish();
    } catch (error) {
      this.#handle(error as Error);
      return;
    }
    if (message.compressed) this.#decompress(message.bytes);
    else this.#handle(message.bytes);
  }

  onClose(): void {
    this.cancelled = true;
    this.#forgetRequest();
    if (!this.#finished) this.#caller.noteLost();
    this.#finish(status.CANCELLED);
    this.share.waiting.delete(this);
    this.#unread.end(this.#stream);
  }

  isOverdue(nowMs: number): boolean {
    if (this.#isGone) return false;
    const { clientTimeoutMs } = this.#watch;
    if (this.#answered) return this.#unread.isOverdue(nowMs - this.#repliedMs, clientTimeoutMs);
    return !this.#hasAll && nowMs - this.startedMs > clientTimeoutMs;
  }

  giveUp(): void {
    this.end(lateRequest(this.#watch.clientTimeoutMs));
    this.#unread.end(this.#stream);
  }

  get requestBytes(): number {
    return this.#requestBytes;
  }

  dropRequest(): void {
    if (this.#message && this.#requestBytes > 0) this.#handle(tooManyBytes(this.share.requestBytes));
  }

  dropReply(): void {
    this.#unread.drop(this.#stream);
  }

  /** It has one only while it is worked on. */
  dropPlace(): void {}

  /** @throws Refusal when there is no room for so much more */
  #take(bytes: number): void {
    takeRequestBytes(this.share, bytes);
    this.#requestBytes += bytes;
  }

  #read(bytes: number): void {
    try {
      this.#take(bytes);
      const timeout = timeoutMs(this.header('grpc-timeout'));
      if (timeout !== undefined) this.#timer = setTimeout(() => this.#expire(), timeout);
    } catch (error) {
      this.#handle(error as Error);
    }
    this.#stream.on('data', onData).on('end', onEnd);
  }

  #decompress(bytes: Buffer): void {
    const { maxMessageBytes } = this.#watch;
    decompressSome(bytes, this.header('grpc-encoding'), maxMessageBytes, () => this.#isOver)
      .then((request) => {
        if (!this.#isOver) this.#take(request.byteLength);
        return request;
      })
      .catch((error: Error) => error)
      .then((request) => this.#handle(request));
  }

  #handle(request: Buffer | Error): void {
    if (this.#isOver) return;
    this.#message = undefined;
    this.#request = request;
    this.#handler(this);
  }

  #forgetRequest(): void {
    this.#headers = NO_HEADERS;
    this.#message = undefined;
    this.#request = undefined;
    if (this.#requestBytes > 0) this.share.requestBytes.add(-this.#requestBytes);
    this.#requestBytes = 0;
  }

  #reply(message: Buffer): void {
    const stream = this.#stream;
    const frame = framed(message);
    this.#unread.add(frame.byteLength);
    this.#repliedMs = performance.now();
    stream.respond(this.#withIds(HEADERS), WITH_TRAILERS);
    stream.on('wantTrailers', sendOk);
    stream.end(frame, (error?: Error | null) => {
      this.#unread.add(-frame.byteLength);
      this.#finish(error ? status.CANCELLED : status.OK);
    });
  }

  /** One message on the wire, ids included: after headers of their own clients would not try again. */
  #refuse({ code, details, metadata }: StatusObject): void {
    this.#finish(code);
    const told = {
      ...HEADERS,
      'grpc-accept-encoding': ACCEPTED_CODINGS,
      'grpc-status': code,
      'grpc-message': encodeURI(details),
      ...metadata.toHttp2Headers(),
    };
    this.#stream.respond(this.#withIds(told), WITHOUT_MESSAGE);
    // It need not send the rest: https://www.rfc-editor.org/rfc/rfc9113#section-8.1.
    if (!this.#hasAll) this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #expire(): void {
    this.cancelled = true;
    this.end({ code: status.DEADLINE_EXCEEDED, details: 'Deadline exceeded', metadata: new Metadata() });
    // Nobody has read the reply yet.
    this.#finish(status.DEADLINE_EXCEEDED);
    this.#unread.end(this.#stream);
  }

  /** The first code is told. */
  #finish(code: status): void {
    if (this.#finished) return;
    this.#finished = true;
    clearTimeout(this.#timer);
    this.#watch.open.add(this.path, -1);
    for (const observer of this.#watch.observers) observer.onEnd?.(this, code);
  }

  /** Whatever the answer would be, it is too late for it. */
  get #isOver(): boolean {
    return this.#answered || this.#isGone;
  }

  get #isGone(): boolean {
    const { closed, destroyed } = this.#stream;
    return closed || destroyed;
  }

  #withIds(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
    return this.ids ? { ...headers, ...Object.fromEntries(echoedIds(this.ids)) } : headers;
  }
}

/** "Not compressed", the length, the message. */
function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + message.byteLength);
  frame[0] = 0;
  frame.writeUInt32BE(message.byteLength, 1);
  message.copy(frame, HEAD_BYTES);
  return frame;
}
