import { isIP, isIPv6 } from 'node:net';
import { UsageError } from '../ground/errors.js';
import { quote } from '../ground/quote.js';

const UNIX = 'unix:';

/** Bytes of a Unix socket's path that `sun_path` has room for beside the closing zero: unix(7), macOS' unix(4). */
const MAX_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}_.-]*$/u;

const EXPECTED = 'expected a name, an address or unix:/path';

/**
 * Reads a host as people write it: a name, an IPv4 or IPv6 address, the latter also in brackets and with a zone, or
 * `unix:/path`, as https://github.com/grpc/grpc/blob/master/doc/naming.md has it.
 *
 * @returns the same in one form: no brackets, and `unix:/path` for `unix:///path`
 * @throws UsageError for anything else
 */
export function parseHost(text: string): string {
  if (text.startsWith(UNIX)) return UNIX + parsePath(text.slice(UNIX.length));
  const bare = text.startsWith('[') && text.endsWith(']') && isIPv6(text.slice(1, -1)) ? text.slice(1, -1) : text;
  if (isIP(bare) !== 0 || NAME.test(bare)) return bare;
  throw new UsageError(`${EXPECTED}, ${describeOdd(text)}`);
}

/** Whether a host that was read is a Unix socket. */
export function isUnix(host: string): boolean {
  return host.startsWith(UNIX);
}

/** The path of a Unix socket. */
export function unixPath(host: string): string {
  return host.slice(UNIX.length);
}

/** As gRPC and people write it: `localhost:50052`, `[::1]:50052`, `unix:/run/iris.sock`. */
export function formatAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  if (isUnix(host)) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function parsePath(written: string): string {
  const path = written.startsWith('//') ? written.slice(2) : written;
  if (path === '' || path.includes('\0') || (path !== written && !path.startsWith('/'))) {
    throw new UsageError(`expected unix:/path, found ${quote(UNIX + written)}`);
  }
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_PATH_BYTES) {
    throw new UsageError(`expected a path of at most ${MAX_PATH_BYTES} bytes after unix:, found ${bytes}: ${path}`);
  }
  return path;
}

function describeOdd(text: string): string {
  if (text.trim() === '') return 'found nothing';
  const found = `found ${quote(text)}`;
  if (text === '*') return `${found}: 0.0.0.0 is all of IPv4, :: of IPv6 and IPv4`;
  if (text.includes('://')) return `${found}: without a scheme`;
  return /^([^:[\]]+|\[.*\]):\d*$/.test(text) ? `${found}: the port goes elsewhere` : found;
}
