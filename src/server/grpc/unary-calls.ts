import type { Server } from '@grpc/grpc-js';
import { cut } from '../../ground/quote.js';
import type { Watch } from '../calls/observer.js';
import { noteHeldBytes, openCallBytes } from './call-headers.js';
import type { Connections } from './connections.js';
import { refuseGrpcWeb } from './grpc-web.js';
import { interceptStreams } from './seams.js';
import { UnaryCall, type UnaryHandler } from './unary-call.js';

/** Longer than any method's. */
const MAX_PATH = 200;

/**
 * Answers calls of unary methods without the library, which goes on to answer all others: its call object, its metadata
 * and its two streams for one message are a fifth to a quarter of a small call's work.
 *
 * @param server one that does not listen yet
 */
export function answerUnaryCalls(
  server: Server,
  handlers: ReadonlyMap<string, UnaryHandler>,
  watch: Watch,
  connections: Connections,
): void {
  const methods = new Map([...handlers].map(([path, handler]) => [path, { path, handler, watch }]));
  interceptStreams(server, ({ headers, rawHeaders, stream }) => {
    if (refuseGrpcWeb(stream, headers)) return undefined;
    const path = headers[':path']!;
    const method = methods.get(path);
    const caller = connections.begin(stream.session, rawHeaders.length / 2);
    const bytes = openCallBytes(rawHeaders);
    if (method && headers['content-type']?.startsWith('application/grpc')) {
      new UnaryCall(method, stream, headers, caller).start(bytes);
      return undefined;
    }
    noteHeldBytes(stream, bytes);
    // The library tells the caller the whole of a path that it does not know, which may be more than the caller takes.
    return path.length <= MAX_PATH ? headers : { ...headers, ':path': cut(path, MAX_PATH) };
  });
}
