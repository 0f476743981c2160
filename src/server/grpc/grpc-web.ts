import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';

const REFUSED = { ':status': 415 };
const WITHOUT_BODY = { endStream: true };

/**
 * Refuses gRPC-Web, whose content type begins like gRPC's and whose messages are others, as
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md has it for all that is not gRPC.
 *
 * @returns whether it was
 */
export function refuseGrpcWeb(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
  if (!headers['content-type']?.startsWith('application/grpc-web')) return false;
  // Of a stream that has gone nobody reads an answer.
  stream.on('error', () => {});
  if (!stream.destroyed && !stream.closed) stream.respond(REFUSED, WITHOUT_BODY);
  return true;
}
