import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Metadata, type MethodDefinition, type ServiceError } from '@grpc/grpc-js';
import { abortSignal, callback, milliseconds, type OptionTable, required } from '../ground/options.js';
import { type ClientTls, channelCredentials, channelOptions, type Server, serverAddress } from './connection.js';
import { errorFromStatus, retryDelayMs } from './status.js';

export interface CallOptions {
  /** Time for one answer, retries included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called before a retry, with the reason in words. */
  readonly onRetry?: ((reason: string) => void) | undefined;
}

export const callTable: OptionTable<CallOptions> = {
  timeoutMs: required(milliseconds(0)),
  signal: abortSignal,
  onRetry: callback,
};

const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1000;

/** One connection to one server: unary calls as promises, with a deadline and, on request, retries. */
export class Caller {
  readonly address: string;
  readonly #client: Client;
  readonly #tls: ClientTls | undefined;
  readonly #options: CallOptions;

  constructor(server: Server, options: CallOptions) {
    this.address = serverAddress(server);
    this.#client = new Client(this.address, channelCredentials(server.tls), channelOptions(server));
    this.#tls = server.tls;
    this.#options = options;
    // Each open call listens to it.
    if (options.signal) setMaxListeners(0, options.signal);
  }

  close(): void {
    this.#client.close();
  }

  /**
   * One call with retries: a server that is unreachable, draining or too busy is asked again with growing pauses until
   * the timeout.
   *
   * @throws RequestError, UnavailableError; the signal's reason when it is aborted
   */
  async call<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const deadline = Date.now() + this.#options.timeoutMs;
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS)) {
      try {
        return await this.#ask(method, request, headers, deadline);
      } catch (error) {
        this.#options.signal?.throwIfAborted();
        const pauseMs = retryDelayMs(error as ServiceError, jittered(backoffMs));
        if (pauseMs === undefined || Date.now() + pauseMs >= deadline) throw this.#translate(error as ServiceError);
        this.#options.onRetry?.(this.#translate(error as ServiceError).message);
        await this.#pause(pauseMs);
      }
    }
  }

  /** One call without retries. */
  async once<Request, Response>(method: MethodDefinition<Request, Response>, request: Request): Promise<Response> {
    try {
      return await this.#ask(method, request, {}, Date.now() + this.#options.timeoutMs);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      throw this.#translate(error as ServiceError);
    }
  }

  #ask<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    headers: Readonly<Record<string, string>>,
    deadline: number,
  ): Promise<Response> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    const metadata = Metadata.fromHttp2Headers(headers);
    return new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = method;
      const cancel = () => call.cancel();
      const call = this.#client.makeUnaryRequest<Request, Response>(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        { deadline },
        (error, response) => {
          signal?.removeEventListener('abort', cancel);
          if (error) reject(error);
          else resolve(response as Response);
        },
      );
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#options;
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch {
      signal?.throwIfAborted();
    }
  }

  #translate(error: ServiceError): Error {
    return errorFromStatus(error, this.address, `${this.#options.timeoutMs / 1000} s`, this.#tls);
  }
}

/** Random, between half and all of the pause, so that many clients do not come back at once. */
function jittered(ms: number): number {
  return ms * (0.5 + Math.random() / 2);
}
