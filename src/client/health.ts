import { optionNames, requireKnownOptions } from '../ground/options.js';
import { healthService, type ServingStatus } from '../protocol/health.js';
import { Caller, type CallOptions } from './call.js';
import type { Server } from './connection.js';

const CALL_OPTIONS = optionNames<CallOptions>({ timeoutMs: true, signal: true, onRetry: true });

/**
 * Asks grpc.health.v1 once.
 *
 * @param service '' is the whole server
 * @throws RequestError for a service that the server does not know, UnavailableError when there is no answer
 */
export async function checkHealth(server: Server, service: string, options: CallOptions): Promise<ServingStatus> {
  requireKnownOptions(options, CALL_OPTIONS);
  const caller = new Caller(server, options);
  try {
    return (await caller.once(healthService.Check, { service })).status;
  } finally {
    caller.close();
  }
}
