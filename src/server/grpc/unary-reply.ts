import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { type StatusObject, status } from '@grpc/grpc-js';
import { type CallerIds, echoedIds } from '../calls/caller-ids.js';
import { ACCEPTED_CODINGS } from './decompress.js';
import { HEAD_BYTES } from './request-message.js';

/** The end of a unary call on the wire: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Responses". */

/** The headers and trailers of a reply: all that gRPC requires, and nothing that has a default. */
const HEADERS: OutgoingHttpHeaders = { ':status': 200, 'content-type': 'application/grpc+proto' };
const OK_TRAILERS: OutgoingHttpHeaders = { 'grpc-status': status.OK };
const WITH_TRAILERS = { waitForTrailers: true };
const WITHOUT_MESSAGE = { endStream: true };

/** "Not compressed", the length, the message. */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + message.byteLength);
  frame[0] = 0;
  frame.writeUInt32BE(message.byteLength, 1);
  message.copy(frame, HEAD_BYTES);
  return frame;
}

/** @param onWritten called when the client has taken the frame, or with why it will not */
export function sendReply(
  stream: ServerHttp2Stream,
  frame: Buffer,
  ids: CallerIds | undefined,
  onWritten: (error?: Error | null) => void,
): void {
  stream.respond(withIds(HEADERS, ids), WITH_TRAILERS);
  stream.on('wantTrailers', sendOk);
  stream.end(frame, onWritten);
}

/** Everything is in one header block: after separate headers a client would not retry. */
export function sendRefusal(
  stream: ServerHttp2Stream,
  { code, details, metadata }: StatusObject,
  ids: CallerIds | undefined,
): void {
  const headers = {
    ...HEADERS,
    'grpc-accept-encoding': ACCEPTED_CODINGS,
    'grpc-status': code,
    'grpc-message': encodeURI(details),
    ...metadata.toHttp2Headers(),
  };
  stream.respond(withIds(headers, ids), WITHOUT_MESSAGE);
}

/** One function for all calls: a closure for each would cost time. */
function sendOk(this: ServerHttp2Stream): void {
  this.sendTrailers(OK_TRAILERS);
}

function withIds(headers: OutgoingHttpHeaders, ids: CallerIds | undefined): OutgoingHttpHeaders {
  return ids ? { ...headers, ...Object.fromEntries(echoedIds(ids)) } : headers;
}
