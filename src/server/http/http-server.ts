import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { CertificateFiles } from '../net/certificates.js';
import { bindPort, type ListenAddress } from '../net/listen.js';
import { untilQuiet } from '../net/until-quiet.js';
import { createApp, type HttpState } from './app.js';
import { beginExchange, onExchangeEnd } from './exchange.js';
import { hostCheck } from './host-check.js';
import { KEEP_ALIVE_MS, keepIdleConnections } from './idle-connections.js';
import { answerAtGate, type GateOptions } from './request-gate.js';

/** How the server treats connections. */
export interface ConnectionOptions {
  /** How long an idle connection is kept. */
  readonly keepAliveMs?: number | undefined;
  /** Names that requests may be for, beside those that need no permission. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Where gRPC is answered, in words. */
  readonly grpc: string;
}

export interface HttpServer {
  readonly port: number;
  /** Accepts no more connections; resolves when the calls that are open have ended. */
  finish(): Promise<void>;
  /** Ends every connection. */
  forceClose(): void;
}

/** A connection is cut when a request takes longer than this, or when nothing of an answer is read for so long. */
const TIMEOUT_MS = 60_000;

/**
 * @throws UnavailableError when the address is taken or cannot be had
 * @throws UsageError for an allowed host that is not a name
 */
export async function startHttp(
  state: HttpState,
  address: ListenAddress,
  certificates: CertificateFiles | undefined,
  { allowedHosts, grpc, keepAliveMs = KEEP_ALIVE_MS }: ConnectionOptions,
): Promise<HttpServer> {
  const gate = { checkHost: hostCheck(address.host, allowedHosts), isReady: state.isReady, grpc };
  const exchanges = { open: 0 };
  const server = createServer(state, certificates, gate, exchanges);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  keepIdleConnections(server, keepAliveMs);
  const port = await bindPort(server, address);
  return {
    port,
    finish: () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      return untilQuiet(() => exchanges.open, closed);
    },
    forceClose: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function createServer(
  state: HttpState,
  certificates: CertificateFiles | undefined,
  gate: GateOptions,
  exchanges: { open: number },
): Server {
  // Leaves the global classes of the host program alone. HTTP/1.0 has no Host.
  const listener = getRequestListener(createApp(state).fetch, { overrideGlobalObjects: false, hostname: 'localhost' });
  const options = { requestTimeout: TIMEOUT_MS };
  const server = certificates ? createSecureServer(options, certificates) : createPlainServer(options);
  server.setTimeout(TIMEOUT_MS);
  // "100 Continue" is sent where the body is read.
  server.on('checkContinue', (incoming, outgoing) => server.emit('request', incoming, outgoing));
  server.on('request', (incoming, outgoing) => {
    // A connection whose call ends while the server closes would be kept, idle, for the next call.
    outgoing.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
    const exchange = { incoming, outgoing };
    if (!beginExchange(exchange)) return;
    exchanges.open++;
    onExchangeEnd(exchange, () => exchanges.open--);
    if (!answerAtGate(incoming, outgoing, gate)) void listener(incoming, outgoing);
  });
  return server;
}

function createSecureServer(options: { requestTimeout: number }, certificates: CertificateFiles): Server {
  const server = createTlsServer({ ...options, ...certificates.tlsOptions });
  certificates.onReload(() => server.setSecureContext(certificates.tlsOptions));
  certificates.refusedHandshakes.watch(server);
  return server;
}
