import type { Http2Session } from 'node:http2';

/**
 * How much a client may send before the server has taken any of it. HTTP/2 begins with 64 KiB, so a batch of 10 000 rows
 * waits five times for the server's turn. A connection can make it wait for that much memory, of all its calls together.
 */
const WINDOW_BYTES = 1024 * 1024;

/** Widens the window of a connection, and of each of its streams. */
export function widenWindow(session: Http2Session): void {
  session.settings({ initialWindowSize: WINDOW_BYTES });
  session.setLocalWindowSize(WINDOW_BYTES);
}
