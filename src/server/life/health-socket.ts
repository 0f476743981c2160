import { createServer, type Server } from 'node:net';
import type { Logger } from 'pino';
import { UnavailableError } from '../../ground/errors.js';
import type { ServingStatus } from '../../protocol/health.js';
import { healthSocketPath } from '../../protocol/health-socket.js';
import { LIVENESS, serviceNames } from '../../protocol/services.js';
import { limitConnections } from '../net/limit-connections.js';
import { describeFailure, makeRoom } from '../net/listen.js';

/** What the socket reports. */
export interface Observed {
  /** Whether calls are welcome. */
  readonly ready: boolean;
}

const MAX_CONNECTIONS = 16;
const TIMEOUT_MS = 2000;

/**
 * Sends the status of every service as JSON to each client that connects, and closes: health without certificates and
 * without an address. It answers from before the server is ready until after it has stopped.
 * Why: docs/decisions/a-socket-for-health.md
 */
export class HealthSocket {
  readonly #server: Server;
  #observed: Observed | undefined;

  private constructor(model: string | undefined) {
    const names = ['', ...serviceNames(), ...(model === undefined ? [] : [model])];
    this.#server = createServer((socket) => {
      socket.setTimeout(TIMEOUT_MS, () => socket.destroy()).on('error', () => {});
      const status: ServingStatus = this.#observed?.ready ? 'SERVING' : 'NOT_SERVING';
      const statuses = names.map((name) => [name, name === LIVENESS ? 'SERVING' : status]);
      socket.end(JSON.stringify(Object.fromEntries(statuses)));
    });
    limitConnections(this.#server, MAX_CONNECTIONS);
  }

  /**
   * A socket that cannot be bound is logged, not thrown: the server serves without it.
   *
   * @param name as `healthSocketPath` takes it
   * @param model the model's name on the wire; undefined where there are several
   * @throws UsageError for an invalid name
   */
  static async open(name: string, model: string | undefined, log: Logger): Promise<HealthSocket> {
    const path = healthSocketPath(name);
    const socket = new HealthSocket(model);
    try {
      if (!path.startsWith('\0')) await makeRoom(`unix:${path}`);
      await socket.#listen(path);
    } catch (error) {
      const reason = error instanceof UnavailableError ? error.message : describeFailure(error as Error);
      log.warn({ socket: name, reason }, 'no health socket: `iris health` has to be told where to ask');
    }
    return socket;
  }

  #listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('listening', resolve).on('error', reject).listen(path);
    });
  }

  observe(observed: Observed): void {
    this.#observed = observed;
  }

  close(): void {
    this.#server.close();
  }
}
