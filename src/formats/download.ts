import { ArtifactError, InputError, IrisError, UnavailableError } from '../ground/errors.js';
import { printable } from '../ground/quote.js';
import { hasReadableUser, shownLocation } from './model-location.js';

/** A download as a whole, redirects included: nothing that a server withholds is waited for any longer. */
const TIMEOUT_MS = 60_000;
/** As many in a row as are followed. */
const MAX_REDIRECTS = 5;
/** Of the buffer for an answer whose length is not known. */
const FIRST_BYTES = 64 * 1024;
/** Of a packed body neither the length nor what it takes to unpack is known beforehand. */
const AS_IT_IS = { 'accept-encoding': 'identity' };
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export interface DownloadOptions {
  /** Checks how many bytes there are, as far as that is known, and throws for too many. */
  readonly checkSize: (bytes: number) => void;
  /** Ends the download. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * What an https:// URL leads to, in memory. The certificate of the server has to be good; NODE_EXTRA_CA_CERTS adds
 * authorities to those that Node knows. Why: docs/decisions/models-come-over-https.md
 *
 * @throws InputError where the server has no such file or refuses it, UnavailableError where it can't be reached or does
 * not answer whole and in time, ArtifactError for a page; what `checkSize` throws; the signal's reason once it is aborted
 */
export async function download(url: URL, options: DownloadOptions): Promise<Buffer> {
  const { checkSize, signal, timeoutMs = TIMEOUT_MS } = options;
  const name = shownLocation(url.href);
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const ended = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    return await readBody(await follow(url, name, ended, options.fetch ?? fetch), checkSize);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof IrisError) throw error;
    if (reasonOf(error).message === BLOCKED_PORT) throw blockedPort(name, error);
    const reason = limit.aborted ? `no whole answer within ${timeoutMs / 1000} s` : failureInWords(error);
    throw new UnavailableError(`${name}: cannot be downloaded: ${reason}`, { cause: error });
  }
}

/** The answer at the end of the redirects. */
async function follow(first: URL, name: string, signal: AbortSignal, request: typeof fetch): Promise<Response> {
  let url = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const headers = { ...AS_IT_IS, ...authorization(url) };
    const response = await request(withoutUser(url), { headers, redirect: 'manual', signal });
    const where = redirects === 0 ? name : `${name}, redirected to ${shownLocation(url.href)}`;
    if (!REDIRECTS.includes(response.status)) return successful(response, where);
    await response.body?.cancel();
    url = redirected(url, response.headers.get('location'), where);
  }
  throw new InputError(`${name}: cannot be read: expected at most ${MAX_REDIRECTS} redirects, found more`);
}

async function successful(response: Response, where: string): Promise<Response> {
  const { body, headers, status, statusText } = response;
  const type = headers.get('content-type') ?? '';
  const coding = headers.get('content-encoding') ?? 'identity';
  const isPage = /^text\/html\b/i.test(type);
  const isPacked = coding.toLowerCase() !== 'identity';
  if (status === 200 && !isPage && !isPacked) return response;
  await body?.cancel();
  if (status === 200 && isPacked) {
    throw new InputError(
      `${where}: cannot be read: expected the file as it is, found content-encoding ${printable(coding)}: ` +
        'have the server send it unpacked, as the request asks',
    );
  }
  if (status === 200) {
    throw new ArtifactError('not-json', `${where}: expected a file, found a page (text/html): is a login needed?`);
  }
  const message = `${where}: cannot be read: the server answers ${`${status} ${statusText}`.trimEnd()}`;
  throw status >= 500 || status === 429 ? new UnavailableError(message) : new InputError(message);
}

/** @throws InputError where the redirect leads nowhere, or out of https */
function redirected(from: URL, location: string | null, where: string): URL {
  // Without a location the URL would be its own.
  if (!location || !URL.canParse(location, from.href)) {
    throw new InputError(`${where}: cannot be read: expected a redirect to a URL, found none`);
  }
  const to = new URL(location, from.href);
  if (to.protocol !== 'https:') {
    throw new InputError(`${where}: cannot be read: expected a redirect to https://, found ${shownLocation(to.href)}`);
  }
  if (!hasReadableUser(to)) {
    throw new InputError(
      `${where}: cannot be read: expected a redirect to a URL, found one with a malformed user or password`,
    );
  }
  // Credentials are for the server that they were given for.
  if (to.origin === from.origin && to.username === '') {
    to.username = from.username;
    to.password = from.password;
  }
  return to;
}

function withoutUser(url: URL): URL {
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  return plain;
}

function authorization({ password, username }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { authorization: `Basic ${credentials.toString('base64')}` };
}

async function readBody({ body, headers }: Response, checkSize: (bytes: number) => void): Promise<Buffer> {
  const whole = Number(headers.get('content-length') ?? 0);
  checkSize(whole);
  let buffer = Buffer.allocUnsafeSlow(whole || FIRST_BYTES);
  let length = 0;
  for await (const chunk of body ?? []) {
    const needed = length + chunk.byteLength;
    checkSize(needed);
    if (needed > buffer.byteLength) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * length));
      buffer.copy(larger, 0, 0, length);
      buffer = larger;
    }
    buffer.set(chunk, length);
    length = needed;
  }
  return buffer.subarray(0, length);
}

/** The reason of a failed request, which fetch hides in its cause. */
function reasonOf(error: unknown): NodeJS.ErrnoException {
  return ((error as Error).cause ?? error) as NodeJS.ErrnoException;
}

/** Ports of other protocols, which fetch never asks: https://fetch.spec.whatwg.org/#port-blocking */
const BLOCKED_PORT = 'bad port';

function blockedPort(name: string, cause: unknown): InputError {
  const expected = 'expected a port of the web, found one that belongs to another protocol';
  return new InputError(`${name}: cannot be read: ${expected}: have the server listen on another`, { cause });
}

function failureInWords(error: unknown): string {
  const { code, message } = reasonOf(error);
  switch (code) {
    case 'ENOTFOUND':
      return 'no such host';
    case 'EAI_AGAIN':
      return 'the name of the host cannot be looked up now';
    case 'ECONNREFUSED':
      return 'no server listens there';
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'no connection in time';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'the server closed the connection';
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return 'the server does not speak TLS there';
    default:
      if (!UNTRUSTED.test(code ?? '')) return message;
      // Newer versions of Node add what to do about it, for who starts Node.
      return `the certificate of the server is not trusted: ${message.split(';', 1)[0]}; NODE_EXTRA_CA_CERTS=FILE adds authorities`;
  }
}

/** Codes of OpenSSL and Node for a certificate that is not good: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED = /CERT|UNABLE_TO_VERIFY|ISSUER|SELF_SIGNED|CRL|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED/;
