import { rm, stat } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, isIPv4, type Server as NetServer } from 'node:net';
import { dirname } from 'node:path';
import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { UnavailableError } from '../../ground/errors.js';
import { formatAddress, isUnix, unixPath } from '../../protocol/address.js';

export { formatAddress as describeAddress, isUnix } from '../../protocol/address.js';

/** The address of a client, in words. A Unix socket has none, and a socket that its client has reset. */
export function describePeer(address?: string, port?: number): string {
  return address === undefined ? 'no address' : `${address}:${port}`;
}

export interface ListenAddress {
  /** A name, an address, or `unix:/path`. */
  readonly host: string;
  /** 0: any free one. Without a meaning for `unix:`. */
  readonly port: number;
}

/**
 * Binds the server.
 *
 * @returns the port that it has; 0 for a Unix socket
 * @throws UnavailableError when the address is taken or cannot be had
 */
export async function listen(server: Server, address: ListenAddress, credentials: ServerCredentials): Promise<number> {
  await makeRoom(address.host);
  return new Promise((resolve, reject) => {
    server.bindAsync(formatAddress(address), credentials, (error, port) => {
      if (error) reject(listenFailure(address, error));
      else resolve(isUnix(address.host) ? 0 : port);
    });
  });
}

/**
 * Binds a server of Node's own to a port.
 *
 * @returns the port that it has
 * @throws UnavailableError when the address is taken or cannot be had
 */
export function bindPort(server: NetServer, address: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenFailure(address, error)));
    server.listen(address.port, address.host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Whether only programs of this machine can connect, however its address is written. */
export function isLocal(host: string): boolean {
  if (isUnix(host)) return true;
  const name = canonicalHost(host);
  return (
    name === 'localhost' || name === '[::1]' || /^\[::ffff:7f/.test(name) || (isIPv4(name) && name.startsWith('127.'))
  );
}

/** As https://url.spec.whatwg.org/#host-serializing has it: `127.1` is 127.0.0.1. */
function canonicalHost(host: string): string {
  const bare = host.replace(/%.*$/s, '');
  try {
    return new URL(`http://${bare.includes(':') ? `[${bare}]` : bare}`).hostname;
  } catch {
    return host.toLowerCase();
  }
}

/**
 * `::` means all addresses, of IPv4 too. Where the system has no IPv6 that is 0.0.0.0; every other host stays.
 *
 * @param canListen whether a host can be listened on; for tests
 */
export async function reachableHost(host: string, canListen = canListenOn): Promise<string> {
  return host === '::' && !(await canListen(host)) ? '0.0.0.0' : host;
}

/** False only where the system does not know this kind of address. */
function canListenOn(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(!NO_SUCH_FAMILY.has(code)));
    server.listen(0, host, () => server.close(() => resolve(true)));
  });
}

/** Without the module, and with the addresses turned off. */
const NO_SUCH_FAMILY: ReadonlySet<string | undefined> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

function listenFailure(address: ListenAddress, cause: Error): UnavailableError {
  const where = formatAddress(address);
  return new UnavailableError(`${where}: ${describeFailure(cause)}`, { cause });
}

/** Why a server could not listen, in words. */
export function describeFailure({ message }: Error): string {
  if (message.includes('EADDRINUSE')) return 'expected a free address, found another program there';
  if (message.includes('EACCES')) return 'expected permission to listen there, found none';
  if (message.includes('EADDRNOTAVAIL')) return 'expected an address of this machine, found another one';
  if (/ENOTFOUND|EAI_AGAIN|Name resolution failed/.test(message)) return 'expected a name with an address, found none';
  return `cannot listen there: ${message}`;
}

/**
 * Before a Unix socket is bound; nothing for other hosts.
 *
 * @throws UnavailableError when its folder is missing
 */
export async function makeRoom(host: string): Promise<void> {
  await requireFolder(host);
  await removeDeadSocket(host);
}

/** Node reports EACCES where the folder of a socket is missing. */
async function requireFolder(host: string): Promise<void> {
  if (!isUnix(host)) return;
  const folder = dirname(unixPath(host));
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error && found.code !== 'ENOENT') return;
  if (found instanceof Error || !found.isDirectory()) {
    const instead = found instanceof Error ? 'nothing' : 'something else';
    throw new UnavailableError(`${host}: expected a folder ${folder} for the socket, found ${instead}`);
  }
}

/** A killed server leaves its socket behind, which prevents another bind. */
async function removeDeadSocket(host: string): Promise<void> {
  if (!isUnix(host)) return;
  const path = unixPath(host);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isSocket()) return;
  const alive = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // After any other error a server may still be behind it: a busy one refuses too.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'));
  });
  if (!alive) await rm(path, { force: true });
}
