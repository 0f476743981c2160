import { X509Certificate } from 'node:crypto';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { badOption, InputError } from '../../ground/errors.js';
import { readSmallInput, unreadablePem } from '../../ground/open-input.js';
import { quote } from '../../ground/quote.js';
import { RefusedHandshakes } from './refused-handshakes.js';

export interface TlsFiles {
  /** PEM: the server's certificate and those that lead to its authority. */
  readonly cert: string;
  readonly key: string;
  /** PEM: authorities of clients. Given, a client has to show a certificate that one of them signed. */
  readonly clientCa?: string | undefined;
}

export interface TlsSettings extends TlsFiles {
  /** The oldest version spoken; default: TLSv1.2. */
  readonly minVersion?: TlsVersion | undefined;
  /** As OpenSSL writes them, of TLS 1.2 and 1.3; default: `FORWARD_SECRET_CIPHERS`. */
  readonly ciphers?: string | undefined;
}

/** Those that can be asked for. */
export const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/**
 * All of TLS 1.3, and of 1.2 those with forward secrecy and authenticated encryption:
 * https://www.rfc-editor.org/rfc/rfc9325#section-4.2. Node's own list has some without.
 */
export const FORWARD_SECRET_CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** A connection that has not finished its handshake by then is dropped. */
const HANDSHAKE_MS = 20_000;

interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
}

/**
 * Certificates that are read again at an interval. The library's own watcher stops accepting connections while a file
 * is missing or half-written; this one keeps the last certificates that were good together.
 */
export class CertificateFiles {
  /** Watches each server that uses these certificates. */
  readonly refusedHandshakes: RefusedHandshakes;
  readonly #settings: TlsSettings;
  readonly #log: Logger;
  readonly #reloadListeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  #current: Certificates;
  #lastFailure = '';
  #refreshing: Promise<void> | undefined;

  private constructor(settings: TlsSettings, loaded: Certificates, refreshMs: number, log: Logger) {
    this.#settings = settings;
    this.#current = loaded;
    this.#log = log;
    this.refusedHandshakes = new RefusedHandshakes(log);
    this.#timer = setInterval(() => void this.refresh(), refreshMs).unref();
  }

  /**
   * @throws InputError when a file is missing or the three do not go together
   * @throws UsageError for unknown ciphers
   */
  static async open(settings: TlsSettings, refreshMs: number, log: Logger): Promise<CertificateFiles> {
    requireCiphers(settings);
    return new CertificateFiles(settings, await readCertificates(settings), refreshMs, log);
  }

  credentials(): ServerCredentials {
    return new FileCredentials(this);
  }

  /** For a server of Node's own, as the files are now. */
  get tlsOptions(): TlsOptions {
    const { ciphers = FORWARD_SECRET_CIPHERS, clientCa, minVersion = 'TLSv1.2' } = this.#settings;
    const asksClients = clientCa !== undefined;
    const { ca, cert, key } = this.#current;
    return {
      ...{ cert, key, ciphers, minVersion, handshakeTimeout: HANDSHAKE_MS },
      ...{ requestCert: asksClients, rejectUnauthorized: asksClients, ...(ca && { ca }) },
    };
  }

  /** Called when `tlsOptions` have changed. */
  onReload(listener: () => void): void {
    this.#reloadListeners.add(listener);
  }

  /** Reads the files again; new connections use them. Only one refresh runs at a time: it may wait for a pipe. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#readAgain().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #readAgain(): Promise<void> {
    try {
      const next = await readCertificates(this.#settings);
      this.#lastFailure = '';
      if (sameCertificates(next, this.#current)) return;
      this.#current = next;
      for (const listener of this.#reloadListeners) listener();
      this.#log.info('certificates reloaded');
    } catch (error) {
      const reason = (error as Error).message;
      if (reason !== this.#lastFailure) this.#log.error({ reason }, 'reading certificates failed: the old ones stay');
      this.#lastFailure = reason;
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** Credentials for the library. It makes a new context from each update alone, so each has all options. */
class FileCredentials extends ServerCredentials {
  constructor(files: CertificateFiles) {
    super(files.tlsOptions, files.tlsOptions);
    files.onReload(() => this.updateSecureContextOptions(files.tlsOptions));
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}

/** OpenSSL ignores names that it does not know, unless it knows none. */
function requireCiphers({ ciphers, minVersion }: TlsSettings): void {
  if (ciphers === undefined) return;
  try {
    createSecureContext({ ciphers, ...(minVersion && { minVersion }) });
  } catch (cause) {
    throw badOption('tls.ciphers', 'names that OpenSSL knows', ciphers, { cause, found: quote(ciphers) });
  }
  if (minVersion === 'TLSv1.3' && !/(^|:)TLS_/.test(ciphers)) {
    const expected = 'some of TLS 1.3, the oldest version allowed';
    throw badOption('tls.ciphers', expected, ciphers, { found: quote(ciphers) });
  }
}

async function readCertificates({ cert, clientCa, key }: TlsFiles): Promise<Certificates> {
  const certificates = {
    cert: await readPem(cert),
    key: await readPem(key),
    ca: clientCa === undefined ? undefined : await readPem(clientCa),
  };
  try {
    createSecureContext(certificates);
    // A context reads bytes without a certificate as "no authority", and then refuses every client.
    if (certificates.ca) new X509Certificate(certificates.ca);
  } catch (cause) {
    const files = clientCa === undefined ? `${cert}, ${key}` : `${cert}, ${key}, ${clientCa}`;
    const reason = (cause as Error).message;
    throw new InputError(`${files}: expected PEM, a certificate and its own key: ${reason}`, { cause });
  }
  return certificates;
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readSmallInput(path);
  } catch (cause) {
    throw unreadablePem(path, cause);
  }
}

function sameCertificates(a: Certificates, b: Certificates): boolean {
  return (
    a.cert.equals(b.cert) && a.key.equals(b.key) && (a.ca === b.ca || (a.ca && b.ca && a.ca.equals(b.ca)) === true)
  );
}
