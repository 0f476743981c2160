import { randomUUID } from 'node:crypto';
import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { RequestError } from '../../ground/errors.js';
import { badValueInfo, INVALID_REQUEST } from '../../protocol/bad-value.js';
import { encodeStatusDetails, type RpcStatus, STATUS_DETAILS_KEY } from '../../protocol/error-details.js';
import type { CallerIds } from './caller-ids.js';
import { BadValueError, CallEndedError, Refusal, type RefusalReason } from './refusal.js';
import { fitStatus } from './status-size.js';

/** From an error to a gRPC status: the only place that knows. */

const refusalCodes: Readonly<Record<RefusalReason, status>> = {
  MODEL_NOT_FOUND: status.NOT_FOUND,
  SERVICE_NOT_FOUND: status.NOT_FOUND,
  NOT_AN_IRIS_MODEL: status.FAILED_PRECONDITION,
  MESSAGE_TOO_LARGE: status.RESOURCE_EXHAUSTED,
  REPLY_TOO_LARGE: status.RESOURCE_EXHAUSTED,
  // As https://github.com/grpc/grpc/blob/master/doc/statuscodes.md has it.
  NOT_ONE_MESSAGE: status.UNIMPLEMENTED,
  UNKNOWN_COMPRESSION: status.UNIMPLEMENTED,
  // Of HTTP only.
  UNSUPPORTED_TYPE: status.UNIMPLEMENTED,
  TOO_MANY_CALLS: status.RESOURCE_EXHAUSTED,
  TOO_MANY_BYTES: status.RESOURCE_EXHAUSTED,
  DRAINING: status.UNAVAILABLE,
};

/** What is worth another try. */
const passing: ReadonlySet<RefusalReason> = new Set(['TOO_MANY_CALLS', 'TOO_MANY_BYTES']);

/** A call takes microseconds: room comes soon. */
const RETRY_DELAY_MS = 100;

/** Told once per error that is a bug of ours. */
export type ReportBug = (error: unknown, requestId: string, ids: CallerIds | undefined) => void;

/**
 * What a caller is told, whatever carries it: short enough for every client.
 *
 * The client learns nothing of a bug but an id, its own if it sent one, which the log has too.
 */
export function explainError(error: unknown, reportBug: ReportBug, ids?: CallerIds): RpcStatus {
  return fitStatus(describeError(error, reportBug, ids));
}

function describeError(error: unknown, reportBug: ReportBug, ids: CallerIds | undefined): RpcStatus {
  if (error instanceof RequestError) {
    const info = error instanceof BadValueError ? badValueInfo(error.place) : { reason: INVALID_REQUEST };
    const details = { violations: error.violations, info };
    return { code: status.INVALID_ARGUMENT, message: error.message, details };
  }
  if (error instanceof Refusal) {
    const details = {
      info: { reason: error.reason, ...(error.metadata && { metadata: error.metadata }) },
      ...(passing.has(error.reason) ? { retryDelayMs: RETRY_DELAY_MS } : {}),
    };
    return { code: refusalCodes[error.reason], message: error.message, details };
  }
  if (error instanceof CallEndedError) {
    return { code: status.CANCELLED, message: error.message, details: {} };
  }
  const requestId = ids?.requestId ?? randomUUID();
  reportBug(error, requestId, ids);
  return {
    code: status.INTERNAL,
    message: `internal error, request id ${requestId}`,
    details: { info: { reason: 'INTERNAL', metadata: { request_id: requestId } } },
  };
}

export function toStatus(error: unknown, reportBug: ReportBug, ids?: CallerIds): StatusObject {
  const { code, details, message } = explainError(error, reportBug, ids);
  const metadata = new Metadata();
  // Nobody reads the status of a call that has ended.
  if (code !== status.CANCELLED) metadata.set(STATUS_DETAILS_KEY, encodeStatusDetails({ code, message, details }));
  return { code, details: message, metadata };
}
