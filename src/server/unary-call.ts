import {
  type Metadata,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import { reply } from './watched-call.js';

/** Ends the call exactly once. */
export type UnaryHandler = (call: UnaryCall) => void;

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];

/** What the library's own handler of unary calls gets: nothing ever happens to it. */
const TAKEN = { start() {} } as unknown as ReturnType<ServerInterceptor>;

/**
 * An interceptor that answers the unary calls itself: the library's handler makes a writable stream for each, to write
 * one message. It goes after `watchCalls`, and last: what it returns is no call any more.
 */
export function answerUnary(handlers: ReadonlyMap<string, UnaryHandler>): ServerInterceptor {
  return ({ path }, call) => {
    const handler = handlers.get(path);
    if (!handler) return call as ReturnType<ServerInterceptor>;
    call.start(new UnaryCall(call, handler));
    return TAKEN;
  };
}

/** A call of one message that gets one, or a status. */
export class UnaryCall implements Listener {
  /** True once the client has gone or its deadline has passed. */
  cancelled = false;
  readonly #call: ServerInterceptingCallInterface;
  readonly #handler: UnaryHandler;
  #metadata: Metadata | undefined;
  #request: Buffer | undefined;

  constructor(call: ServerInterceptingCallInterface, handler: UnaryHandler) {
    this.#call = call;
    this.#handler = handler;
  }

  get metadata(): Metadata {
    return this.#metadata!;
  }

  get request(): Buffer {
    return this.#request!;
  }

  end(outcome: Buffer | StatusObject): void {
    if (Buffer.isBuffer(outcome)) reply(this.#call, outcome);
    else this.#call.sendStatus(outcome);
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#metadata = metadata;
    this.#call.startRead();
  }

  onReceiveMessage(message: Buffer): void {
    if (this.#request) {
      this.#refuse('two');
      return;
    }
    this.#request = message;
    this.#call.startRead();
  }

  onReceiveHalfClose(): void {
    if (this.#request) this.#handler(this);
    else this.#refuse('none');
  }

  onCancel(): void {
    this.cancelled = true;
  }

  /** The code is gRPC's for it: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md. */
  #refuse(found: string): void {
    const details = `expected one message, found ${found}`;
    this.#call.sendStatus({ code: status.UNIMPLEMENTED, details, metadata: null });
  }
}
