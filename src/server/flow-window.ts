import type { ServerHttp2Stream } from 'node:http2';
import type { ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js';

/**
 * How much a client may send before the server has taken any of it. HTTP/2 begins with 64 KiB, so a batch of 10 000 rows
 * waits five times for the server's turn. A connection can make it wait for that much memory, of all its calls together.
 */
const WINDOW_BYTES = 1024 * 1024;

/** The stream is not in the library's types, and a window not in its options for servers. */
type WithStream = ServerInterceptingCallInterface & { readonly stream: ServerHttp2Stream };

/** An interceptor that widens the window of a connection, and of each of its streams, at the connection's first call. */
export function widenWindow(): ServerInterceptor {
  const widened = new WeakSet();
  return (_method, call) => {
    const { session } = (call as WithStream).stream;
    if (session && !session.destroyed && !widened.has(session)) {
      widened.add(session);
      session.settings({ initialWindowSize: WINDOW_BYTES });
      session.setLocalWindowSize(WINDOW_BYTES);
    }
    return call as ReturnType<ServerInterceptor>;
  };
}
