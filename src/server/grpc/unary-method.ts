import type { StatusObject } from '@grpc/grpc-js';
import type { CallContext } from '../calls/call-context.js';
import type { Refusal } from '../calls/refusal.js';
import { toStatus } from '../calls/status.js';
import { decode } from './decode.js';
import type { Method, MethodCodec, MethodOptions } from './methods.js';
import type { UnaryCall } from './unary-call.js';

/** The reply, or why there is none. */
type Outcome = Buffer | StatusObject;

/** Headers of a request. */
export type RequestHeaders = Pick<UnaryCall, 'header'>;

/**
 * Answers a unary method, exactly once, whatever `answer` does: return, throw, or promise either. A call that has all of
 * its message goes through these steps: enter the gate, decode, answer, encode, leave the gate, end. A step that throws
 * decides the status.
 */
export function unary<Request, Response>(
  codec: MethodCodec<Request, Response>,
  { gate, reportBug }: MethodOptions,
  answer: (request: Request, context: CallContext, headers: RequestHeaders) => Response | Promise<Response>,
): Method {
  const enter = ({ share, startedMs }: CallContext): Refusal | undefined => gate.enter(share, startedMs);
  const encode = (response: Response): Outcome => codec.responseSerialize(response);
  const explain = (error: unknown, { ids }: CallContext): StatusObject => toStatus(error, reportBug, ids);
  const leave = (call: UnaryCall, outcome: Outcome): void => {
    gate.leave(call.context.share);
    call.end(outcome);
  };
  const finishLater = (call: UnaryCall, response: Promise<Response>): void => {
    response
      .then(encode)
      .catch((error) => explain(error, call.context))
      .then((outcome) => leave(call, outcome));
  };
  const handler = (call: UnaryCall): void => {
    const { context } = call;
    const refusal = enter(context);
    if (refusal) {
      call.end(explain(refusal, context));
      return;
    }
    let outcome: Outcome;
    try {
      context.phases?.begin('decode');
      const response = answer(decode(codec, call.request), context, call);
      if (response instanceof Promise) {
        finishLater(call, response);
        return;
      }
      context.phases?.begin('encode');
      outcome = encode(response);
    } catch (error) {
      outcome = explain(error, context);
    }
    leave(call, outcome);
  };
  return { path: codec.path, type: 'unary', handler };
}
