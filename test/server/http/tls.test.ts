import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { afterTest, recordLog } from '../serving.js';
import { serveHttp } from './calling.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
const pem = (name: string) => readFile(fixture(name));

/** The status of a call to /v2 and the common name of the certificate that the server shows; or why there is none. */
function call(port: number | undefined, ca: Buffer, identity: object = {}): Promise<string> {
  return new Promise((resolve) => {
    const options = { port, host: 'localhost', path: '/v2', ca, agent: false, ...identity };
    get(options, (response) => {
      const name = (response.socket as TLSSocket).getPeerCertificate().subject.CN;
      response.resume().once('end', () => resolve(`${response.statusCode} ${name}`));
    }).once('error', (error) => resolve(error.message));
  });
}

describe('the HTTP port of a server with certificates', () => {
  it('speaks TLS only', async () => {
    const { get, server } = await serveHttp({ tls: { cert: fixture('server.pem'), key: fixture('server.key') } });
    expect(await call(server.httpPort, await pem('ca.pem'))).toBe('200 first server');
    await expect(get('/v2')).rejects.toThrow('fetch failed');
  });

  it('answers only clients whose certificate the authority signed', async () => {
    const tls = { cert: fixture('server.pem'), key: fixture('server.key'), clientCa: fixture('ca.pem') };
    const { server } = await serveHttp({ tls });
    const as = async (name: string) =>
      call(server.httpPort, await pem('ca.pem'), { cert: await pem(`${name}.pem`), key: await pem(`${name}.key`) });
    expect(await as('client')).toBe('200 first server');
    expect(await as('stranger')).not.toMatch(/^200/);
    expect(await call(server.httpPort, await pem('ca.pem'))).not.toMatch(/^200/);
  });

  it('shows new certificates when the files change', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'iris-https-'));
    afterTest(() => rm(folder, { recursive: true }));
    const [cert, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
    const use = async (name: string) => {
      await copyFile(fixture(`${name}.key`), key);
      await copyFile(fixture(`${name}.pem`), cert);
    };
    await use('server');
    const { line, log } = recordLog();
    const { server } = await serveHttp({ tls: { cert, key }, certificateRefreshMs: 20, log });
    expect(await call(server.httpPort, await pem('ca.pem'))).toBe('200 first server');
    await use('server2');
    await line('certificates reloaded');
    expect(await call(server.httpPort, await pem('ca.pem'))).toBe('200 second server');
  });
});
