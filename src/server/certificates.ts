import { createSecureContext, type TlsOptions } from 'node:tls';
import { experimental, type ServerCredentials } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { InputError } from '../errors.js';
import { openInput } from '../open-input.js';

export interface TlsFiles {
  /** PEM: the server's certificate and those that lead to its authority. */
  readonly cert: string;
  readonly key: string;
  /** PEM: authorities of clients. Given, a client has to show a certificate that one of them signed. */
  readonly clientCa?: string | undefined;
}

interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
}

type Provider = experimental.CertificateProvider;
type IdentityListener = Parameters<Provider['addIdentityCertificateListener']>[0];
type CaListener = Parameters<Provider['addCaCertificateListener']>[0];

/** More than most such files have. */
const PEM_BYTES = 64 * 1024;

/**
 * Certificates that are read again at an interval. The library's own watcher stops accepting connections while a file
 * is missing or half-written; this one keeps the last certificates that were good together.
 */
export class CertificateFiles implements Provider {
  readonly #files: TlsFiles;
  readonly #log: Logger;
  readonly #identityListeners = new Set<IdentityListener>();
  readonly #caListeners = new Set<CaListener>();
  readonly #reloadListeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  #current: Certificates;
  #lastFailure = '';
  #refreshing: Promise<void> | undefined;

  private constructor(files: TlsFiles, loaded: Certificates, refreshMs: number, log: Logger) {
    this.#files = files;
    this.#current = loaded;
    this.#log = log;
    this.#timer = setInterval(() => void this.refresh(), refreshMs).unref();
  }

  /** @throws InputError when a file is missing or the three do not go together */
  static async open(files: TlsFiles, refreshMs: number, log: Logger): Promise<CertificateFiles> {
    return new CertificateFiles(files, await readCertificates(files), refreshMs, log);
  }

  credentials(): ServerCredentials {
    const ca = this.#files.clientCa === undefined ? null : this;
    // In the order of what the function does; its declaration has the first two swapped.
    return experimental.createCertificateProviderServerCredentials(this, ca as Provider, ca !== null);
  }

  /** For a server of Node's own, as the files are now. */
  get tlsOptions(): TlsOptions {
    const asksClients = this.#files.clientCa !== undefined;
    return { ...this.#current, requestCert: asksClients, rejectUnauthorized: asksClients };
  }

  /** Called when `tlsOptions` have changed. */
  onReload(listener: () => void): void {
    this.#reloadListeners.add(listener);
  }

  /** New connections use what the files have now. One that waits for a pipe is the only one. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#readAgain().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #readAgain(): Promise<void> {
    try {
      const next = await readCertificates(this.#files);
      this.#lastFailure = '';
      if (sameCertificates(next, this.#current)) return;
      this.#current = next;
      for (const listener of this.#caListeners) this.#tellCa(listener);
      for (const listener of this.#identityListeners) this.#tellIdentity(listener);
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

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    process.nextTick(() => this.#tellIdentity(listener));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#caListeners.add(listener);
    process.nextTick(() => this.#tellCa(listener));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#caListeners.delete(listener);
  }

  #tellIdentity(listener: IdentityListener): void {
    listener({ certificate: this.#current.cert, privateKey: this.#current.key });
  }

  #tellCa(listener: CaListener): void {
    listener(this.#current.ca ? { caCertificate: this.#current.ca } : null);
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
  } catch (cause) {
    const files = clientCa === undefined ? `${cert}, ${key}` : `${cert}, ${key}, ${clientCa}`;
    const reason = (cause as Error).message;
    throw new InputError(`${files}: expected PEM, a certificate and its own key: ${reason}`, { cause });
  }
  return certificates;
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return Buffer.concat(await openInput(path, PEM_BYTES).toArray());
  } catch (cause) {
    throw new InputError(`${path}: cannot be read: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}

function sameCertificates(a: Certificates, b: Certificates): boolean {
  return (
    a.cert.equals(b.cert) && a.key.equals(b.key) && (a.ca === b.ca || (a.ca && b.ca && a.ca.equals(b.ca)) === true)
  );
}
