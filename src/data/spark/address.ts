import { badOption } from '../../ground/errors.js';

/** Where a server of Spark Connect is. */
export interface SparkAddress {
  readonly host: string;
  /** Without what may be secret, for messages. */
  readonly shown: string;
  readonly token: string | undefined;
  readonly userId: string;
  readonly tls: boolean;
}

const DEFAULT_PORT = 15_002;
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::|$)/i;

/**
 * `sc://host:port/;token=…;use_ssl=true;user_id=…`, as Spark's own clients take it. Without a host it is that of
 * SPARK_REMOTE. A token goes over TLS only, but to this machine.
 *
 * @throws UsageError
 */
export function sparkAddress(text: string, env: Readonly<Record<string, string | undefined>>): SparkAddress {
  const address = /^sc:\/\/\/?$/i.test(text) ? env['SPARK_REMOTE'] : text;
  const [, place, rest = ''] = /^sc:\/\/([^/;?#\s@]+)(?:\/?(?:;(.*))?)?$/is.exec(address ?? '') ?? [];
  if (place === undefined) {
    const found = address === undefined ? 'none, and no SPARK_REMOTE' : 'another';
    throw badOption('input', 'an address such as sc://host:15002', 'sc://…', { found });
  }
  const parameters = new Map(
    rest.split(';').map((pair): [string, string] => {
      const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(pair)!;
      return [name.toLowerCase(), decoded(value)];
    }),
  );
  const host = /:\d+$/.test(place) ? place : `${place}:${DEFAULT_PORT}`;
  const token = parameters.get('token') ?? env['SPARK_CONNECT_AUTHENTICATE_TOKEN'];
  const tls = parameters.get('use_ssl') === 'true' || (token !== undefined && !LOOPBACK.test(host));
  return { host, shown: `sc://${host}`, token, userId: parameters.get('user_id') ?? 'iris', tls };
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
