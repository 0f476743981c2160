import { type ConnectionShare, SharedLimits } from '../../src/server/calls/connection-share.js';

/** The share of the only connection of a server. */
export function shareOf({ calls = 1000, messageBytes = 16 * 1024 * 1024 } = {}): ConnectionShare {
  return new SharedLimits({ maxConcurrentCalls: calls, maxMessageBytes: messageBytes }).share();
}
