import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Most load balancers keep connections for 60 s: the server must not close first. */
export const KEEP_ALIVE_MS = 75_000;

/** How long the server waits beyond the announced time; Node 20 has a second, and no property for it. */
const MARGIN_MS = 5000;

/**
 * Keeps connections between two requests: announces `idleMs` in `Keep-Alive`, and waits a little longer. A request that
 * came while the timer ran out is answered.
 */
export function keepIdleConnections(server: Server, idleMs: number): void {
  server.keepAliveTimeout = idleMs;
  Object.assign(server, { keepAliveTimeoutBuffer: MARGIN_MS });
  server.on('timeout', closeUnlessHeard);
}

/** Timers run before arrived data is read: so it is read once more before the connection is closed. */
function closeUnlessHeard(socket: Socket): void {
  const { bytesRead } = socket;
  setImmediate(() => {
    if (socket.bytesRead === bytesRead) socket.destroy();
  });
}
