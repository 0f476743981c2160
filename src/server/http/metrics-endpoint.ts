import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { limitConnections } from '../net/limit-connections.js';
import { bindPort, describeAddress, type ListenAddress } from '../net/listen.js';
import { beginExchange, onExchangeEnd } from './exchange.js';
import { type HostCheck, hostCheck } from './host-check.js';
import { KEEP_ALIVE_MS, keepIdleConnections } from './idle-connections.js';
import { answerAtGate } from './request-gate.js';

/** With an import Node 24 would load its WebSocket client too, which is 5 % of a server's start. */
const { createServer } = process.getBuiltinModule('node:http');

/** What the endpoint reports. */
export interface Observed {
  /** Whether calls are welcome. */
  readonly ready: boolean;
  /** All metrics, in Prometheus' text format. */
  metrics(): Promise<string>;
}

interface Answer {
  readonly code: number;
  readonly body: string;
  readonly type?: string;
}

/** A scrape is one packet: a client that is slower, in sending or in reading, is cut. */
const TIMEOUT_MS = 10_000;
const TIMEOUTS = {
  connectionsCheckingInterval: TIMEOUT_MS / 2,
  headersTimeout: TIMEOUT_MS,
  requestTimeout: TIMEOUT_MS,
};

/** Answers with metrics that clients have not taken yet: each can be megabytes where there are many classes. */
const MAX_UNREAD = 16;
const MAX_CONNECTIONS = 500;

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** /metrics, /healthz and /readyz over plain HTTP, from before the server is ready until after it has stopped. */
export class MetricsEndpoint {
  readonly address: string;
  readonly #server: Server;
  readonly #log: Logger;
  readonly #checkHost: HostCheck;
  #observed: Observed | undefined;
  #unread = 0;

  private constructor(server: Server, address: string, log: Logger, checkHost: HostCheck) {
    this.#server = server;
    this.address = address;
    this.#log = log;
    this.#checkHost = checkHost;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  /**
   * @param allowedHosts as in `ServerOptions`
   * @throws UnavailableError when the address is taken or cannot be had
   */
  static async open(
    address: ListenAddress,
    log: Logger,
    allowedHosts?: readonly string[] | undefined,
  ): Promise<MetricsEndpoint> {
    const checkHost = hostCheck(address.host, allowedHosts);
    const server = createServer(TIMEOUTS).setTimeout(TIMEOUT_MS);
    keepIdleConnections(server, KEEP_ALIVE_MS);
    limitConnections(server, MAX_CONNECTIONS);
    const port = await bindPort(server, address);
    return new MetricsEndpoint(server, describeAddress({ host: address.host, port }), log, checkHost);
  }

  observe(observed: Observed): void {
    this.#observed = observed;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!beginExchange({ incoming: request, outgoing: response })) return;
    const isReady = () => this.#observed?.ready === true;
    if (answerAtGate(request, response, { checkHost: this.#checkHost, isReady })) return;
    const { method, url = '' } = request;
    const { body, code, type = 'text/plain; charset=utf-8' } = await this.#find(method, pathOf(url), response);
    if (code === 405) response.setHeader('allow', 'GET, HEAD');
    response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(method === 'HEAD' ? undefined : body);
  }

  async #find(method: string | undefined, path: string, response: ServerResponse): Promise<Answer> {
    if (method !== 'GET' && method !== 'HEAD') return { code: 405, body: 'expected GET or HEAD\n' };
    if (path === '/healthz') return { code: 200, body: 'ok\n' };
    if (path === '/readyz') return this.#observed?.ready ? { code: 200, body: 'ready\n' } : notReady;
    if (path === '/metrics') return this.#metrics(response);
    return { code: 404, body: 'expected /metrics, /healthz or /readyz\n' };
  }

  async #metrics(response: ServerResponse): Promise<Answer> {
    if (!this.#observed) return notReady;
    if (this.#unread >= MAX_UNREAD) return { code: 503, body: `expected at most ${MAX_UNREAD} scrapes at once\n` };
    this.#unread++;
    onExchangeEnd({ incoming: response.req, outgoing: response }, () => this.#unread--);
    try {
      return { code: 200, body: await this.#observed.metrics(), type: METRICS_TYPE };
    } catch (err) {
      this.#log.error({ err }, 'internal error');
      return { code: 500, body: 'internal error\n' };
    }
  }
}

/** A target may be a whole URL: https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2. */
function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*/s, '');
}

const notReady: Answer = { code: 503, body: 'not ready\n' };
