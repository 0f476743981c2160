import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { bindPort, describeAddress, type ListenAddress } from '../listen.js';

/** An import of it makes Node 24 load its WebSocket client too, which is a twentieth of a server's start. */
const { createServer } = process.getBuiltinModule('node:http');

/** What the endpoint tells of. */
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

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** /metrics, /healthz and /readyz over plain HTTP, from before the server is ready until after it has stopped. */
export class MetricsEndpoint {
  readonly address: string;
  readonly #server: Server;
  readonly #log: Logger;
  #observed: Observed | undefined;

  private constructor(server: Server, address: string, log: Logger) {
    this.#server = server;
    this.address = address;
    this.#log = log;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  /** @throws UnavailableError when the address is taken or cannot be had */
  static async open(address: ListenAddress, log: Logger): Promise<MetricsEndpoint> {
    const server = createServer();
    const port = await bindPort(server, address);
    return new MetricsEndpoint(server, describeAddress({ host: address.host, port }), log);
  }

  observe(observed: Observed): void {
    this.#observed = observed;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { body, code, type = 'text/plain; charset=utf-8' } = await this.#find(method, url.replace(/\?.*/s, ''));
    response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(method === 'HEAD' ? undefined : body);
  }

  async #find(method: string | undefined, path: string): Promise<Answer> {
    if (method !== 'GET' && method !== 'HEAD') return { code: 405, body: 'expected GET or HEAD\n' };
    if (path === '/healthz') return { code: 200, body: 'ok\n' };
    if (path === '/readyz') return this.#observed?.ready ? { code: 200, body: 'ready\n' } : notReady;
    if (path === '/metrics') return this.#metrics();
    return { code: 404, body: 'expected /metrics, /healthz or /readyz\n' };
  }

  async #metrics(): Promise<Answer> {
    if (!this.#observed) return notReady;
    try {
      return { code: 200, body: await this.#observed.metrics(), type: METRICS_TYPE };
    } catch (err) {
      this.#log.error({ err }, 'internal error');
      return { code: 500, body: 'internal error\n' };
    }
  }
}

const notReady: Answer = { code: 503, body: 'not ready\n' };
