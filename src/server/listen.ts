import { rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
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
  if (isUnix(address.host)) await removeDeadSocket(address.host.slice(UNIX.length));
  return new Promise((resolve, reject) => {
    server.bindAsync(bindTarget(address), credentials, (error, port) => {
      if (error) reject(new UnavailableError(describeFailure(address, error), { cause: error }));
      else resolve(isUnix(address.host) ? 0 : port);
    });
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

function isUnix(host: string): boolean {
  return host.startsWith(UNIX);
}

function bindTarget(address: ListenAddress): string {
  return describeAddress(address);
}

function describeFailure(address: ListenAddress, error: Error): string {
  const where = describeAddress(address);
  if (error.message.includes('EADDRINUSE')) return `${where}: expected a free address, found another program there`;
  if (error.message.includes('EACCES')) return `${where}: expected permission to listen there, found none`;
  return `${where}: cannot listen there: ${error.message}`;
}

/** A server that was killed leaves its socket behind, and nobody can bind over it. */
async function removeDeadSocket(path: string): Promise<void> {
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
