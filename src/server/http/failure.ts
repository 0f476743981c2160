import { status } from '@grpc/grpc-js';
import type { RpcStatus } from '../../protocol/error-details.js';
import { CODINGS } from '../calls/compression.js';

/** gRPC status → HTTP status. */
const httpStatuses: Readonly<Partial<Record<status, number>>> = {
  [status.CANCELLED]: 499,
  [status.INVALID_ARGUMENT]: 400,
  [status.NOT_FOUND]: 404,
  [status.RESOURCE_EXHAUSTED]: 429,
  [status.UNIMPLEMENTED]: 501,
  [status.UNAVAILABLE]: 503,
};

/** Reasons that have an HTTP status of their own. */
const reasonStatuses: Readonly<Record<string, number>> = {
  MODEL_REFUSED: 400,
  MESSAGE_TOO_LARGE: 413,
  REPLY_TOO_LARGE: 413,
  UNKNOWN_COMPRESSION: 415,
  UNSUPPORTED_TYPE: 415,
};

/** Headers beside the status: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16. */
const reasonHeaders: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  UNKNOWN_COMPRESSION: { 'accept-encoding': CODINGS.join(', ') },
};

export interface Failure {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `error` is part of the protocol; the rest is what gRPC clients find in the details of a status. */
  readonly body: {
    readonly error: string;
    readonly reason?: string;
    readonly details?: readonly { readonly field: string; readonly description: string }[];
    readonly requestId?: string;
  };
}

export function toFailure({ code, details, message }: RpcStatus): Failure {
  const { info, retryDelayMs, violations } = details;
  return {
    httpStatus: reasonStatuses[info?.reason ?? ''] ?? httpStatuses[code as status] ?? 500,
    headers: {
      ...reasonHeaders[info?.reason ?? ''],
      ...(retryDelayMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryDelayMs / 1000)) }),
    },
    body: {
      error: message,
      reason: info?.reason,
      details: violations?.map(({ description, field }) => ({ field, description })),
      requestId: info?.metadata?.['request_id'],
    },
  };
}
