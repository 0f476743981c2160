import { UsageError } from '../ground/errors.js';

/** Where a model is: a file, or an address from which it is downloaded. */
export type ModelLocation = File | Address;

interface File {
  readonly kind: 'file';
  readonly path: string;
  /** As `shownLocation` gives it. */
  readonly shown: string;
}

export interface Address {
  readonly kind: 'address';
  readonly url: URL;
  readonly shown: string;
}

/** What is added to the name of a model for that of its signature. */
export const SIGNATURE_EXTENSION = '.sig';

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
/** What to do about a scheme that is not taken. */
const ADVICE: Readonly<Record<string, string>> = {
  file: 'write the path alone',
  http: 'whoever is on the way could change what comes over http',
};
const OTHER_ADVICE =
  "have KServe's storage initializer or a sidecar put the model into a file, or use its https:// URL";

/**
 * @param text a path, or an https:// URL
 * @throws UsageError for a URL of another scheme, and for what is no URL
 */
export function parseLocation(text: string): ModelLocation {
  const shown = shownLocation(text);
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: 'file', path: text, shown };
  if (scheme !== 'https') {
    const advice = ADVICE[scheme] ?? OTHER_ADVICE;
    throw new UsageError(`${shown}: expected a path or an https:// URL, found ${scheme}://: ${advice}`);
  }
  // An error of URL would have the whole text, credentials included.
  if (!URL.canParse(text)) throw new UsageError(`${shown}: expected an https:// URL, found none that can be read`);
  const url = new URL(text);
  if (!hasReadableUser(url)) {
    throw new UsageError(
      `${shown}: expected a user and a password in which % begins an escape, found another %: write it as %25`,
    );
  }
  return { kind: 'address', url, shown };
}

/** Whether a URL's user and password can be decoded. */
export function hasReadableUser({ password, username }: URL): boolean {
  try {
    decodeURIComponent(`${username}:${password}`);
    return true;
  } catch {
    return false;
  }
}

export function isAddress(text: string): boolean {
  return SCHEME.test(text);
}

/** The location without what may be secret: a URL's user, password, parameters and query. For messages, logs and reports. */
export function shownLocation(text: string): string {
  const scheme = SCHEME.exec(text)?.[0];
  if (scheme === undefined) return text;
  if (!URL.canParse(text)) return text === scheme ? text : `${scheme}…`;
  const { hash, host, password, pathname, protocol, search, username } = new URL(text);
  const [path, parameters = ''] = pathname.split(/(?=;)/, 2) as [string, string?];
  if (`${username}${password}${parameters}${search}${hash}` === '') return text;
  return `${protocol}//${host}${path}${parameters === '' ? '' : ';…'}${search === '' ? '' : '?…'}`;
}

/** Where the signature of a model is: beside it. A URL's query stays. */
export function signatureLocation(model: ModelLocation): ModelLocation {
  if (model.kind === 'file') return parseLocation(model.path + SIGNATURE_EXTENSION);
  const url = new URL(model.url);
  url.pathname += SIGNATURE_EXTENSION;
  return parseLocation(url.href);
}
