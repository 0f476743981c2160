import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { type ChannelCredentials, type ClientOptions, credentials } from '@grpc/grpc-js';
import { UsageError } from '../ground/errors.js';
import { MAX_PORT } from '../ground/limits.js';
import { unreadablePem } from '../ground/open-input.js';
import {
  checkOptions,
  isText,
  type OptionRange,
  type OptionTable,
  optionsOf,
  required,
  someText,
  wholeNumber,
} from '../ground/options.js';
import { quote } from '../ground/quote.js';
import { formatAddress, parseHost } from '../protocol/address.js';

/** Paths of PEM files, or their contents. Any of them turns TLS on. */
export interface ClientTls {
  /** Certificate authorities that are trusted; default: Node's own. */
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

const pem: OptionRange = {
  expected: 'a path, or the bytes of a PEM file',
  takes: (value) => isText(value) || Buffer.isBuffer(value),
};
const tlsTable: OptionTable<ClientTls> = { ca: pem, cert: pem, key: pem };
const serverTable: OptionTable<Server> = {
  host: required(someText),
  port: required(wholeNumber(0, MAX_PORT)),
  tls: optionsOf(tlsTable),
};

/**
 * The server as gRPC and people write it: `localhost:50052`, `[::1]:50052`, `unix:/run/iris.sock`.
 *
 * @throws UsageError for an option that is unknown or out of its range, for an invalid host, and for an address with a zone, which @grpc/grpc-js cannot express as a URL
 */
export function serverAddress(server: Server): string {
  checkOptions(server, serverTable);
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
 * @throws UsageError for a file that is not PEM
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

/** The answer to one batch takes a few MiB; a larger one is a faulty server's. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export function channelOptions({ host }: Server): ClientOptions {
  return {
    'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    // Reconnects soon after a server restarts.
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.min_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 500,
    // Connections are not shared between clients, so that closing one closes its connection.
    'grpc.use_local_subchannel_pool': 1,
    // Otherwise an http_proxy variable would apply.
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
