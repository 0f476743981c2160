import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { RequestError, UnavailableError } from '../ground/errors.js';
import { isObject } from '../ground/options.js';
import { nameInWords, quote, shownValue } from '../ground/quote.js';
import { isServingStatus, type ServingStatus } from '../protocol/health.js';
import { healthSocketPath } from '../protocol/health-socket.js';
import type { CallOptions } from './call.js';

/**
 * Asks a server on the same machine through its health socket.
 *
 * @param name as in `healthSocketPath`
 * @param service '' is the whole server
 * @throws RequestError for a service that the server does not know, UnavailableError when there is no answer
 */
export async function askHealthSocket(
  name: string,
  service: string,
  { signal, timeoutMs }: CallOptions,
): Promise<ServingStatus> {
  const statuses = await readStatuses(name, timeoutMs, signal);
  const status = Object.hasOwn(statuses, service) ? statuses[service] : undefined;
  if (status !== undefined) return status;
  const known = Object.keys(statuses).filter((known) => known !== '');
  const description = `NOT_FOUND: expected ${known.map(nameInWords).join(', ')}, found ${quote(service)}`;
  throw new RequestError([{ field: name, description }]);
}

async function readStatuses(
  name: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Record<string, ServingStatus>> {
  const late = AbortSignal.timeout(timeoutMs);
  const socket = connect({ path: healthSocketPath(name), signal: signal ? AbortSignal.any([late, signal]) : late });
  try {
    return parseStatuses(await text(socket));
  } catch (cause) {
    signal?.throwIfAborted();
    throw new UnavailableError(`${name}: ${describe(cause, late.aborted, timeoutMs)}`, { cause });
  } finally {
    socket.destroy();
  }
}

/** @throws SyntaxError */
function parseStatuses(json: string): Record<string, ServingStatus> {
  const statuses: unknown = JSON.parse(json);
  if (isObject(statuses) && Object.values(statuses).every(isServingStatus)) {
    return statuses as Record<string, ServingStatus>;
  }
  throw new SyntaxError(`expected an object of statuses, found ${shownValue(statuses)}`);
}

function describe(cause: unknown, isLate: boolean, timeoutMs: number): string {
  if (isLate) return `no answer within ${timeoutMs / 1000} s`;
  if (cause instanceof SyntaxError) return 'expected the health of a server, found something else';
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === 'ECONNREFUSED' || code === 'ENOENT' ? 'no server listens there' : message;
}
