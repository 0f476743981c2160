import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { badOption } from '../../ground/errors.js';
import { isUnix, parseHost } from '../../protocol/address.js';
import { quote } from '../calls/refusal.js';
import { isLocal } from '../net/listen.js';

/** Why a request is refused before it is routed. */
export interface Rejection {
  readonly status: number;
  readonly message: string;
}

export type HostCheck = (request: IncomingMessage) => Rejection | undefined;

/** `uri-host [":" port]` of https://www.rfc-editor.org/rfc/rfc9110#section-7.2. */
const HOST = /^(\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d*)?$/i;

/**
 * Checks the host that a request is for: a page that made its own name point to this machine (DNS rebinding) could
 * read a server that listens for this machine only. Such a server answers to names of this machine and listed ones. One
 * that others can reach answers to all names, or, given a list, to these and to addresses, which cannot be rebound.
 * Why: docs/decisions/foreign-hosts-are-421.md
 *
 * @param listening the host that the server listens on
 * @param listed names, without ports
 * @throws UsageError for a listed name that is invalid
 */
export function hostCheck(listening: string, listed: readonly string[] | undefined): HostCheck {
  const local = isLocal(listening);
  const names = new Set(listed?.map(readName));
  const takesAll = !local && listed === undefined;
  const isAllowed = (name: string) =>
    takesAll || isLocalName(name) || names.has(name) || (!local && isIP(name.replace(/^\[|\]$/g, '')) !== 0);
  return (request) => {
    const host = requestHost(request);
    if (host === '') return undefined;
    const name = host === undefined ? undefined : HOST.exec(host)?.[1];
    if (host === undefined || name === undefined) {
      return { status: 400, message: `Host: expected one name or address, found ${describeHost(request, host)}` };
    }
    if (isAllowed(canonical(name))) return undefined;
    // https://www.rfc-editor.org/rfc/rfc9110#section-7.4
    return { status: 421, message: `Host: expected one that this server is known by, found ${quote(host)}` };
  };
}

/**
 * Of the request's target if that has one, else of the header:
 * https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2. Empty without one, which HTTP/1.1 is refused for elsewhere.
 *
 * @returns undefined for more than one header
 */
function requestHost({ headers, rawHeaders, url = '' }: IncomingMessage): string | undefined {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.length === 4 && rawHeaders[i]!.toLowerCase() === 'host') count++;
  }
  if (count > 1) return undefined;
  const target = /^https?:\/\/([^/?#]*)/i.exec(url);
  return target ? target[1] : (headers.host ?? '');
}

function describeHost({ rawHeaders }: IncomingMessage, host: string | undefined): string {
  if (host !== undefined) return quote(host);
  return `${rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length}`;
}

/** https://www.rfc-editor.org/rfc/rfc6761#section-6.3: names below localhost are this machine's too. */
function isLocalName(name: string): boolean {
  return name.endsWith('.localhost') || isLocal(name.replace(/^\[|\]$/g, ''));
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function readName(text: string): string {
  try {
    const name = canonical(parseHost(text.trim()));
    if (!isUnix(name)) return name.includes(':') ? `[${name}]` : name;
  } catch (cause) {
    throw badOption('allowedHosts', 'names without scheme and port', text, { cause, found: quote(text) });
  }
  throw badOption('allowedHosts', 'names', text, { found: quote(text) });
}
