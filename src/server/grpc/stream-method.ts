import { once } from 'node:events';
import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import { RequestError } from '../../ground/errors.js';
import type { CallContext } from '../calls/call-context.js';
import { CallEndedError } from '../calls/refusal.js';
import { toStatus } from '../calls/status.js';
import { Turns } from '../calls/turns.js';
import { decode } from './decode.js';
import type { Method, MethodCodec, MethodOptions } from './methods.js';
import { type WatchedCall, watchedCall } from './watched-call.js';

/**
 * Answers each message of a stream with one, in order; the next message is not read before the reply to the last one
 * found room, so a slow reader costs a few messages of memory.
 *
 * @param open called once per call: returns what answers its messages
 */
export function eachMessage<Request, Response>(
  codec: MethodCodec<Request, Response>,
  { gate, reportBug }: MethodOptions,
  open: (context: CallContext) => (request: Request) => Response | Promise<Response>,
): Method {
  const handler: handleBidiStreamingCall<Buffer, Buffer> = async (call) => {
    const watched = watchedCall(call.metadata);
    const { context } = watched;
    const refusal = watched.enter(gate);
    if (refusal) {
      call.emit('error', toStatus(refusal, reportBug, context.ids));
      return;
    }
    try {
      await answerAll(call, codec, open(context), watched);
      call.end();
    } catch (error) {
      // Replies that were written before go out first. A call that has ended takes no status.
      if (!call.cancelled) call.emit('error', toStatus(error, reportBug, context.ids));
    } finally {
      watched.leave();
    }
  };
  return { path: codec.path, type: 'bidi', handler };
}

/** Steps of a small message and its reply, most of them in the library. */
const MESSAGE_STEPS = 2000;

async function answerAll<Request, Response>(
  call: ServerDuplexStream<Buffer, Buffer>,
  codec: MethodCodec<Request, Response>,
  answer: (request: Request) => Response | Promise<Response>,
  watched: WatchedCall,
): Promise<void> {
  const turns = new Turns(watched.context);
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
    if (!call.write(codec.responseSerialize(response))) await untilRead(call);
    // What has arrived is read without a turn of the event loop in between: tens of thousands of small messages.
    if (turns.spend(MESSAGE_STEPS)) await turns.pause();
  }
}

/** Resolves when the reader took what was written; rejects when it is gone. */
async function untilRead(call: ServerDuplexStream<Buffer, Buffer>): Promise<void> {
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

function numbered(error: RequestError, number: number): RequestError {
  const violations = error.violations.map(({ field, description }) => ({
    field,
    description: `${description} (message ${number} of the stream)`,
  }));
  return new RequestError(violations, { cause: error });
}
