import type { Server, Socket } from 'node:net';

/** Lets a new connection take the place of the oldest one: those that only wait shut nobody out. */
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
