import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import { cut } from '../../ground/quote.js';
import { noteHeldBytes, openCallBytes } from './call-headers.js';
import type { Connections } from './connections.js';
import { refuseGrpcWeb } from './grpc-web.js';
import { UnaryCall, type UnaryHandler } from './unary-call.js';
import type { Watch } from './watch.js';

type AnswerStream = (
  interceptors: unknown,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: readonly string[],
) => void;

/** Longer than any method's. */
const MAX_PATH = 200;

/** Not in the library's types: what it gives each stream to, while channelz is off. */
interface WithStreams {
  _streamHandler: AnswerStream;
}

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
  const library = server as unknown as WithStreams;
  const answerStream: AnswerStream = library._streamHandler.bind(server);
  library._streamHandler = (interceptors, stream, headers, flags, rawHeaders) => {
    if (refuseGrpcWeb(stream, headers)) return;
    const path = headers[':path']!;
    const method = methods.get(path);
    const caller = connections.begin(stream.session, rawHeaders.length / 2);
    const bytes = openCallBytes(rawHeaders);
    if (method && headers['content-type']?.startsWith('application/grpc')) {
      new UnaryCall(method, stream, headers, caller).start(bytes);
      return;
    }
    noteHeldBytes(stream, bytes);
    // The library tells the caller the whole of a path that it does not know, which may be more than the caller takes.
    const known = path.length <= MAX_PATH ? headers : { ...headers, ':path': cut(path, MAX_PATH) };
    answerStream(interceptors, stream, known, flags, rawHeaders);
  };
}
