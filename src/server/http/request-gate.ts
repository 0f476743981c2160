import type { IncomingMessage, ServerResponse } from 'node:http';
import { isGrpc } from './body-form.js';
import type { HostCheck, Rejection } from './host-check.js';

export interface GateOptions {
  readonly checkHost: HostCheck;
  /** Whether calls are welcome. */
  readonly isReady: () => boolean;
  /** Where gRPC is answered, in words; undefined where it is not answered. */
  readonly grpc?: string;
}

/**
 * Answers what does not depend on what is at the path of a request: wrong hosts, calls of gRPC, paths that mean another one,
 * and `OPTIONS` for the whole server, with which HAProxy checks that it is up.
 *
 * @returns whether the request was answered
 */
export function answerAtGate(
  request: IncomingMessage,
  response: ServerResponse,
  { checkHost, grpc, isReady }: GateOptions,
): boolean {
  const rejection = checkHost(request) ?? rejectGrpc(request, grpc) ?? rejectDots(request);
  if (rejection) reject(response, rejection);
  else if (request.method === 'OPTIONS' && (request.url === '*' || request.url === '/')) {
    response.writeHead(isReady() ? 204 : 503, { allow: 'GET, HEAD, OPTIONS' }).end();
  } else return false;
  return true;
}

function rejectGrpc({ headers }: IncomingMessage, grpc: string | undefined): Rejection | undefined {
  if (grpc === undefined || !isGrpc(headers)) return undefined;
  const message = `Content-Type: expected JSON, found gRPC, which is answered ${grpc}, over HTTP/2; gRPC-Web needs a proxy`;
  return { status: 415, message };
}

/** Segments that URL takes away, with the one before: what a proxy let through would be answered at another path. */
const DOTS = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

function rejectDots({ url = '' }: IncomingMessage): Rejection | undefined {
  if (!DOTS.test(url.split(/[?#]/, 1)[0]!)) return undefined;
  return { status: 400, message: 'path: expected names between its slashes, found . or ..' };
}

/** The body is not read: it may be large. */
function reject(response: ServerResponse, { message, status }: Rejection): void {
  const body = JSON.stringify({ error: message });
  response.writeHead(status, {
    connection: 'close',
    'content-length': Buffer.byteLength(body),
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
