import { readlinkSync } from 'node:fs';
import { UsageError } from '../ground/errors.js';
import { quote } from '../ground/quote.js';
import { parseHost, unixPath } from './address.js';

/**
 * The socket on which a server reports its health to commands on the same machine, independent of the port, the
 * certificates or the Unix socket that it serves with.
 *
 * @param text a path, or `@name`: a socket of Linux that needs no file system (unix(7), "abstract"). Containers that
 *   share a network would share such names too, so their mount namespace, which they never share, is part of it
 * @returns a path as node:net takes it
 * @throws UsageError for what is neither
 */
export function healthSocketPath(text: string): string {
  if (!text.startsWith('@')) return unixPath(parseHost(`unix:${text}`));
  if (process.platform !== 'linux') throw new UsageError(`expected a path, found ${quote(text)}, which only Linux has`);
  if (!/^@[\w.-]{1,64}$/.test(text)) {
    throw new UsageError(`expected @ and 1 to 64 letters, digits, dots, dashes or underscores, found ${quote(text)}`);
  }
  return `\0${text.slice(1)}-${mountNamespace()}`;
}

/** As in `mnt:[4026531841]`; empty where it cannot be read. */
function mountNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/mnt');
  } catch {
    return '';
  }
}
