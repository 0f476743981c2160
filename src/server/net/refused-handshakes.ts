import type { Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { describePeer } from './listen.js';

/** Not in Node's types: the connection below TLS. */
type WithParent = TLSSocket & { readonly _parent?: Socket };

/** Any client can fail a handshake, any number of times: one line per reason in this time. */
const QUIET_MS = 10_000;

const REFUSED = 'client certificate refused';
const FAILED = 'TLS handshake failed';

/**
 * Logs connections that ended in their handshake: those whose certificate the server did not take as warnings, all
 * others, among them probes that only connect, for debugging.
 */
export class RefusedHandshakes {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #reasons = new Map<string, { quietUntilMs: number; unlogged: number }>();

  constructor(log: Logger, now = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** @param server one that speaks TLS */
  watch(server: Server): void {
    // A socket keeps an address that was read once; after it has closed it is too late.
    server.on('connection', (socket: Socket) => void socket.remoteAddress);
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => this.#note(error, socket));
  }

  #note({ code }: NodeJS.ErrnoException, socket: TLSSocket): void {
    const refusal = describeRefusal(code, socket);
    // Reasons are codes of OpenSSL and of Node: a small number.
    const reason = refusal ?? code ?? 'other';
    const state = this.#reasons.get(reason) ?? { quietUntilMs: Number.NEGATIVE_INFINITY, unlogged: 0 };
    this.#reasons.set(reason, state);
    if (this.#now() < state.quietUntilMs) {
      state.unlogged++;
      return;
    }
    const { unlogged } = state;
    Object.assign(state, { quietUntilMs: this.#now() + QUIET_MS, unlogged: 0 });
    const { remoteAddress, remotePort } = (socket as WithParent)._parent ?? socket;
    const peer = describePeer(remoteAddress, remotePort);
    const fields = { peer, reason, ...(unlogged > 0 && { unlogged }) };
    if (refusal === undefined) this.#log.debug(fields, FAILED);
    else this.#log.warn(fields, REFUSED);
  }
}

/** Undefined where the certificate was not why. */
function describeRefusal(code: string | undefined, { authorizationError }: TLSSocket): string | undefined {
  if (code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return 'none was shown';
  // It is a code, although it is declared as an Error.
  return authorizationError ? String(authorizationError) : undefined;
}
