import { badOption } from '../../ground/errors.js';

/** Where a server of Spark Connect is. */
export interface SparkAddress {
  readonly host: string;
  /** Without what may be secret, for messages. */
  readonly shown: string;
  readonly token: string | undefined;
  readonly userId: string;
  readonly tls: boolean;
  /** What else the address has is sent with each call: a cluster of a service in front of it, say. */
  readonly metadata: Readonly<Record<string, string>>;
}

const DEFAULT_PORT = 15_002;
/** Those of Spark's clients that are about themselves. */
const OWN = /^(?:grpc_.*|session_id|token|use_ssl|user_agent|user_id|)$/;
/** As metadata may be, but binary: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Custom-Metadata". */
const NAME = /^(?!grpc-)[0-9a-z_.-]+(?<!-bin)$/;
/** What HTTP/2 and gRPC set themselves, or forbid: https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2. */
const RESERVED =
  /^(?:connection|content-length|content-type|host|http2-settings|keep-alive|proxy-connection|te|trailers?|transfer-encoding|upgrade|user-agent)$/;
const VALUE = /^[\x20-\x7e]*$/;
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::|$)/i;

/**
 * `sc://host:port/;token=…;use_ssl=true;user_id=…`, as Spark's own clients take it: what they do not know they send as metadata.
 * Without a host it is that of SPARK_REMOTE. A token goes over TLS only, but to this machine.
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
  const useSsl = (parameters.get('use_ssl') ?? 'false').toLowerCase();
  if (useSsl !== 'true' && useSsl !== 'false') {
    throw badOption('input', 'use_ssl=true or use_ssl=false', 'sc://…', { found: 'another value of use_ssl' });
  }
  return {
    host,
    shown: `sc://${host}`,
    token,
    userId: parameters.get('user_id') ?? 'iris',
    tls: useSsl === 'true' || (token !== undefined && !LOOPBACK.test(host)),
    metadata: metadataOf(parameters),
  };
}

/** @throws UsageError */
function metadataOf(parameters: ReadonlyMap<string, string>): Record<string, string> {
  const others = [...parameters].filter(([name]) => !OWN.test(name));
  if (others.some(([name, value]) => !NAME.test(name) || RESERVED.test(name) || !VALUE.test(value))) {
    const expected =
      'parameters that can be metadata of gRPC: names of a-z, 0-9, _, . and - that HTTP/2 leaves free, values of ASCII';
    throw badOption('input', expected, 'sc://…', { found: 'another' });
  }
  return Object.fromEntries(others);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
