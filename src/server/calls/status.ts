import { randomUUID } from 'node:crypto';
import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { RequestError } from '../../ground/errors.js';
import { badValueInfo, INVALID_REQUEST } from '../../protocol/bad-value.js';
import { encodeStatusDetails, type RpcStatus, STATUS_DETAILS_KEY } from '../../protocol/error-details.js';
import type { CallerIds } from './caller-ids.js';
import { BadValueError, CallEndedError, Refusal, type RefusalReason } from './refusal.js';
import { fitStatus } from './status-size.js';

/** Maps errors to gRPC statuses: the only place that does. */

const refusalCodes: Readonly<Record<RefusalReason, status>> = {
  MODEL_NOT_FOUND: status.NOT_FOUND,
  // As Triton answers for a model that is not ready, and for a call that may not control models.
  MODEL_UNAVAILABLE: status.UNAVAILABLE,
  NO_MODEL_CONTROL: status.UNAVAILABLE,
  // The model's file has to change first.
  MODEL_REFUSED: status.FAILED_PRECONDITION,
  SERVICE_NOT_FOUND: status.NOT_FOUND,
  NOT_AN_IRIS_MODEL: status.FAILED_PRECONDITION,
  MESSAGE_TOO_LARGE: status.RESOURCE_EXHAUSTED,
  REPLY_TOO_LARGE: status.RESOURCE_EXHAUSTED,
  // As in https://github.com/grpc/grpc/blob/master/doc/statuscodes.md.
  NOT_ONE_MESSAGE: status.UNIMPLEMENTED,
  NOT_OFFERED: status.UNIMPLEMENTED,
  UNKNOWN_COMPRESSION: status.UNIMPLEMENTED,
  // Over HTTP only.
  UNSUPPORTED_TYPE: status.UNIMPLEMENTED,
  TOO_MANY_CALLS: status.RESOURCE_EXHAUSTED,
  TOO_MANY_BYTES: status.RESOURCE_EXHAUSTED,
  DRAINING: status.UNAVAILABLE,
};

/** Reasons that pass soon: the client may retry. */
const passing: ReadonlySet<RefusalReason> = new Set(['TOO_MANY_CALLS', 'TOO_MANY_BYTES']);

/** A call takes microseconds: there is room again soon. */
const RETRY_DELAY_MS = 100;

/** Called once for each error that is a bug of this server. */
export type ReportBug = (error: unknown, requestId: string, ids: CallerIds | undefined) => void;

/**
 * The status of a failed call for every transport, short enough for every client.
 *
 * Of a bug the client learns only a request id (its own, if it sent one), which is in the log too.
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
  // The status of a call that has ended is not read.
  if (code !== status.CANCELLED) metadata.set(STATUS_DETAILS_KEY, encodeStatusDetails({ code, message, details }));
  return { code, details: message, metadata };
}
