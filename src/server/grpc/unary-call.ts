import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { CallContext } from '../calls/call-context.js';
import { callerIds, REQUEST_ID_HEADER, TRACEPARENT_HEADER } from '../calls/caller-ids.js';
import { takeRequestBytes, tooManyBytes, type WaitingCall } from '../calls/connection-share.js';
import { lateRequest, timeoutMs } from '../calls/deadline.js';
import type { Watch } from '../calls/observer.js';
import { shuttingDown } from '../calls/refusal.js';
import { toStatus } from '../calls/status.js';
import { UnreadCall } from '../calls/unread-replies.js';
import type { Caller } from './connection.js';
import { decompressMessage } from './decompress.js';
import { type ReceivedMessage, RequestMessage } from './request-message.js';
import { framed, sendRefusal, sendReply } from './unary-reply.js';

/** Ends the call exactly once. */
export type UnaryHandler = (call: UnaryCall) => void;

/** The method that is called. */
export interface UnaryMethod {
  readonly path: string;
  readonly handler: UnaryHandler;
  readonly watch: Watch;
}

const NO_HEADERS: IncomingHttpHeaders = {};

const CALL = Symbol('unary call');
type CallStream = ServerHttp2Stream & { [CALL]: UnaryCall };

// Shared by all calls: closures for each call would take 5 % more time.

function onData(this: CallStream, chunk: Buffer): void {
  this[CALL].receive(chunk);
}

function onEnd(this: CallStream): void {
  this[CALL].unpack();
}

function onClose(this: CallStream): void {
  this[CALL].close();
}

/** A close follows, and says all that there is to know. */
function onError(): void {}

/**
 * A call of one message that gets one, or a status: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.
 * It sits on the HTTP/2 stream itself, and goes through these steps: start, receive (once for each piece), unpack, handle
 * (by the method), end (with a reply or a refusal), close. A step that fails goes to handle with the error.
 * Why: docs/decisions/unary-calls-on-the-stream.md
 */
export class UnaryCall implements WaitingCall {
  readonly context: CallContext;
  readonly #stream: ServerHttp2Stream;
  #headers: IncomingHttpHeaders;
  readonly #method: UnaryMethod;
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

  constructor(method: UnaryMethod, stream: ServerHttp2Stream, headers: IncomingHttpHeaders, caller: Caller) {
    const ids = callerIds(headers[REQUEST_ID_HEADER], headers[TRACEPARENT_HEADER]);
    this.context = new CallContext(method.watch, method.path, caller, ids);
    const { callerHeader } = method.watch;
    if (callerHeader !== undefined) this.context.caller = headers[callerHeader] as string | undefined;
    this.#stream = stream;
    this.#headers = headers;
    this.#method = method;
    this.#caller = caller;
    this.#message = new RequestMessage(method.watch.maxMessageBytes);
    this.#unread = new UnreadCall(caller.share.unread);
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

  /**
   * The first step, to be called once.
   *
   * @param bytes that it holds beside its message
   */
  start(bytes: number): void {
    this.context.begin();
    this.#caller.share.waiting.add(this);
    const stream = this.#stream as CallStream;
    stream[CALL] = this;
    stream.on('error', onError).on('close', onClose);
    // It may have gone before anybody could listen.
    if (this.#isGone) this.close();
    else this.#listen(bytes);
  }

  #listen(bytes: number): void {
    try {
      this.#take(bytes);
      this.#setDeadline(timeoutMs(this.header('grpc-timeout')));
    } catch (error) {
      this.#handle(error as Error);
    }
    this.#stream.on('data', onData).on('end', onEnd);
  }

  #setDeadline(timeout: number | undefined): void {
    if (timeout === undefined) return;
    this.context.deadlineMs = this.context.startedMs + timeout;
    this.#timer = setTimeout(() => this.#expire(), timeout);
  }

  /** A piece of the message has come. What comes after an answer is dropped. */
  receive(chunk: Buffer): void {
    if (!this.#message) return;
    try {
      this.#take(chunk.byteLength);
      this.#message.add(chunk);
      if (this.#caller.share.smallPieces.note(chunk.byteLength, this.#message.isWhole))
        this.#caller.calmDown('pieces too small');
    } catch (error) {
      this.#handle(error as Error);
    }
  }

  /** All pieces have come. */
  unpack(): void {
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

  #decompress(bytes: Buffer): void {
    const { maxMessageBytes } = this.#method.watch;
    decompressMessage(bytes, this.header('grpc-encoding'), maxMessageBytes, () => this.#isOver)
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
    this.#method.handler(this);
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

  #reply(message: Buffer): void {
    const frame = framed(message);
    this.#unread.add(frame.byteLength);
    this.#repliedMs = performance.now();
    sendReply(this.#stream, frame, this.context.ids, (error) => {
      this.#unread.add(-frame.byteLength);
      this.#finish(error ? status.CANCELLED : status.OK);
    });
  }

  #refuse(found: StatusObject): void {
    this.#finish(found.code);
    sendRefusal(this.#stream, found, this.context.ids);
    // The client need not send the rest: https://www.rfc-editor.org/rfc/rfc9113#section-8.1.
    if (!this.#hasAll) this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #expire(): void {
    this.context.cancelled = true;
    this.end({ code: status.DEADLINE_EXCEEDED, details: 'Deadline exceeded', metadata: new Metadata() });
    // Nobody has read the reply yet.
    this.#finish(status.DEADLINE_EXCEEDED);
    this.#unread.end(this.#stream);
  }

  #finish(code: status): void {
    clearTimeout(this.#timer);
    this.context.end(code);
  }

  /** The last step: the stream has closed. */
  close(): void {
    this.context.cancelled = true;
    this.#forgetRequest();
    if (!this.context.ended) this.#caller.noteLost();
    this.#finish(status.CANCELLED);
    this.#caller.share.waiting.delete(this);
    this.#unread.end(this.#stream);
  }

  isOverdue(nowMs: number): boolean {
    if (this.#isGone) return false;
    const { clientTimeoutMs } = this.#method.watch;
    if (this.#answered) return this.#unread.isOverdue(nowMs - this.#repliedMs, clientTimeoutMs);
    return !this.#hasAll && nowMs - this.context.startedMs > clientTimeoutMs;
  }

  giveUp(): void {
    this.end(lateRequest(this.#method.watch.clientTimeoutMs));
    this.#unread.end(this.#stream);
  }

  get requestBytes(): number {
    return this.#requestBytes;
  }

  dropRequest(): void {
    if (this.#message && this.#requestBytes > 0) this.#handle(tooManyBytes(this.#caller.share.requestBytes));
  }

  dropReply(): void {
    this.#unread.drop(this.#stream);
  }

  cutOff(): void {
    this.end(toStatus(shuttingDown(), () => {}, this.context.ids));
  }

  /** It has one only while it is worked on. */
  dropPlace(): void {}

  /** @throws Refusal when there is no room for so much more */
  #take(bytes: number): void {
    takeRequestBytes(this.#caller.share, bytes);
    this.#requestBytes += bytes;
  }

  #forgetRequest(): void {
    this.#headers = NO_HEADERS;
    this.#message = undefined;
    this.#request = undefined;
    if (this.#requestBytes > 0) this.#caller.share.requestBytes.add(-this.#requestBytes);
    this.#requestBytes = 0;
  }

  /** Whatever the answer would be, it is too late for it. */
  get #isOver(): boolean {
    return this.#answered || this.#isGone;
  }

  get #isGone(): boolean {
    const { closed, destroyed } = this.#stream;
    return closed || destroyed;
  }
}
