import { status } from '@grpc/grpc-js';
import { CallContext } from '../calls/call-context.js';
import { callerIds, echoedIds, REQUEST_ID_HEADER, TRACEPARENT_HEADER } from '../calls/caller-ids.js';
import type { SharedLimits } from '../calls/connection-share.js';
import type { CallWatch } from '../calls/observer.js';
import { describePeer } from '../net/listen.js';
import { type Exchange, onExchangeEnd } from './exchange.js';
import { type HttpMethod, httpPath } from './methods.js';

/** The context of a call over HTTP, and its status once that is known: a gRPC status, which observers understand. */
export interface OpenCall {
  readonly context: CallContext;
  code: status;
}

/**
 * Opens a call. It ends when its answer has gone out or its client has gone. The ids that the caller sent go back to it.
 */
export function openCall(
  exchange: Exchange,
  method: HttpMethod,
  watch: CallWatch,
  sharedLimits: SharedLimits,
): OpenCall {
  const { incoming, outgoing } = exchange;
  const { remoteAddress, remotePort } = incoming.socket;
  const ids = callerIds(incoming.headers[REQUEST_ID_HEADER], incoming.headers[TRACEPARENT_HEADER]);
  for (const [header, value] of ids ? echoedIds(ids) : []) outgoing.setHeader(header, value);
  const caller = { peer: describePeer(remoteAddress, remotePort), share: sharedLimits.shareOf(incoming.socket) };
  const context = new CallContext(watch, httpPath(method), caller, ids);
  if (watch.callerHeader !== undefined) context.caller = incoming.headers[watch.callerHeader]?.toString();
  const call: OpenCall = { context, code: status.OK };
  context.begin();
  onExchangeEnd(exchange, () => {
    context.cancelled = true;
    context.end(outgoing.writableFinished ? call.code : status.CANCELLED);
  });
  return call;
}
