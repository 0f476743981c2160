import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { RequestError } from '../../ground/errors.js';
import { MAX_TIMER_MS } from '../../ground/limits.js';
import { quote } from './refusal.js';

/** As in https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Timeout". */
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/**
 * How long a caller waits, in ms, from the call's `grpc-timeout`.
 *
 * @returns undefined where there is none
 * @throws RequestError when it is no timeout
 */
export function timeoutMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const [, digits, unit] = TIMEOUT.exec(header) ?? [];
  if (unit === undefined) {
    const description = `expected up to 8 digits and one of H, M, S, m, u, n, found ${quote(header)}`;
    throw new RequestError([{ field: 'grpc-timeout', description }]);
  }
  return Math.min(Math.ceil(Number(digits) * unitMs[unit]!), MAX_TIMER_MS);
}

/** The status for a client that does not finish a message that it has begun. */
export function lateRequest(clientTimeoutMs: number): StatusObject {
  const details = `expected a whole message within ${clientTimeoutMs} ms of its beginning`;
  return { code: status.DEADLINE_EXCEEDED, details, metadata: new Metadata() };
}
