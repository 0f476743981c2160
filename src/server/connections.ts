import type { Http2Session } from 'node:http2';
import type { Server as NetServer, Socket } from 'node:net';
import type { Server } from '@grpc/grpc-js';

/** Not in the library's types. */
type WithListeners = {
  readonly http2Servers: ReadonlyMap<NetServer, { readonly sessions: Iterable<Http2Session> }>;
};

/**
 * The connections of a server that listens, to be cut when it ends. The library's `forceShutdown` knows those only that
 * it counts for channelz, and ends a socket without closing it: a client that keeps its side open would keep this process.
 */
export class Connections {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    this.#server = server;
    for (const listener of listeners(server).keys()) {
      listener.on('connection', (socket: Socket) => {
        this.#sockets.add(socket);
        socket.once('close', () => this.#sockets.delete(socket));
      });
    }
  }

  /** Stops listening too. */
  cut(): void {
    for (const { sessions } of listeners(this.#server).values()) for (const session of sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.forceShutdown();
  }
}

function listeners(server: Server): WithListeners['http2Servers'] {
  return (server as unknown as WithListeners).http2Servers;
}
