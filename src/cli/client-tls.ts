import type { ClientTls } from '../client/connection.js';
import { readSmallInput, unreadablePem } from '../ground/open-input.js';

/**
 * The values of `clientTlsFlags` as the client's options; undefined without TLS. Files are read here, asynchronously: a
 * synchronous read of a pipe blocks until there is a writer, and signals are not handled meanwhile.
 *
 * @throws InputError for a file that cannot be read
 */
export async function clientTls(flags: {
  'tls-ca'?: string | undefined;
  'tls-cert'?: string | undefined;
  'tls-key'?: string | undefined;
}): Promise<ClientTls | undefined> {
  const paths = [flags['tls-ca'], flags['tls-cert'], flags['tls-key']];
  if (paths.every((path) => path === undefined)) return undefined;
  const [ca, cert, key] = await Promise.all(paths.map((path) => (path === undefined ? undefined : readPem(path))));
  return { ca, cert, key };
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readSmallInput(path);
  } catch (error) {
    throw unreadablePem(path, error);
  }
}
