import { type ClientTls, unreadablePem } from '../client/connection.js';
import { openInput } from '../ground/open-input.js';

/** More than most PEM files have. */
const PEM_BYTES = 64 * 1024;

/**
 * The values of `clientTlsFlags` as a client takes them; undefined without TLS. Read here, since a client's own reading
 * waits in a system call for the writer of a pipe, and hears no signal meanwhile.
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
    return Buffer.concat(await openInput(path, PEM_BYTES).toArray());
  } catch (error) {
    throw unreadablePem(path, error);
  }
}
