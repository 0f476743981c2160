import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import { describePeer } from './call-observer.js';
import { widenWindow } from './flow-window.js';
import { UnaryCall, type UnaryHandler } from './unary-call.js';
import type { Watch } from './watched-call.js';

type AnswerStream = (interceptors: unknown, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Not in the library's types: what it gives each stream to, while channelz is off. */
interface WithStreams {
  _streamHandler: AnswerStream;
}

/**
 * Answers calls of unary methods without the library, which goes on to answer all others: its call object, its metadata
 * and its two streams for one message are a third of a small call's work.
 *
 * @param server one that does not listen yet
 */
export function answerUnaryCalls(server: Server, handlers: ReadonlyMap<string, UnaryHandler>, watch: Watch): void {
  const methods = new Map([...handlers].map(([path, handler]) => [path, { path, handler, watch }]));
  const connections = new WeakMap<ServerHttp2Session, string>();
  const library = server as unknown as WithStreams;
  const answerStream: AnswerStream = library._streamHandler.bind(server);
  library._streamHandler = (interceptors, stream, headers) => {
    const peer = connectionOf(stream, connections);
    const method = methods.get(headers[':path']!);
    if (method && headers['content-type']?.startsWith('application/grpc')) {
      new UnaryCall(method, stream, headers, peer).start();
    } else answerStream(interceptors, stream, headers);
  };
}

/** Its peer, which nobody knows any more once it has gone. At its first call a connection is made ready for calls. */
function connectionOf({ session }: ServerHttp2Stream, known: WeakMap<ServerHttp2Session, string>): string {
  if (!session || session.destroyed) return 'a connection that has gone';
  let peer = known.get(session as ServerHttp2Session);
  if (peer === undefined) {
    widenWindow(session);
    const { remoteAddress, remotePort } = session.socket;
    peer = describePeer(remoteAddress, remotePort);
    known.set(session as ServerHttp2Session, peer);
  }
  return peer;
}
