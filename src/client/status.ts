import { type ServiceError, status } from '@grpc/grpc-js';
import { type FieldViolation, type IrisError, RequestError, UnavailableError } from '../ground/errors.js';
import { MAX_VIOLATIONS } from '../ground/limits.js';
import { cut, printable } from '../ground/quote.js';
import { decodeStatusDetails, type ErrorDetails, STATUS_DETAILS_KEY } from '../protocol/error-details.js';
import type { ClientTls } from './connection.js';
import { connectionFailure } from './connection-failure.js';

/** Longest text from a server that is shown, in UTF-16 units. */
const MAX_TEXT = 1000;

/** The server failed; the request may be valid. */
const SERVER_SIDE: ReadonlySet<status> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.INTERNAL,
  status.UNKNOWN,
  status.DATA_LOSS,
  status.ABORTED,
  status.CANCELLED,
]);

/** The details that a server sent in `grpc-status-details-bin`. */
export function errorDetails(error: ServiceError): ErrorDetails {
  const bytes = error.metadata?.get(STATUS_DETAILS_KEY)[0];
  return (Buffer.isBuffer(bytes) ? decodeStatusDetails(bytes)?.details : undefined) ?? {};
}

/**
 * How long to wait before a retry; undefined where a retry would fail the same way. CANCELLED that the client did not
 * ask for means that the server was stopped in the middle of a call.
 */
export function retryDelayMs(error: ServiceError, backoffMs: number): number | undefined {
  if (error.code === status.UNAVAILABLE || error.code === status.CANCELLED)
    return Math.max(backoffMs, errorDetails(error).retryDelayMs ?? 0);
  // RESOURCE_EXHAUSTED with RetryInfo: too many calls at once. Without: the message is too large.
  return error.code === status.RESOURCE_EXHAUSTED ? errorDetails(error).retryDelayMs : undefined;
}

/**
 * gRPC status → our errors: a RequestError where the request is at fault, else an UnavailableError.
 *
 * @param server as in `localhost:50052`
 * @param patience how long the client waited, as in `5 s`
 * @param tls what the client connected with
 */
export function errorFromStatus(
  error: ServiceError,
  server: string,
  patience: string,
  tls?: ClientTls | undefined,
): IrisError {
  const details = errorDetails(error);
  const options = { cause: error };
  if (error.code === status.DEADLINE_EXCEEDED)
    return new UnavailableError(`${server}: no answer within ${patience}`, options);
  const found = `${status[error.code] ?? error.code}: ${reasonText(error, tls)}${infoText(details)}`;
  if (SERVER_SIDE.has(error.code) || details.retryDelayMs !== undefined) {
    return new UnavailableError(`${server}: ${found}`, options);
  }
  const violations = namedViolations(details, server);
  return new RequestError(violations.length > 0 ? violations : [{ field: server, description: found }], options);
}

/** Those that say something; one without a field is about the server. */
function namedViolations({ violations = [] }: ErrorDetails, server: string): readonly FieldViolation[] {
  return violations
    .filter(({ description }) => description.trim() !== '')
    .slice(0, MAX_VIOLATIONS)
    .map(({ description, field }) => ({ field: foreign(field) || server, description: foreign(description) }));
}

/** A server's text, made safe to show: it may be any server. */
export function foreign(text: string): string {
  return printable(cut(text, MAX_TEXT));
}

/** What the server said, or why there was no connection. */
function reasonText({ code, details }: ServiceError, tls: ClientTls | undefined): string {
  const reason = code === status.UNAVAILABLE ? connectionFailure(details, tls) : undefined;
  return reason ?? (foreign(details.replace(/\s*Resolution note:.*$/s, '')) || 'no reason given');
}

/** As in ` (MODEL_NOT_FOUND, model iris2)`. */
function infoText({ info, retryDelayMs }: ErrorDetails): string {
  const parts = info
    ? [info.reason, ...Object.entries(info.metadata ?? {}).map(([key, value]) => `${key} ${value}`)].map(foreign)
    : [];
  if (retryDelayMs !== undefined) parts.push(`try again in ${Math.round(retryDelayMs)} ms`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
