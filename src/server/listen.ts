import { rm, stat } from 'node:fs/promises';
import { type AddressInfo, connect, type Server as NetServer } from 'node:net';
import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { UnavailableError } from '../errors.js';

const UNIX = 'unix:';

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
  await removeDeadSocket(address.host);
  return new Promise((resolve, reject) => {
    server.bindAsync(bindTarget(address), credentials, (error, port) => {
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

/** The address as a person or a client writes it. */
export function describeAddress({ host, port }: ListenAddress): string {
  if (isUnix(host)) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only programs of this machine can connect. */
export function isLocal(host: string): boolean {
  return isUnix(host) || host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

export function isUnix(host: string): boolean {
  return host.startsWith(UNIX);
}

function bindTarget(address: ListenAddress): string {
  return describeAddress(address);
}

function listenFailure(address: ListenAddress, cause: Error): UnavailableError {
  const where = describeAddress(address);
  return new UnavailableError(`${where}: ${describeFailure(cause)}`, { cause });
}

function describeFailure({ message }: Error): string {
  if (message.includes('EADDRINUSE')) return 'expected a free address, found another program there';
  if (message.includes('EACCES')) return 'expected permission to listen there, found none';
  return `cannot listen there: ${message}`;
}

/** A server that was killed leaves its socket behind, and nobody can bind over it. */
export async function removeDeadSocket(host: string): Promise<void> {
  if (!isUnix(host)) return;
  const path = host.slice(UNIX.length);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isSocket()) return;
  const alive = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (!alive) await rm(path, { force: true });
}
