import { once } from 'node:events';
import type {
  handleBidiStreamingCall,
  Server,
  ServerDuplexStream,
  StatusObject,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import { RequestError } from '../../ground/errors.js';
import type { CallerIds } from '../calls/caller-ids.js';
import type { ConnectionShare } from '../calls/connection-share.js';
import type { CallGate, Gate } from '../calls/gate.js';
import { noteMessage } from '../calls/heap.js';
import { CallEndedError } from '../calls/refusal.js';
import { type ReportBug, toStatus } from '../calls/status.js';
import { Turns } from '../calls/turns.js';
import type { UnaryCall, UnaryHandler } from './unary-call.js';
import { type WatchedCall, watchedCall } from './watched-call.js';

/** What every call passes, whichever service it is for. */
export interface Desk {
  readonly gate: Gate;
  readonly reportBug: ReportBug;
}

/** For calls whose work may be long: few of them do it at once. */
export interface WorkDesk extends Desk {
  readonly gate: CallGate;
}

/** A method and its messages; a method of proto-loader is one. */
export interface MethodCodec<Request, Response> {
  /** As in `/ml.IrisPredictor/PredictIrisSpecies`. */
  readonly path: string;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  /** Whether large messages are decoded later, in turns. */
  readonly inTurns?: boolean;
  readonly responseSerialize: (response: Response) => Buffer;
}

/** What an answer may know of its call. */
export interface Call {
  /** True once the client has gone or its deadline has passed. */
  readonly cancelled: boolean;
  readonly ids: CallerIds | undefined;
  /** What its connection holds of what all share. */
  readonly share: ConnectionShare;
}

/** A method with its handler. Handlers take and give encoded messages. */
export type Method =
  | { readonly path: string; readonly type: 'unary'; readonly handler: UnaryHandler }
  | { readonly path: string; readonly type: 'serverStream' | 'bidi'; readonly handler: UntypedHandleCall };

export function unaryHandlers(methods: readonly Method[]): ReadonlyMap<string, UnaryHandler> {
  return new Map(methods.flatMap(({ handler, path, type }) => (type === 'unary' ? [[path, handler]] : [])));
}

/** Those that the library answers: all but the unary ones. */
export function registerStreams(server: Server, methods: readonly Method[]): void {
  const same = (bytes: Buffer) => bytes;
  for (const { handler, path, type } of methods) {
    if (type !== 'unary') server.register(path, handler, same, same, type);
  }
}

/**
 * Answers a unary method, exactly once, whatever `answer` does: return, throw, or promise either. Messages are decoded
 * and encoded here, so that a failure of these is answered like any other.
 */
export function unary<Request, Response>(
  codec: MethodCodec<Request, Response>,
  { gate, reportBug }: Desk,
  answer: (request: Request, call: UnaryCall) => Response | Promise<Response>,
): Method {
  const encode = (response: Response): Buffer | StatusObject => codec.responseSerialize(response);
  const explain = (error: unknown, { ids }: Call) => toStatus(error, reportBug, ids);
  const handler = (call: UnaryCall): void => {
    const refusal = gate.enter(call.share, call.startedMs);
    if (refusal) {
      call.end(explain(refusal, call));
      return;
    }
    let outcome: Buffer | StatusObject;
    try {
      const response = answer(decode(codec, call.request), call);
      if (response instanceof Promise) {
        response
          .then(encode)
          .catch((error) => explain(error, call))
          .then((late) => {
            gate.leave(call.share);
            call.end(late);
          });
        return;
      }
      outcome = encode(response);
    } catch (error) {
      outcome = explain(error, call);
    }
    gate.leave(call.share);
    call.end(outcome);
  };
  return { path: codec.path, type: 'unary', handler };
}

/**
 * Answers each message of a stream with one, in order; the next message is not read before the reply to the last one
 * found room, so a slow reader costs a few messages of memory.
 *
 * @param open called once per call: returns what answers its messages
 */
export function eachMessage<Request, Response>(
  codec: MethodCodec<Request, Response>,
  { gate, reportBug }: Desk,
  open: (call: Call) => (request: Request) => Response | Promise<Response>,
): Method {
  const handler: handleBidiStreamingCall<Buffer, Buffer> = async (call) => {
    const watched = watchedCall(call.metadata);
    const { ids, share } = watched;
    const refusal = watched.enter(gate);
    if (refusal) {
      call.emit('error', toStatus(refusal, reportBug, ids));
      return;
    }
    const seen: Call = {
      get cancelled() {
        return call.cancelled;
      },
      ids,
      share,
    };
    try {
      await pump(call, codec, open(seen), watched, new Turns(seen));
      call.end();
    } catch (error) {
      // Replies that were written before go out first. A call that has ended takes no status.
      if (!call.cancelled) call.emit('error', toStatus(error, reportBug, ids));
    } finally {
      watched.leave();
    }
  };
  return { path: codec.path, type: 'bidi', handler };
}

/** What a small message and its reply take, most of it in the library. */
const MESSAGE_STEPS = 2000;

async function pump<Request, Response>(
  call: ServerDuplexStream<Buffer, Buffer>,
  codec: MethodCodec<Request, Response>,
  answer: (request: Request) => Response | Promise<Response>,
  watched: WatchedCall,
  turns: Turns,
): Promise<void> {
  let number = 0;
  // Leaving the loop early must not destroy the call: its status is still to be sent.
  for await (const bytes of call.iterator({ destroyOnReturn: false })) {
    number++;
    let response: Response | Promise<Response>;
    try {
      response = answer(decode(codec, bytes));
      if (response instanceof Promise) response = await response;
    } catch (error) {
      throw error instanceof RequestError ? numbered(error, number) : error;
    }
    watched.forgetMessage();
    if (!call.write(codec.responseSerialize(response))) await room(call);
    // What has arrived is read without a turn of the event loop in between: tens of thousands of small messages.
    if (turns.spend(MESSAGE_STEPS)) await turns.pause();
  }
}

/** Resolves when the reader took what was written; rejects when it is gone. */
async function room(call: ServerDuplexStream<Buffer, Buffer>): Promise<void> {
  const ended = new AbortController();
  const end = () => ended.abort();
  call.once('close', end);
  try {
    await once(call, 'drain', { signal: ended.signal });
  } catch (cause) {
    throw new CallEndedError('nobody reads the replies any more', { cause });
  } finally {
    call.off('close', end);
  }
}

/** What is decoded at once: two bytes can be a field, so that this much takes some ten milliseconds. */
const MAX_DECODED_BYTES = 1024 * 1024;

/** @throws RequestError when the bytes are no such message, or too many for one without tensors */
export function decode<Request>(codec: MethodCodec<Request, never>, bytes: Buffer): Request {
  noteMessage(bytes.byteLength);
  if (bytes.byteLength > MAX_DECODED_BYTES && !codec.inTurns) {
    const description = `expected at most ${MAX_DECODED_BYTES} bytes for ${codec.path}, found ${bytes.byteLength}`;
    throw new RequestError([{ field: 'request', description }]);
  }
  try {
    return codec.requestDeserialize(bytes);
  } catch (cause) {
    throw undecodable(cause, codec.path, bytes);
  }
}

/** What is said of bytes that are no message of a method. */
export function undecodable(cause: unknown, path: string, { byteLength }: Buffer): RequestError {
  if (cause instanceof RequestError) return cause;
  const description = `expected a request of ${path}, found ${byteLength} bytes that are none`;
  return new RequestError([{ field: 'request', description }], { cause });
}

function numbered(error: RequestError, number: number): RequestError {
  const violations = error.violations.map(({ field, description }) => ({
    field,
    description: `${description} (message ${number} of the stream)`,
  }));
  return new RequestError(violations, { cause: error });
}
