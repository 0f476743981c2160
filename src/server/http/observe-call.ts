import { status } from '@grpc/grpc-js';
import { type CallerIds, callerIds, echoedIds, REQUEST_ID_HEADER, TRACEPARENT_HEADER } from '../calls/caller-ids.js';
import type { CallObserver, ObservedCall, OpenCalls } from '../calls/observer.js';
import { describePeer } from '../net/listen.js';
import { type Exchange, onExchangeEnd } from './exchange.js';

/** How a call went, once that is known: in the words of gRPC, which observers know. */
export interface Outcome {
  code: status;
  readonly ids: CallerIds | undefined;
}

/**
 * Tells observers of a call's start and, when its answer has gone out or its client has gone, of its end. The ids that
 * the caller sent go back to it.
 */
export function observeCall(
  exchange: Exchange,
  method: string,
  openCalls: OpenCalls,
  observers: readonly CallObserver[],
): Outcome {
  const { incoming, outgoing } = exchange;
  const { remoteAddress, remotePort } = incoming.socket;
  const ids = callerIds(incoming.headers[REQUEST_ID_HEADER], incoming.headers[TRACEPARENT_HEADER]);
  for (const [header, value] of ids ? echoedIds(ids) : []) outgoing.setHeader(header, value);
  const observed: ObservedCall = {
    path: `/http/${method}`,
    peer: describePeer(remoteAddress, remotePort),
    startedMs: performance.now(),
    ids,
  };
  const outcome: Outcome = { code: status.OK, ids };
  openCalls.add(observed.path, 1);
  for (const observer of observers) observer.onStart?.(observed);
  onExchangeEnd(exchange, () => {
    openCalls.add(observed.path, -1);
    const code = outgoing.writableFinished ? outcome.code : status.CANCELLED;
    for (const observer of observers) observer.onEnd?.(observed, code);
  });
  return outcome;
}
