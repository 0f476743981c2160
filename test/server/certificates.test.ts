import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { credentials } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { CertificateFiles } from '../../src/server/certificates.js';
import { afterTest, flower, recordLog, startServer, TestClient } from './serving.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
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

describe('certificates that are read again', () => {
  it('stay the old ones while the new ones are missing, cut off, or do not match', async () => {
    const { cert, key, use } = await certificateFolder();
    const { lines, log } = recordLog();
    const files = await CertificateFiles.open({ cert, key }, 3_600_000, log);
    afterTest(() => files.close());
    const shown: string[] = [];
    const told = new Promise<void>((resolve) => {
      files.addIdentityCertificateListener((update) => {
        shown.push(String(update?.certificate));
        resolve();
      });
    });
    await told;

    await rm(cert);
    await files.refresh();
    await files.refresh();
    await writeFile(cert, (await pem('server.pem')).subarray(0, 200));
    await files.refresh();
    await copyFile(fixture('server2.pem'), cert);
    await files.refresh();
    expect(shown).toHaveLength(1);
    // Once per reason, not once per try.
    expect(lines.map(({ msg }) => msg)).toEqual(new Array(3).fill('reading certificates failed: the old ones stay'));
    expect(lines[0]['reason']).toBe(`${cert}: cannot be read: ENOENT`);

    await use('server2');
    await files.refresh();
    expect(shown).toEqual([String(await pem('server.pem')), String(await pem('server2.pem'))]);
  });

  it('refuse to start without a file or with a key of another certificate', async () => {
    const { log } = recordLog();
    const open = (cert: string, key: string) => CertificateFiles.open({ cert, key }, 3_600_000, log);
    await expect(open('/nowhere/tls.crt', fixture('server.key'))).rejects.toThrow(
      new InputError('/nowhere/tls.crt: cannot be read: ENOENT'),
    );
    const [cert, key] = [fixture('server.pem'), fixture('server2.key')];
    await expect(open(cert, key)).rejects.toThrow(`${cert}, ${key}: expected PEM, a certificate and its own key: `);
  });
});
