import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { credentials } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/ground/errors.js';
import { CertificateFiles } from '../../../src/server/net/certificates.js';
import { afterTest, flower, recordLog, startServer, TestClient } from '../serving.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
const pem = (name: string) => readFile(fixture(name));

/** A folder with the first server's certificate and key. */
async function certificateFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'iris-tls-'));
  afterTest(() => rm(folder, { recursive: true }));
  const cert = join(folder, 'tls.crt');
  const key = join(folder, 'tls.key');
  const use = async (name: string) => {
    await copyFile(fixture(`${name}.key`), key);
    await copyFile(fixture(`${name}.pem`), cert);
  };
  await use('server');
  return { cert, key, use };
}

/** The common name of the certificate that a server shows. */
function shownName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    }).once('error', reject);
  });
}

describe('a server with certificates', () => {
  it('answers over TLS', async () => {
    const server = await startServer({ tls: { cert: fixture('server.pem'), key: fixture('server.key') } });
    const client = new TestClient(`localhost:${server.port}`, credentials.createSsl(await pem('ca.pem')));
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
    const plain = new TestClient(server.address);
    expect(await plain.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('answers only clients whose certificate its authority signed', async () => {
    const tls = { cert: fixture('server.pem'), key: fixture('server.key'), clientCa: fixture('ca.pem') };
    const server = await startServer({ tls });
    const call = async (key?: string) => {
      const identity = key ? ([await pem(`${key}.key`), await pem(`${key}.pem`)] as const) : ([] as const);
      const client = new TestClient(
        `localhost:${server.port}`,
        credentials.createSsl(await pem('ca.pem'), ...identity),
      );
      return client.call('iris', 'PredictIrisSpecies', flower);
    };
    expect(await call('client')).toMatchObject({ species_name: 'setosa' });
    expect(await call('stranger')).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await call()).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it.each(['', 'no certificate', 'a key'])(
    'is not one whose authorities are %j, at the start or later',
    async (content) => {
      const { cert, key } = await certificateFolder();
      const clientCa = join(dirname(cert), 'ca.pem');
      await copyFile(fixture('ca.pem'), clientCa);
      const { line, log } = recordLog();
      const files = await CertificateFiles.open({ cert, key, clientCa }, 1e6, log);
      afterTest(() => files.close());
      const before = files.tlsOptions.ca;
      await writeFile(clientCa, content === 'a key' ? await pem('server.key') : content);
      await expect(CertificateFiles.open({ cert, key, clientCa }, 1e6, log)).rejects.toThrow(InputError);
      await files.refresh();
      await line('reading certificates failed: the old ones stay');
      expect(files.tlsOptions.ca).toEqual(before);
    },
  );

  it('shows new ones when the files change', async () => {
    const { cert, key, use } = await certificateFolder();
    const { line, log } = recordLog();
    const server = await startServer({ tls: { cert, key }, certificateRefreshMs: 20, log });
    expect(await shownName(server.port)).toBe('first server');
    await use('server2');
    await line('certificates reloaded');
    expect(await shownName(server.port)).toBe('second server');
  });
});

/** The cipher that a client of these options gets, or why it gets none. */
function negotiated(port: number, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
      resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
      socket.destroy();
    }).once('error', ({ message }) => resolve(/alert [a-z ]+/.exec(message)?.[0] ?? message));
  });
}

describe('TLS', () => {
  const tls = { cert: fixture('rsa.pem'), key: fixture('rsa.key') };
  const old = { maxVersion: 'TLSv1.2' } as const;
  const ports = async (settings: object, log = recordLog().log) => {
    const server = await startServer({
      tls: { ...tls, ...settings },
      http: { port: 0 },
      certificateRefreshMs: 20,
      log,
    });
    return [server.port, server.httpPort!];
  };
  const bothNegotiate = async (found: number[], options: ConnectionOptions) => {
    const [grpc, http] = await Promise.all(found.map((port) => negotiated(port, options)));
    expect(http).toBe(grpc);
    return grpc;
  };

  it('has forward secrecy on both ports, also of version 1.2', async () => {
    const found = await ports({});
    expect(await bothNegotiate(found, {})).toMatch(/^TLSv1\.3 TLS_/);
    expect(await bothNegotiate(found, old)).toMatch(/^TLSv1\.2 ECDHE-RSA-/);
    for (const ciphers of ['AES128-GCM-SHA256', 'AES256-SHA', 'ECDHE-RSA-AES128-SHA']) {
      expect(await bothNegotiate(found, { ...old, ciphers })).toBe('alert handshake failure');
    }
    expect(
      await bothNegotiate(found, { ...old, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }),
    ).toBe('alert protocol version');
  });

  it('has the ciphers that it was given, and no older version than that', async () => {
    const weak = await ports({ ciphers: 'AES128-GCM-SHA256' });
    expect(await bothNegotiate(weak, old)).toBe('TLSv1.2 AES128-GCM-SHA256');
    const strict = await ports({ minVersion: 'TLSv1.3' });
    expect(await bothNegotiate(strict, old)).toBe('alert protocol version');
    expect(await bothNegotiate(strict, {})).toMatch(/^TLSv1\.3 /);
  });

  it('keeps its rules when the certificates change', async () => {
    const { cert, key, use } = await certificateFolder();
    await copyFile(fixture('rsa.pem'), cert);
    await copyFile(fixture('rsa.key'), key);
    const { line, log } = recordLog();
    const found = await ports({ cert, key, minVersion: 'TLSv1.3' }, log);
    await use('server2');
    await line('certificates reloaded');
    expect(await bothNegotiate(found, old)).toBe('alert protocol version');
  });

  it.each([
    [{ ciphers: 'ROT13' }, 'tls.ciphers: expected names that OpenSSL knows, found "ROT13"'],
    [
      { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256', minVersion: 'TLSv1.3' },
      'tls.ciphers: expected some of TLS 1.3, the oldest version allowed, found "ECDHE-RSA-AES128-GCM-SHA256"',
    ],
  ])('does not begin with %j', async (settings, message) => {
    await expect(ports(settings)).rejects.toThrow(expect.objectContaining({ name: 'UsageError', message }));
  });
});

describe('certificates that are read again', () => {
  it('stay the old ones while the new ones are missing, cut off, or do not match', async () => {
    const { cert, key, use } = await certificateFolder();
    const { lines, log } = recordLog();
    const files = await CertificateFiles.open({ cert, key }, 3_600_000, log);
    afterTest(() => files.close());
    const shown: string[] = [];
    files.onReload(() => shown.push(String(files.tlsOptions.cert)));

    await rm(cert);
    await files.refresh();
    await files.refresh();
    await writeFile(cert, (await pem('server.pem')).subarray(0, 200));
    await files.refresh();
    await copyFile(fixture('server2.pem'), cert);
    await files.refresh();
    expect(shown).toEqual([]);
    expect(String(files.tlsOptions.cert)).toBe(String(await pem('server.pem')));
    // Once per reason, not once per try.
    expect(lines.map(({ msg }) => msg)).toEqual(new Array(3).fill('reading certificates failed: the old ones stay'));
    expect(lines[0]['reason']).toBe(`${cert}: cannot be read: no such file or directory`);

    await use('server2');
    await files.refresh();
    expect(shown).toEqual([String(await pem('server2.pem'))]);
  });

  it('refuse to start without a file or with a key of another certificate', async () => {
    const { log } = recordLog();
    const open = (cert: string, key: string) => CertificateFiles.open({ cert, key }, 3_600_000, log);
    await expect(open('/nowhere/tls.crt', fixture('server.key'))).rejects.toThrow(
      new InputError('/nowhere/tls.crt: cannot be read: no such file or directory'),
    );
    const [cert, key] = [fixture('server.pem'), fixture('server2.key')];
    await expect(open(cert, key)).rejects.toThrow(`${cert}, ${key}: expected PEM, a certificate and its own key: `);
  });
});
