import type { Metadata } from '@grpc/grpc-js';

/** Ids by which a caller recognises its call, as it sent them. */
export interface CallerIds {
  readonly requestId: string | undefined;
  /** As in https://www.w3.org/TR/trace-context/#traceparent-header. */
  readonly traceparent: string | undefined;
}

/** Their headers, or metadata, in requests and answers. */
export const REQUEST_ID_HEADER = 'x-request-id';
export const TRACEPARENT_HEADER = 'traceparent';

/** Printable ASCII without spaces, up to 128 characters. */
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;
/** Version, trace id, span id, flags; later versions may have more. No id is all zeros; version ff does not exist. */
const TRACEPARENT =
  /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f]{2}(-[\x21-\x7e]{1,64})?$/;

/**
 * @param requestId, traceparent values of the headers, if any; an invalid one counts as absent
 * @returns undefined where there is neither
 */
export function callerIds(requestId: unknown, traceparent: unknown): CallerIds | undefined {
  if (requestId === undefined && traceparent === undefined) return undefined;
  const ids = {
    requestId: typeof requestId === 'string' && REQUEST_ID.test(requestId) ? requestId : undefined,
    traceparent: isTraceparent(traceparent) ? traceparent : undefined,
  };
  return ids.requestId === undefined && ids.traceparent === undefined ? undefined : ids;
}

export function metadataIds(metadata: Metadata): CallerIds | undefined {
  return callerIds(metadata.get(REQUEST_ID_HEADER)[0], metadata.get(TRACEPARENT_HEADER)[0]);
}

/** The ids, as an answer returns them. Why: docs/decisions/ids-in-headers-or-trailers.md */
export function echoedIds({ requestId, traceparent }: CallerIds): [header: string, value: string][] {
  const headers: [string, string][] = [];
  if (requestId !== undefined) headers.push([REQUEST_ID_HEADER, requestId]);
  if (traceparent !== undefined) headers.push([TRACEPARENT_HEADER, traceparent]);
  return headers;
}

/** For a log line. Names of traces and spans are OpenTelemetry's for logs in JSON. */
export function loggedIds(ids: CallerIds | undefined): Record<string, string> {
  const fields: Record<string, string> = {};
  if (ids?.requestId !== undefined) fields['requestId'] = ids.requestId;
  const [, , traceId, spanId] = TRACEPARENT.exec(ids?.traceparent ?? '') ?? [];
  if (traceId === undefined) return fields;
  return { ...fields, trace_id: traceId, span_id: spanId };
}

/** Version 00 has nothing after its flags. */
function isTraceparent(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const found = TRACEPARENT.exec(value);
  return found !== null && (found[1] !== '00' || found[4] === undefined);
}
