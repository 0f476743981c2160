import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import type { CallObserver, OpenCalls } from '../calls/observer.js';

/** What is told of calls, and to whom. */
export interface Watch {
  readonly open: OpenCalls;
  readonly observers: readonly CallObserver[];
  readonly maxMessageBytes: number;
  /** How long a client may take to send a message, or to read a reply. */
  readonly clientTimeoutMs: number;
}

/** What a client is told that does not send what it has begun to send. */
export function lateRequest(clientTimeoutMs: number): StatusObject {
  const details = `expected a whole message within ${clientTimeoutMs} ms of its beginning`;
  return { code: status.DEADLINE_EXCEEDED, details, metadata: new Metadata() };
}
