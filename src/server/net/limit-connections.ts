import type { Server, Socket } from 'node:net';

/** A new connection replaces the oldest one above the limit: idle connections keep no client out. */
export function limitConnections(server: Server, max: number): void {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (sockets.size <= max) return;
    for (const oldest of sockets) {
      oldest.destroy();
      sockets.delete(oldest);
      break;
    }
  });
}
