import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { getSystemErrorMap } from 'node:util';
import { type ChannelCredentials, type ClientOptions, credentials } from '@grpc/grpc-js';
import { InputError, UsageError } from '../ground/errors.js';
import { optionNames, requireKnownOptions } from '../ground/options.js';
import { quote } from '../ground/quote.js';
import { formatAddress, parseHost } from '../protocol/address.js';

/** PEM files, or what is in them. Any of them turns TLS on. */
export interface ClientTls {
  /** Certificates that the server's is checked with; default: the well-known ones. */
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
}

export interface Server {
  /** A name, an address, or `unix:/path`. */
  readonly host: string;
  readonly port: number;
  readonly tls?: ClientTls | undefined;
}

const TLS_OPTIONS = optionNames<ClientTls>({ ca: true, cert: true, key: true });
const SERVER_OPTIONS = optionNames<Server>({ host: true, port: true, tls: true });

/**
 * The server as gRPC and people write it: `localhost:50052`, `[::1]:50052`, `unix:/run/iris.sock`.
 *
 * @throws UsageError for a host that is none, and for an address with a zone, which has no place in the URL that
 *   @grpc/grpc-js makes of it
 */
export function serverAddress(server: Server): string {
  requireKnownOptions(server, SERVER_OPTIONS);
  requireKnownOptions(server.tls ?? {}, TLS_OPTIONS);
  const { host, port } = server;
  const address = parseHost(host);
  if (isIPv6(address) && address.includes('%')) {
    throw new UsageError(
      `expected an address without a zone, found ${quote(host)}: servers can have one, clients cannot ask there`,
    );
  }
  return formatAddress({ host: address, port });
}

/**
 * @throws InputError for a file that cannot be read
 * @throws UsageError for a file that is no PEM
 */
export function channelCredentials(tls: ClientTls = {}): ChannelCredentials {
  const [ca, key, cert] = [tls.ca, tls.key, tls.cert].map((path) => (path === undefined ? null : readPem(path)));
  if (!ca && !key && !cert) return credentials.createInsecure();
  try {
    return credentials.createSsl(ca, key, cert);
  } catch (error) {
    throw new UsageError(`TLS files: ${(error as Error).message}`, { cause: error });
  }
}

/** Answers of a chunk are a few MiB; more is a server gone wrong. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export function channelOptions({ host }: Server): ClientOptions {
  return {
    'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    // A server that restarts is found again soon.
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.min_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 500,
    // No connection outlives its client.
    'grpc.use_local_subchannel_pool': 1,
    // An http_proxy variable would capture these.
    ...(isLocal(host) ? { 'grpc.enable_http_proxy': 0 } : {}),
  };
}

function isLocal(host: string): boolean {
  return /^(localhost|127(\.\d+){1,3}|\[?::1\]?|unix:.*)$/i.test(host);
}

function readPem(file: string | Buffer): Buffer {
  if (typeof file !== 'string') return file;
  try {
    return readFileSync(file);
  } catch (error) {
    throw unreadablePem(file, error);
  }
}

/** What a PEM file that cannot be read is told as. */
export function unreadablePem(path: string, error: unknown): InputError {
  const { errno, message } = error as NodeJS.ErrnoException;
  const reason = (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
  return new InputError(`${path}: cannot be read: ${reason}`, { cause: error });
}
