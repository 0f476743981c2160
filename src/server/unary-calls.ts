import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
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
 * and its two streams for one message are a fifth to a quarter of a small call's work.
 *
 * @param server one that does not listen yet
 */
export function answerUnaryCalls(server: Server, handlers: ReadonlyMap<string, UnaryHandler>, watch: Watch): void {
  const methods = new Map([...handlers].map(([path, handler]) => [path, { path, handler, watch }]));
  const peers = new WeakMap<Http2Session, string>();
  const library = server as unknown as WithStreams;
  const answerStream: AnswerStream = library._streamHandler.bind(server);
  library._streamHandler = (interceptors, stream, headers) => {
    const { session } = stream;
    const peer = session ? (peers.get(session) ?? meet(session, peers)) : describePeer();
    const method = methods.get(headers[':path']!);
    if (method && headers['content-type']?.startsWith('application/grpc')) {
      new UnaryCall(method, stream, headers, peer).start();
    } else answerStream(interceptors, stream, headers);
  };
}

/** At its first call a connection is made ready for calls. Its peer is kept: once it has gone, nobody knows it any more. */
function meet(session: Http2Session, peers: WeakMap<Http2Session, string>): string {
  if (session.destroyed) return describePeer();
  const { remoteAddress, remotePort } = session.socket;
  const peer = describePeer(remoteAddress, remotePort);
  peers.set(session, peer);
  widenWindow(session);
  return peer;
}
