import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { channelCredentials, serverAddress } from '../../src/client/connection.js';
import { checkHealth } from '../../src/client/health.js';
import { UnavailableError, UsageError } from '../../src/ground/errors.js';
import { startServer } from '../server/serving.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const server = { cert: fixture('server.pem'), key: fixture('server.key') };
const ca = fixture('ca.pem');

const failure = (port: number, reason: string) => new UnavailableError(`localhost:${port}: UNAVAILABLE: ${reason}`);

async function ask(port: number, tls?: { ca?: string; cert?: string; key?: string }): Promise<string> {
  return checkHealth({ host: 'localhost', port, tls }, '', { timeoutMs: 10_000 });
}

describe('a client of a server with TLS', () => {
  it('checks the server by the given authority', async () => {
    const { port } = await startServer({ tls: server });
    expect(await ask(port, { ca })).toBe('SERVING');
  });

  it('does not talk to a server that another authority vouches for', async () => {
    const { port } = await startServer({ tls: server });
    await expect(ask(port, { ca: fixture('stranger.pem') })).rejects.toThrow(
      /^localhost:\d+: UNAVAILABLE: the certificate of the server is not trusted: .*certificate/,
    );
  });

  it('does not talk without TLS', async () => {
    const { port } = await startServer({ tls: server });
    await expect(ask(port)).rejects.toThrow(failure(port, 'the server closed the connection: it may want TLS'));
  });

  it('says that a server speaks no TLS', async () => {
    const { port } = await startServer();
    await expect(ask(port, { ca })).rejects.toThrow(failure(port, 'the server does not speak TLS there'));
  });

  it('shows its own certificate to a server that asks for one', async () => {
    const { port } = await startServer({ tls: { ...server, clientCa: ca } });
    expect(await ask(port, { ca, cert: fixture('client.pem'), key: fixture('client.key') })).toBe('SERVING');
  });

  it('says that it showed none, or one that the server did not take', async () => {
    const { port } = await startServer({ tls: { ...server, clientCa: ca } });
    await expect(ask(port, { ca })).rejects.toThrow(
      failure(port, 'the server wants a certificate of this client, which showed none'),
    );
    const stranger = { ca, cert: fixture('stranger.pem'), key: fixture('stranger.key') };
    await expect(ask(port, stranger)).rejects.toThrow(
      failure(port, 'the server closed the connection: it may have refused the certificate of this client'),
    );
  });
});

describe('TLS files', () => {
  it('that are missing or no certificates are told apart', () => {
    expect(() => channelCredentials({ ca: 'gone.pem' })).toThrow('gone.pem: cannot be read: no such file or directory');
    const key = fixture('server.key');
    expect(() => channelCredentials({ cert: key, key })).toThrow(/^TLS files: /);
  });
});

describe('an address', () => {
  it.each([
    ['localhost', 'localhost:1'],
    ['::1', '[::1]:1'],
    ['[::1]', '[::1]:1'],
    ['unix:/run/iris.sock', 'unix:/run/iris.sock'],
  ])('%s is written %s', (host, address) => {
    expect(serverAddress({ host, port: 1 })).toBe(address);
  });

  it.each([
    [
      'fe80::1%eth0',
      'expected an address without a zone, found "fe80::1%eth0": servers can have one, clients cannot ask there',
    ],
    ['', 'expected a name, an address or unix:/path, found nothing'],
  ])('cannot be %j', (host, message) => {
    expect(() => serverAddress({ host, port: 1 })).toThrow(new UsageError(message));
  });
});
