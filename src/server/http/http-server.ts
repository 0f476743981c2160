import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { getRequestListener } from '@hono/node-server';
import type { CertificateFiles } from '../certificates.js';
import { bindPort, type ListenAddress } from '../listen.js';
import { createApp, type HttpState } from './app.js';

export interface HttpServer {
  readonly port: number;
  /** Accepts no more connections; resolves when the calls that are open have ended. */
  finish(): Promise<void>;
  /** Ends every connection. */
  forceClose(): void;
}

/** Who is slower than this with a whole request is cut, and who takes nothing of an answer for so long. */
const TIMEOUT_MS = 60_000;

/** @throws UnavailableError when the address is taken or cannot be had */
export async function startHttp(
  state: HttpState,
  address: ListenAddress,
  certificates: CertificateFiles | undefined,
): Promise<HttpServer> {
  const server = createServer(state, certificates);
  const port = await bindPort(server, address);
  return {
    port,
    finish: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
    forceClose: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function createServer(state: HttpState, certificates: CertificateFiles | undefined): Server {
  // The classes of the program that this server may be a part of stay as they are.
  const listener = getRequestListener(createApp(state).fetch, { overrideGlobalObjects: false });
  const options = { requestTimeout: TIMEOUT_MS };
  const server = certificates ? createSecureServer(options, certificates) : createPlainServer(options);
  server.setTimeout(TIMEOUT_MS);
  server.on('request', (incoming, outgoing) => {
    // A connection whose call ends while the server closes is idle from then on, and would be kept for the next call.
    outgoing.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
    void listener(incoming, outgoing);
  });
  return server;
}

function createSecureServer(options: { requestTimeout: number }, certificates: CertificateFiles): Server {
  const server = createTlsServer({ ...options, ...certificates.tlsOptions });
  certificates.onReload(() => server.setSecureContext(certificates.tlsOptions));
  return server;
}
