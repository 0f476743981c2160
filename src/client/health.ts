import { badOption } from '../ground/errors.js';
import { checkOptions, isText, shownFound } from '../ground/options.js';
import { healthService, type ServingStatus } from '../protocol/health.js';
import { Caller, type CallOptions, callTable } from './call.js';
import type { Server } from './connection.js';

/**
 * Asks grpc.health.v1 once.
 *
 * @param service '' is the whole server
 * @throws UsageError for an option that is unknown or out of its range
 * @throws RequestError for a service that the server does not know, UnavailableError when there is no answer
 */
export async function checkHealth(server: Server, service: string, options: CallOptions): Promise<ServingStatus> {
  checkOptions(options, callTable);
  if (!isText(service)) throw badOption('service', 'a text', service, { found: shownFound(service) });
  const caller = new Caller(server, options);
  try {
    return (await caller.once(healthService.Check, { service })).status;
  } finally {
    caller.close();
  }
}
