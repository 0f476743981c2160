import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  Metadata,
  type ServiceClientConstructor,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { pino } from 'pino';
import { afterEach } from 'vitest';
import { decodeStatusDetails, type ErrorDetails } from '../../src/protocol/error-details.js';
import type { ServerOptions } from '../../src/server/life/options.js';
import { createServer, type RunningServer } from '../../src/server/life/server.js';
import { irisModel } from './models.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Clients of the published .proto files, made by proto-loader with its own defaults. */
const packages = loadPackageDefinition(
  loadSync(
    [
      'iris.proto',
      'open_inference.proto',
      'health/v1/health.proto',
      'grpc/reflection/v1/reflection.proto',
      'grpc/reflection/v1alpha/reflection.proto',
    ],
    {
      keepCase: true,
      longs: String,
      enums: String,
      arrays: true,
      objects: true,
      includeDirs: [
        `${root}proto`,
        `${root}node_modules/grpc-health-check/proto`,
        `${root}node_modules/@grpc/reflection/build/proto`,
      ],
    },
  ),
);

export const services = {
  iris: 'ml.IrisPredictor',
  inference: 'inference.GRPCInferenceService',
  health: 'grpc.health.v1.Health',
  reflection: 'grpc.reflection.v1.ServerReflection',
  reflectionAlpha: 'grpc.reflection.v1alpha.ServerReflection',
} as const;

export type Message = Record<string, unknown>;
export type Stream = ClientDuplexStream<Message, Message>;

/** What a failed call tells. */
export interface Failed {
  readonly code: string;
  readonly message: string;
  readonly details: ErrorDetails | undefined;
}

export interface CallOptions {
  readonly deadline?: number;
  readonly metadata?: Metadata;
}

/** One connection to a server, with every service on it. */
export class TestClient {
  readonly #clients = new Map<string, Client>();
  readonly #address: string;
  readonly #credentials;

  constructor(address: string, channelCredentials = credentials.createInsecure()) {
    this.#address = address;
    this.#credentials = channelCredentials;
    opened.push(() => this.close());
  }

  /** Resolves with the reply or with why there is none. */
  call(service: keyof typeof services, method: string, request: Message, options: CallOptions = {}): Promise<Message> {
    return new Promise((resolve) => {
      this.start(service, method, request, options, (error, reply) => resolve(error ? { ...failure(error) } : reply!));
    });
  }

  /** Starts a unary call that can be cancelled. */
  start(
    service: keyof typeof services,
    method: string,
    request: Message,
    { deadline, metadata }: CallOptions,
    done: (error: ServiceError | null, reply?: Message) => void,
  ): { cancel(): void } {
    const args = [request, ...(metadata ? [metadata] : []), deadline === undefined ? {} : { deadline }, done];
    return this.#method(service, method)(...args) as { cancel(): void };
  }

  stream(service: keyof typeof services, method: string, metadata = new Metadata()): Stream {
    return this.#method(service, method)(metadata) as Stream;
  }

  watch(service: string): ClientReadableStream<Message> {
    return this.#method('health', 'Watch')({ service }) as ClientReadableStream<Message>;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  /** The library's client of a service. */
  channel(service: keyof typeof services): Client {
    let client = this.#clients.get(service);
    if (!client) {
      const Constructor = lookUp(services[service]);
      client = new Constructor(this.#address, this.#credentials, {
        'grpc.enable_http_proxy': 0,
        'grpc.max_receive_message_length': -1,
        'grpc.use_local_subchannel_pool': 1,
      });
      this.#clients.set(service, client);
    }
    return client;
  }

  #method(service: keyof typeof services, method: string): (...args: unknown[]) => unknown {
    const client = this.channel(service);
    return (client as unknown as Record<string, (...args: unknown[]) => unknown>)[method].bind(client);
  }
}

function lookUp(service: string): ServiceClientConstructor {
  let found: unknown = packages;
  for (const part of service.split('.')) found = (found as GrpcObject)[part];
  return found as ServiceClientConstructor;
}

export function failure(error: ServiceError): Failed {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const decoded = Buffer.isBuffer(bytes) ? decodeStatusDetails(bytes) : undefined;
  if (decoded && (decoded.code !== error.code || decoded.message !== error.details)) {
    throw new Error('the details are of another status');
  }
  return { code: status[error.code], message: error.details, details: decoded?.details };
}

/** The failure that a stream ends with. */
export async function failureOf(stream: Stream | ClientReadableStream<Message>): Promise<Failed> {
  stream.resume();
  const [error] = (await once(stream, 'error')) as [ServiceError];
  return failure(error);
}

const opened: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** Closes something after the test, the last opened first. */
export function afterTest(close: () => unknown): void {
  opened.push(close);
}

/** A server on a free port, closed after the test. */
export async function startServer(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const server = await createServer({ model: irisModel(), port: 0, ...options });
  opened.push(() => server.forceClose());
  return server;
}

export async function serveAndConnect(options: Partial<ServerOptions> = {}): Promise<TestClient> {
  const server = await startServer(options);
  return new TestClient(server.address);
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

/** A logger whose lines can be read, and waited for. */
export function recordLog(level = 'info') {
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  const log = pino(
    { base: null, level },
    {
      write(line: string) {
        lines.push(JSON.parse(line));
        for (const check of waiting) check();
      },
    },
  );
  /** The first line with this message, now or later. */
  const line = (message: string, after = 0) =>
    new Promise<LogLine>((resolve) => {
      const check = () => {
        const found = lines.slice(after).find(({ msg }) => msg === message);
        if (!found) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  return { log, lines, line };
}

export const flower = { sepal_length: 5, sepal_width: 3.6, petal_length: 1.3, petal_width: 0.25 };
